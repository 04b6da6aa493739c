import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.hadoop.yarn.api.records.ApplicationSubmissionContext;
import org.apache.hadoop.yarn.api.records.ContainerLaunchContext;
import org.apache.hadoop.yarn.api.records.Resource;
import org.apache.hadoop.yarn.client.api.YarnClient;
import org.apache.hadoop.yarn.conf.YarnConfiguration;

/**
 * Submits an application with tags as spark-submit does: Submit NAME TAGS MEGABYTES COMMAND. The
 * command runs in the application master's container.
 */
public final class Submit {
  public static void main(String[] args) throws Exception {
    YarnClient client = YarnClient.createYarnClient();
    client.init(new YarnConfiguration());
    client.start();
    ApplicationSubmissionContext app = client.createApplication().getApplicationSubmissionContext();
    app.setApplicationName(args[0]);
    Set<String> tags = new HashSet<>(Arrays.asList(args[1].split(",")));
    app.setApplicationTags(tags);
    app.setApplicationType("SPARK");
    app.setMaxAppAttempts(1);
    app.setResource(Resource.newInstance(Long.parseLong(args[2]), 1));
    List<String> command = new ArrayList<>(List.of(args[3]));
    app.setAMContainerSpec(ContainerLaunchContext.newInstance(Map.of(), Map.of(), command, null, null, null));
    System.out.println("submitted " + client.submitApplication(app));
  }
}

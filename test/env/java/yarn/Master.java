import java.io.File;
import org.apache.hadoop.yarn.api.records.FinalApplicationStatus;
import org.apache.hadoop.yarn.client.api.AMRMClient;
import org.apache.hadoop.yarn.conf.YarnConfiguration;

/**
 * An application master without containers: Master FILE. It registers, waits for the file, and ends
 * as the file's first word says (SUCCEEDED, FAILED or KILLED), with the rest as its diagnostic.
 */
public final class Master {
  public static void main(String[] args) throws Exception {
    AMRMClient<AMRMClient.ContainerRequest> client = AMRMClient.createAMRMClient();
    client.init(new YarnConfiguration());
    client.start();
    client.registerApplicationMaster("localhost", 0, "http://localhost:4040/ui");
    File file = new File(args[0]);
    while (!file.exists()) {
      client.allocate(0.5f);
      Thread.sleep(100);
    }
    String[] words = java.nio.file.Files.readString(file.toPath()).trim().split(" ", 2);
    String why = words.length > 1 ? words[1] : "";
    client.unregisterApplicationMaster(FinalApplicationStatus.valueOf(words[0]), why, "http://localhost:18080/history");
  }
}

import java.io.File;
import org.apache.hadoop.yarn.api.records.FinalApplicationStatus;
import org.apache.hadoop.yarn.client.api.AMRMClient;
import org.apache.hadoop.yarn.conf.YarnConfiguration;

/**
 * An application master without containers: Master FILE. It registers, waits for the file, and ends
 * as the file's first word says (SUCCEEDED, FAILED or KILLED), with the rest as its diagnostic.
 * When the directory of the file is gone, so is the test, and the master ends at once: by itself it
 * would look for its cluster for some minutes more.
 */
public final class Master {
  public static void main(String[] args) throws Exception {
    File file = new File(args[0]).getAbsoluteFile();
    endWith(file.getParentFile());
    AMRMClient<AMRMClient.ContainerRequest> client = AMRMClient.createAMRMClient();
    client.init(new YarnConfiguration());
    client.start();
    client.registerApplicationMaster("localhost", 0, "http://localhost:4040/ui");
    while (!file.exists()) {
      client.allocate(0.5f);
      Thread.sleep(100);
    }
    String[] words = java.nio.file.Files.readString(file.toPath()).trim().split(" ", 2);
    String why = words.length > 1 ? words[1] : "";
    client.unregisterApplicationMaster(FinalApplicationStatus.valueOf(words[0]), why, "http://localhost:18080/history");
  }

  private static void endWith(File dir) {
    Thread watcher =
        new Thread(
            () -> {
              while (dir.exists()) {
                try {
                  Thread.sleep(200);
                } catch (InterruptedException e) {
                  break;
                }
              }
              Runtime.getRuntime().halt(1);
            });
    watcher.setDaemon(true);
    watcher.start();
  }
}

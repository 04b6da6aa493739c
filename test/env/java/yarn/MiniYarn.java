import java.io.File;
import java.io.FileWriter;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.apache.hadoop.yarn.server.MiniYARNCluster;

/**
 * A real YARN cluster for tests: two ResourceManagers, the second on standby, and one NodeManager,
 * on free ports of loopback. Writes its yarn-site.xml into the directory that it is given, prints
 * the addresses of the ResourceManagers' REST APIs, and lives until its input ends.
 */
public final class MiniYarn {
  private static final String HOST = "127.0.0.1";

  public static void main(String[] args) {
    int code = 1;
    try {
      run(new File(args[0]).getAbsoluteFile());
      code = 0;
    } catch (Exception e) {
      e.printStackTrace();
    }
    Runtime.getRuntime().halt(code); // it has threads that would go on
  }

  private static void run(File dir) throws Exception {
    System.setProperty("test.build.data", new File(dir, "data").getPath());
    YarnConfiguration conf = new YarnConfiguration();
    List<String> apis = resourceManagers(conf);
    nodeManager(conf);
    MiniYARNCluster cluster = new MiniYARNCluster("nekomata", apis.size(), 1, 1, 1);
    cluster.init(conf);
    cluster.start();
    if (!cluster.waitForNodeManagersToConnect(60_000)) {
      throw new IllegalStateException("no NodeManager came");
    }
    try (FileWriter out = new FileWriter(new File(dir, "yarn-site.xml"))) {
      conf.writeXml(out);
    }
    System.out.println("ready " + String.join(" ", apis));
    while (System.in.read() >= 0) {
      // The test holds the other end.
    }
  }

  private static List<String> resourceManagers(YarnConfiguration conf) throws IOException {
    List<String> apis = new ArrayList<>();
    for (String id : List.of("rm0", "rm1")) {
      List<Integer> ports = freePorts(5);
      conf.set(YarnConfiguration.RM_ADDRESS + "." + id, HOST + ":" + ports.get(0));
      conf.set(YarnConfiguration.RM_SCHEDULER_ADDRESS + "." + id, HOST + ":" + ports.get(1));
      conf.set(YarnConfiguration.RM_RESOURCE_TRACKER_ADDRESS + "." + id, HOST + ":" + ports.get(2));
      conf.set(YarnConfiguration.RM_ADMIN_ADDRESS + "." + id, HOST + ":" + ports.get(3));
      conf.set(YarnConfiguration.RM_WEBAPP_ADDRESS + "." + id, HOST + ":" + ports.get(4));
      apis.add("http://" + HOST + ":" + ports.get(4));
    }
    conf.setBoolean(YarnConfiguration.RM_HA_ENABLED, true);
    conf.set(YarnConfiguration.RM_HA_IDS, "rm0,rm1");
    conf.setBoolean(YarnConfiguration.AUTO_FAILOVER_ENABLED, false);
    conf.setBoolean(YarnConfiguration.YARN_MINICLUSTER_FIXED_PORTS, true);
    conf.setBoolean(YarnConfiguration.YARN_MINICLUSTER_USE_RPC, true);
    conf.setInt(YarnConfiguration.RM_SCHEDULER_MINIMUM_ALLOCATION_MB, 128);
    conf.setInt(YarnConfiguration.RM_NM_HEARTBEAT_INTERVAL_MS, 200);
    conf.setInt(YarnConfiguration.RM_AM_MAX_ATTEMPTS, 1);
    return apis;
  }

  private static void nodeManager(YarnConfiguration conf) {
    conf.set(YarnConfiguration.NM_ADDRESS, HOST + ":0");
    conf.set(YarnConfiguration.NM_LOCALIZER_ADDRESS, HOST + ":0");
    conf.set(YarnConfiguration.NM_WEBAPP_ADDRESS, HOST + ":0");
    conf.set(YarnConfiguration.NM_COLLECTOR_SERVICE_ADDRESS, HOST + ":0");
    conf.setInt(YarnConfiguration.YARN_MINICLUSTER_NM_PMEM_MB, 4096);
    conf.setInt(YarnConfiguration.NM_VCORES, 64);
    conf.setInt(YarnConfiguration.NM_CONTAINER_MON_INTERVAL_MS, 200);
    conf.setBoolean(YarnConfiguration.NM_PMEM_CHECK_ENABLED, false);
    conf.setBoolean(YarnConfiguration.NM_VMEM_CHECK_ENABLED, false);
    // A machine whose disk is nearly full is no reason to refuse a test.
    conf.setFloat(YarnConfiguration.NM_MAX_PER_DISK_UTILIZATION_PERCENTAGE, 100.0f);
  }

  private static List<Integer> freePorts(int n) throws IOException {
    List<ServerSocket> sockets = new ArrayList<>();
    List<Integer> ports = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName(HOST));
      sockets.add(socket);
      ports.add(socket.getLocalPort());
    }
    for (ServerSocket socket : sockets) {
      socket.close();
    }
    return ports;
  }
}

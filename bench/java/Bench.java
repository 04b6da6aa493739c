import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/**
 * One measurement of one server through Hive's JDBC driver; prints "NAME VALUE" lines.
 * Everything is bounded in count and in time.
 *
 * Usage: Bench HOST:PORT USER select1|sum|session|many|manysums|rows|record SQL ROWS SECONDS
 * where SECONDS bounds each part.
 */
public final class Bench {
    private static final long SECOND = 1_000_000_000L;
    private static String user;
    private static int seconds;

    public static void main(String[] args) throws Exception {
        String url = "jdbc:hive2://" + args[0] + "/default";
        user = args[1];
        String sql = args[3];
        long want = Long.parseLong(args[4]);
        seconds = Integer.parseInt(args[5]);
        switch (args[2]) {
            case "select1":
                small(url, LITERAL);
                break;
            case "sum":
                small(url, SUM);
                break;
            case "session":
                session(url);
                break;
            case "many":
                many(url, 64, LITERAL);
                break;
            case "manysums":
                many(url, 64, SUM);
                break;
            case "rows":
                rows(url, sql, want);
                break;
            case "record":
                record(url, sql, want);
                break;
            default:
                throw new IllegalArgumentException(args[2]);
        }
        System.exit(0);
    }

    private static Connection connect(String url) throws SQLException {
        return DriverManager.getConnection(url, user, "bench");
    }

    private interface Work {
        void run() throws SQLException;
    }

    /** Repeats work until it has been done times times or the seconds are over; returns the nanoseconds of each, sorted. */
    private static long[] repeat(int times, int seconds, Work work) throws SQLException {
        long[] took = new long[times];
        long end = System.nanoTime() + seconds * SECOND;
        int n = 0;
        while (n < times && System.nanoTime() < end) {
            long start = System.nanoTime();
            work.run();
            took[n++] = System.nanoTime() - start;
        }
        took = Arrays.copyOf(took, n);
        Arrays.sort(took);
        return took;
    }

    private static double millis(long[] sorted, double quantile) {
        return sorted[(int) Math.min(sorted.length - 1, Math.floor(quantile * sorted.length))] / 1e6;
    }

    /** What pools ask; a server may know the answer already. */
    private static final String LITERAL = "select 1";
    /** What must be planned and computed each time. */
    private static final String SUM = "select 1 + 0";

    private static void one(Statement s, String sql) throws SQLException {
        try (ResultSet r = s.executeQuery(sql)) {
            if (!r.next() || r.getInt(1) != 1 || r.next()) {
                throw new SQLException(sql + " is not 1");
            }
        }
    }

    private static void small(String url, String sql) throws SQLException {
        try (Connection c = connect(url); Statement s = c.createStatement()) {
            repeat(1500, seconds, () -> one(s, sql));
            long[] took = repeat(3000, seconds, () -> one(s, sql));
            System.out.println("p50 " + millis(took, 0.5));
            System.out.println("p99 " + millis(took, 0.99));
        }
    }

    private static void session(String url) throws SQLException {
        Work work = () -> connect(url).close();
        repeat(50, seconds, work);
        long[] took = repeat(300, seconds, work);
        System.out.println("p50 " + millis(took, 0.5));
    }

    private static void many(String url, int width, String sql) throws Exception {
        Connection[] connections = new Connection[width];
        Thread[] threads = new Thread[width];
        AtomicLong done = new AtomicLong();
        AtomicReference<Throwable> failure = new AtomicReference<>();
        CountDownLatch ready = new CountDownLatch(width);
        long[] from = new long[1];
        for (int i = 0; i < width; i++) {
            connections[i] = connect(url);
        }
        long warm = System.nanoTime() + 3 * SECOND;
        from[0] = warm;
        long end = warm + 5 * SECOND;
        for (int i = 0; i < width; i++) {
            Connection c = connections[i];
            threads[i] = new Thread(() -> {
                try (Statement s = c.createStatement()) {
                    ready.countDown();
                    while (System.nanoTime() < end && failure.get() == null) {
                        one(s, sql);
                        long now = System.nanoTime();
                        if (now >= from[0] && now < end) {
                            done.incrementAndGet();
                        }
                    }
                } catch (Throwable t) {
                    failure.compareAndSet(null, t);
                }
            });
            threads[i].start();
        }
        ready.await();
        for (Thread thread : threads) {
            thread.join();
        }
        for (Connection c : connections) {
            c.close();
        }
        if (failure.get() != null) {
            throw new Exception(failure.get());
        }
        System.out.println("persecond " + done.get() / 5.0);
    }

    /** Asks for everything once, so that a server in between can write the answers down. */
    private static void record(String url, String sql, long want) throws SQLException {
        connect(url).close();
        try (Connection c = connect(url); Statement s = c.createStatement()) {
            s.setFetchSize(10_000);
            one(s, LITERAL);
            one(s, SUM);
            fetch(s, sql + WARM, 60);
            fetch(s, sql, 60);
        }
        System.out.println("recorded " + want);
    }

    private static final String WARM = " limit 300000";

    /** Fetches a result of four columns and touches every cell. */
    private static void rows(String url, String sql, long want) throws SQLException {
        try (Connection c = connect(url); Statement s = c.createStatement()) {
            s.setFetchSize(10_000);
            fetch(s, sql + WARM, seconds);
            long start = System.nanoTime();
            long got = fetch(s, sql, seconds);
            double took = (System.nanoTime() - start) / 1e9;
            if (took < seconds && got != want) {
                throw new SQLException("got " + got + " rows, not " + want);
            }
            System.out.println("persecond " + got / took);
        }
    }

    private static long fetch(Statement s, String sql, int seconds) throws SQLException {
        long rows = 0;
        long touched = 0;
        long end = System.nanoTime() + seconds * SECOND;
        try (ResultSet r = s.executeQuery(sql)) {
            while (r.next()) {
                touched += r.getLong(1) + r.getString(2).length() + (long) r.getDouble(3) + r.getTimestamp(4).getTime();
                if ((++rows & 1023) == 0 && System.nanoTime() > end) {
                    break;
                }
            }
        }
        if (touched == 0 && rows > 1) {
            throw new SQLException("nothing was read");
        }
        return rows;
    }
}

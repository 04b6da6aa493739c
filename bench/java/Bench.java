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
 * Usage: Bench HOST:PORT select1|session|many
 *        Bench HOST:PORT rows SQL ROWS
 */
public final class Bench {
    private static final long SECOND = 1_000_000_000L;

    public static void main(String[] args) throws Exception {
        String url = "jdbc:hive2://" + args[0] + "/default";
        switch (args[1]) {
            case "select1":
                select1(url);
                break;
            case "session":
                session(url);
                break;
            case "many":
                many(url, 64);
                break;
            case "rows":
                rows(url, args[2], Long.parseLong(args[3]));
                break;
            default:
                throw new IllegalArgumentException(args[1]);
        }
        System.exit(0);
    }

    private static Connection connect(String url) throws SQLException {
        return DriverManager.getConnection(url, "bench", "bench");
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

    private static void one(Statement s) throws SQLException {
        try (ResultSet r = s.executeQuery("select 1")) {
            if (!r.next() || r.getInt(1) != 1 || r.next()) {
                throw new SQLException("select 1 is not 1");
            }
        }
    }

    private static void select1(String url) throws SQLException {
        try (Connection c = connect(url); Statement s = c.createStatement()) {
            repeat(500, 10, () -> one(s));
            long[] took = repeat(2000, 20, () -> one(s));
            System.out.println("p50 " + millis(took, 0.5));
            System.out.println("p99 " + millis(took, 0.99));
        }
    }

    private static void session(String url) throws SQLException {
        Work work = () -> connect(url).close();
        repeat(50, 10, work);
        long[] took = repeat(300, 20, work);
        System.out.println("p50 " + millis(took, 0.5));
    }

    private static void many(String url, int width) throws Exception {
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
                        one(s);
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

    /** Fetches a result of four columns and touches every cell, for 30 seconds at most. */
    private static void rows(String url, String sql, long want) throws SQLException {
        try (Connection c = connect(url); Statement s = c.createStatement()) {
            s.setFetchSize(10_000);
            fetch(s, sql + " limit 100000", 20);
            long start = System.nanoTime();
            long got = fetch(s, sql, 30);
            double seconds = (System.nanoTime() - start) / 1e9;
            if (seconds < 30 && got != want) {
                throw new SQLException("got " + got + " rows, not " + want);
            }
            System.out.println("persecond " + got / seconds);
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

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTimeoutException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.hive.jdbc.HiveStatement;

/** What a person does while a statement runs. */
final class RunningCases {
    static void addTo(Map<String, Main.Case> cases) {
        cases.put("running/cancel", RunningCases::cancel);
        cases.put("running/query timeout", RunningCases::timeout);
        cases.put("running/query log", RunningCases::log);
        cases.put("running/close while it runs", RunningCases::close);
        cases.put("running/failure of a query that was only started", RunningCases::failure);
    }

    private static AtomicReference<Throwable> inBackground(Env.Action action, Thread[] thread) {
        AtomicReference<Throwable> end = new AtomicReference<>();
        thread[0] = new Thread(() -> {
            try {
                action.run();
            } catch (Throwable failure) {
                end.set(failure);
            }
        });
        thread[0].start();
        return end;
    }

    private static void cancel(Env env) throws Exception {
        Connection c = env.connect();
        try (Statement s = c.createStatement()) {
            Thread[] thread = new Thread[1];
            AtomicReference<Throwable> end = inBackground(() -> s.execute(Env.ENDLESS), thread);
            Thread.sleep(1000);
            Env.check(thread[0].isAlive(), "it runs: " + end.get());
            long start = System.nanoTime();
            s.cancel();
            thread[0].join();
            System.out.println("# ended " + (System.nanoTime() - start) / 1_000_000 + " ms after cancel: " + end.get());
            Env.check(end.get() instanceof SQLException, "it ended with an SQLException: " + end.get());
        }
        Env.equal(List.of("1"), Env.rows(c, "select 1"), "the connection goes on");
    }

    private static void timeout(Env env) throws Exception {
        Connection c = env.connect();
        try (Statement s = c.createStatement()) {
            s.setQueryTimeout(1);
            long start = System.nanoTime();
            SQLException end = Env.fails(() -> s.execute(Env.ENDLESS), "a query past its time");
            System.out.println("# ended after " + (System.nanoTime() - start) / 1_000_000 + " ms");
            Env.check(end instanceof SQLTimeoutException, "a SQLTimeoutException, not " + end);
        }
        Env.equal(List.of("1"), Env.rows(c, "select 1"), "the connection goes on");
    }

    private static void log(Env env) throws Exception {
        try (Statement s = env.connect().createStatement()) {
            s.execute("select count(*) from range(1000)");
            List<String> lines = ((HiveStatement) s).getQueryLog();
            System.out.println("# log: " + lines);
            Env.check(!lines.isEmpty(), "a log");
        }
    }

    /** Who starts a query and then asks for its rows must not take a failure for no rows. */
    private static void failure(Env env) throws Exception {
        try (HiveStatement s = (HiveStatement) env.connect().createStatement()) {
            String told = null;
            try {
                Env.check(s.executeAsync("select error('boom ' || i) from range(3) t(i)"), "a result set");
                s.getResultSet().next();
            } catch (SQLException failure) {
                told = failure.getMessage();
            }
            Env.check(told != null && told.contains("boom"), "the failure: " + told);
        }
    }

    private static void close(Env env) throws Exception {
        Connection c = env.connect();
        Statement s = c.createStatement();
        Thread[] thread = new Thread[1];
        inBackground(() -> s.execute(Env.ENDLESS), thread);
        Thread.sleep(500);
        s.cancel();
        thread[0].join();
        s.close();
        c.close();
        Env.equal(List.of("1"), Env.rows(env.connect(), "select 1"), "the next connection");
    }
}

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** What a case works with: connections that are closed after it, and checks. */
final class Env implements AutoCloseable {
    /** Runs for hours unless somebody ends it; every engine reads it. */
    static final String ENDLESS =
        "select count(*) from range(1000000) a(i), range(1000000) b(j) where i * j % 7 = 3";

    final String address;
    final String schema;
    private final List<Connection> connections = new ArrayList<>();

    Env(String address, String schema) {
        this.address = address;
        this.schema = schema;
    }

    static void createSchema(String address, String schema) throws SQLException {
        try (Env env = new Env(address, "default")) {
            env.execute("drop schema if exists " + schema + " cascade");
            env.execute("create schema " + schema);
        }
    }

    /** A connection whose current schema is this run's. */
    Connection connect() throws SQLException {
        return connect("/" + schema);
    }

    /** A connection by the path of the URL. */
    Connection connect(String path) throws SQLException {
        return connect(path, "");
    }

    /** A connection by path, and by the settings and variables of the URL. */
    Connection connect(String path, String settings) throws SQLException {
        DriverManager.setLoginTimeout(60);
        Connection c = DriverManager.getConnection("jdbc:hive2://" + address + path
            + System.getProperty("tester.url.options", "") + settings, "tester", "secret");
        connections.add(c);
        return c;
    }

    void execute(String... statements) throws SQLException {
        execute(connect(), statements);
    }

    static void execute(Connection c, String... statements) throws SQLException {
        try (Statement s = c.createStatement()) {
            for (String sql : statements) {
                s.execute(sql);
            }
        }
    }

    /** All rows, each joined with "|"; NULL is "<null>". */
    static List<String> rows(Connection c, String sql) throws SQLException {
        try (Statement s = c.createStatement(); ResultSet r = s.executeQuery(sql)) {
            return rows(r);
        }
    }

    static List<String> rows(ResultSet r) throws SQLException {
        int width = r.getMetaData().getColumnCount();
        List<String> all = new ArrayList<>();
        while (r.next()) {
            StringBuilder row = new StringBuilder();
            for (int i = 1; i <= width; i++) {
                String cell = r.getString(i);
                row.append(i == 1 ? "" : "|").append(cell == null ? "<null>" : cell);
            }
            all.add(row.toString());
        }
        return all;
    }

    static void equal(Object want, Object got, String what) {
        if (!Objects.equals(want, got)) {
            throw new AssertionError(what + ": want <" + want + ">, got <" + got + ">");
        }
    }

    static void check(boolean ok, String what) {
        if (!ok) {
            throw new AssertionError(what);
        }
    }

    /** Something that ought to fail. */
    interface Action {
        void run() throws Exception;
    }

    /** Runs action, which must fail with an SQLException, and returns that. */
    static SQLException fails(Action action, String what) {
        try {
            action.run();
        } catch (SQLException expected) {
            System.out.println("# " + what + ": [" + expected.getSQLState() + "] "
                + String.valueOf(expected.getMessage()).replace("\n", "\\n"));
            return expected;
        } catch (Exception other) {
            throw new AssertionError(what + ": not an SQLException but " + other, other);
        }
        throw new AssertionError(what + " must fail");
    }

    @Override
    public void close() {
        for (Connection c : connections) {
            try {
                c.close();
            } catch (SQLException ignored) {
                // a case may have killed it on purpose
            }
        }
    }
}

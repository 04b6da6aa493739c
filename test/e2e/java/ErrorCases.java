import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;

/** Mistakes: each a clear message with an SQLSTATE, and the connection goes on. */
final class ErrorCases {
    static void addTo(Map<String, Main.Case> cases) {
        cases.put("errors/syntax", env -> expect(env, "selec 1", "42601", "selec"));
        cases.put("errors/empty statement", env -> expect(env, " ", "42", ""));
        cases.put("errors/unknown table", ErrorCases::unknownTable);
        cases.put("errors/unknown column", env -> expect(env, "select nope from range(1)", "42703", "nope"));
        cases.put("errors/unknown function", env -> expect(env, "select no_such_function(1)", "42883", "no_such_function"));
        cases.put("errors/unknown schema", env -> expect(env, "use no_such_schema", "", "no_such_schema"));
        cases.put("errors/exists", ErrorCases::exists);
        cases.put("errors/at run time", ErrorCases::atRunTime);
        cases.put("errors/in the middle of a result", ErrorCases::inTheMiddle);
        cases.put("errors/after a closed statement", ErrorCases::closedStatement);
    }

    private static SQLException expect(Env env, String sql, String state, String word) throws SQLException {
        Connection c = env.connect();
        SQLException e = Env.fails(() -> Env.execute(c, sql), sql);
        String text = String.valueOf(e.getMessage());
        Env.check(String.valueOf(e.getSQLState()).startsWith(state), "SQLSTATE " + state + ", got " + e.getSQLState() + " with " + text);
        Env.check(text.contains(word), "the message names " + word + ": " + text);
        Env.check(!text.contains("goroutine") && !text.contains(".go:"), "no insides in the message: " + text);
        Env.equal(List.of("1"), Env.rows(c, "select 1"), "the connection goes on");
        return e;
    }

    private static void unknownTable(Env env) throws SQLException {
        String text = expect(env, "select * from no_such_table", "42P01", "no_such_table").getMessage();
        Env.check(text.contains("Table not found"), "words that clients look for: " + text);
    }

    private static void exists(Env env) throws SQLException {
        Env.execute(env.connect(), "drop table if exists twice", "create table twice (id int)");
        expect(env, "create table twice (id int)", "42", "twice");
    }

    private static void atRunTime(Env env) throws SQLException {
        expect(env, "select error('stop here')", "", "stop here");
    }

    /** The failing row is far behind the first batch. */
    private static void inTheMiddle(Env env) throws SQLException {
        Connection c = env.connect();
        SQLException e = Env.fails(() -> {
            int got = Env.rows(c, "select case when i = 3000000 then error('bad row') else i end from range(4000000) t(i)").size();
            throw new AssertionError("ended as if whole after " + got + " rows");
        }, "a row that fails");
        Env.check(String.valueOf(e.getMessage()).contains("bad row"), "the message: " + e.getMessage());
        Env.equal(List.of("1"), Env.rows(c, "select 1"), "the connection goes on");
    }

    private static void closedStatement(Env env) throws SQLException {
        Connection c = env.connect();
        Statement s = c.createStatement();
        s.execute("select 1");
        s.close();
        Env.fails(() -> s.execute("select 1"), "a closed statement");
        Env.equal(List.of("2"), Env.rows(c, "select 2"), "the connection goes on");
    }
}

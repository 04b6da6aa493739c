import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.List;
import java.util.Map;

/** Statements with and without results, and what Hive's clients say. */
final class StatementCases {
    static void addTo(Map<String, Main.Case> cases) {
        cases.put("statements/ddl and dml in a row", StatementCases::sequence);
        cases.put("statements/one statement object for all", StatementCases::reuse);
        cases.put("statements/show and describe", StatementCases::show);
        cases.put("statements/set", StatementCases::set);
        cases.put("statements/backticks", StatementCases::backticks);
        cases.put("statements/two sessions see one table", StatementCases::shared);
    }

    private static void sequence(Env env) throws Exception {
        Connection c = env.connect();
        try (Statement s = c.createStatement()) {
            for (String sql : new String[] {
                "drop table if exists seq",
                "create table seq (id int, name string)",
                "insert into seq values (1, 'one'), (2, 'two'), (3, 'three')",
                "insert into table seq select 4, 'four'",
                "create or replace view seq_view as select id from seq where id > 1",
                "alter table seq add column extra int",
                "update seq set extra = 10 where id = 2",
                "delete from seq where id = 1",
            }) {
                Env.check(!s.execute(sql), "no result set for: " + sql);
            }
        }
        Env.equal(List.of("2|two|10", "3|three|<null>", "4|four|<null>"), Env.rows(c, "select * from seq order by id"), "rows");
        Env.equal(List.of("3"), Env.rows(c, "select count(*) from seq_view"), "view");
        Env.execute(c, "drop view seq_view", "drop table seq");
    }

    private static void reuse(Env env) throws Exception {
        Connection c = env.connect();
        try (Statement s = c.createStatement()) {
            for (int i = 0; i < 50; i++) {
                try (ResultSet r = s.executeQuery("select " + i + " as n")) {
                    Env.equal(List.of(String.valueOf(i)), Env.rows(r), "round " + i);
                }
            }
            // Left half-read: the next execute closes it.
            ResultSet open = s.executeQuery("select * from range(100000)");
            Env.check(open.next(), "a row");
            try (ResultSet r = s.executeQuery("select 'next'")) {
                Env.equal(List.of("next"), Env.rows(r), "after a half-read result");
            }
        }
    }

    private static void show(Env env) throws Exception {
        Connection c = env.connect();
        Env.execute(c, "drop table if exists shown", "create table shown (id int, name string)");
        Env.check(Env.rows(c, "show databases").contains(env.schema), "show databases");
        Env.check(Env.rows(c, "show schemas").contains(env.schema), "show schemas");
        Env.check(first(Env.rows(c, "show tables")).contains("shown"), "show tables");
        Env.check(first(Env.rows(c, "show tables in " + env.schema)).contains("shown"), "show tables in");
        Env.equal(List.of("shown"), first(Env.rows(c, "show tables like 'show*'")), "show tables like");
        Env.equal(List.of("id", "name"), first(Env.rows(c, "show columns in shown")), "show columns");
        List<String> described = Env.rows(c, "describe shown");
        Env.check(described.size() == 2 && described.get(0).startsWith("id|int") && described.get(1).startsWith("name|string"),
            "describe: " + described);
        Env.check(Env.rows(c, "describe formatted shown").size() > 2, "describe formatted");
        Env.check(Env.rows(c, "describe extended shown").size() > 2, "describe extended");
        Env.check(Env.rows(c, "show create table shown").toString().toLowerCase().contains("create table"), "show create table");
        Env.check(Env.rows(c, "show functions").size() > 50, "show functions");
        Env.execute(c, "use default");
        Env.equal(List.of("default"), Env.rows(c, "select current_database()"), "use default");
        Env.execute(c, "use `" + env.schema + "`");
        Env.equal(List.of(env.schema), Env.rows(c, "select current_database()"), "use");
    }

    private static List<String> first(List<String> rows) {
        return rows.stream().map(row -> row.split("\\|", 2)[0]).toList();
    }

    private static void set(Env env) throws Exception {
        Connection c = env.connect();
        Env.execute(c, "set tester.key=some value: a+b@c", "set tester.empty=");
        Env.check(Env.rows(c, "set tester.key").toString().contains("some value: a+b@c"), "set k");
        Env.check(!Env.rows(c, "set").isEmpty(), "set");
        Env.execute(c, "reset");
    }

    private static void backticks(Env env) throws Exception {
        Connection c = env.connect();
        Env.execute(c, "drop table if exists `odd name`", "create table `odd name` (`select` int, `two words` string)",
            "insert into `odd name` values (1, 'a`b')");
        Env.equal(List.of("1|a`b"), Env.rows(c, "select `select`, t.`two words` from `odd name` t"), "rows");
        Env.execute(c, "drop table `odd name`");
    }

    private static void shared(Env env) throws Exception {
        Connection one = env.connect();
        Connection two = env.connect();
        Env.execute(one, "drop table if exists common", "create table common as select 1 as x");
        Env.equal(List.of("1"), Env.rows(two, "select x from common"), "seen by the other");
        Env.execute(one, "set tester.private=1");
        Env.check(!Env.rows(two, "set").toString().contains("tester.private"), "settings are each session's own");
    }
}

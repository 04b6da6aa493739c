import java.sql.Connection;
import java.util.List;
import java.util.Map;

/** What a URL can say. */
final class SettingCases {
    static void addTo(Map<String, Main.Case> cases) {
        cases.put("url/database", SettingCases::database);
        cases.put("url/absent database", SettingCases::absentDatabase);
        cases.put("url/hivevar and hiveconf", SettingCases::variables);
        cases.put("session/valid and closed", SettingCases::validAndClosed);
        cases.put("session/setSchema", SettingCases::setSchema);
    }

    private static void database(Env env) throws Exception {
        Env.equal(List.of(env.schema), Env.rows(env.connect(), "select current_database()"), "database");
        Env.equal(List.of("default"), Env.rows(env.connect("/default"), "select current_database()"), "database");
        Env.equal(List.of("default"), Env.rows(env.connect("/"), "select current_database()"), "database");
    }

    private static void absentDatabase(Env env) {
        String message = Env.fails(() -> env.connect("/no_such_db"), "an absent database").toString();
        Env.check(message.contains("no_such_db"), "the message names the database: " + message);
    }

    private static void variables(Env env) throws Exception {
        Connection c = env.connect("/" + env.schema, "?tester.color=green#who=world");
        Env.equal(List.of("world green"), Env.rows(c, "select '${hivevar:who} ${hiveconf:tester.color}'"), "variables");
    }

    private static void validAndClosed(Env env) throws Exception {
        Connection c = env.connect();
        Env.check(c.isValid(10), "a fresh connection is valid");
        c.close();
        Env.check(c.isClosed(), "closed");
        Env.fails(() -> c.createStatement(), "a statement on a closed connection");
    }

    private static void setSchema(Env env) throws Exception {
        Connection c = env.connect("/default");
        c.setSchema(env.schema);
        Env.equal(env.schema, c.getSchema(), "schema");
    }
}

import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.Date;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.Timestamp;
import java.sql.Types;
import java.util.List;
import java.util.Map;

/** Parameters, which the driver writes into the text. */
final class ParameterCases {
    static void addTo(Map<String, Main.Case> cases) {
        cases.put("parameters/strings come back", ParameterCases::strings);
        cases.put("parameters/backslashes never break out", ParameterCases::backslashes);
        cases.put("parameters/typed", ParameterCases::typed);
        cases.put("parameters/in a table", ParameterCases::table);
    }

    private static final String[] NASTY = {
        "", " ", "it's", "''", "'", "'''", "\"double\"", "`back`", "semi;colon", "-- comment", "/* comment */", "# x",
        "100%", "under_score", "tab\there", "line\nbreak", "cr\rlf\r\n", "\u00e9\u00df\u4e2d\u6587", "\ud83d\udc31\ud83d\udd25",
        "$$", "$tag$x$tag$", "x' or '1'='1", "'; drop table t; --", "{\"json\": [1, 'two']}", "null", "NULL",
        "\u0001\u007f", "\u200b\u202e",
    };

    private static void strings(Env env) throws Exception {
        try (PreparedStatement p = env.connect().prepareStatement("select ? as v, 'after' as w")) {
            for (String text : NASTY) {
                p.setString(1, text);
                try (ResultSet r = p.executeQuery()) {
                    Env.check(r.next(), "a row for " + text);
                    Env.equal(text, r.getString(1), "parameter");
                    Env.equal("after", r.getString(2), "what comes after " + text);
                    Env.check(!r.next(), "one row for " + text);
                }
            }
        }
    }

    /** The driver leaves a backslash alone, so Hive's escapes apply; the text must end where the driver ended it. */
    private static void backslashes(Env env) throws Exception {
        String[][] tests = {
            {"C:\\new", "C:\new"},
            {"a\\\\b", "a\\b"},
            {"it\\'s", "it's"},
            {"x\\\\' or 1=1 -- ", "x\\' or 1=1 -- "},
            {"\\\\", "\\"},
        };
        try (PreparedStatement p = env.connect().prepareStatement("select ? as v, 'after' as w")) {
            for (String[] test : tests) {
                p.setString(1, test[0]);
                try (ResultSet r = p.executeQuery()) {
                    Env.check(r.next(), "a row for " + test[0]);
                    Env.equal(test[1], r.getString(1), "parameter " + test[0]);
                    Env.equal("after", r.getString(2), "what comes after " + test[0]);
                    Env.check(!r.next(), "one row for " + test[0]);
                }
            }
        }
    }

    private static void typed(Env env) throws Exception {
        try (PreparedStatement p = env.connect().prepareStatement("select ?, ?, ?, ?, ?, ?, ?, ?, ?")) {
            p.setInt(1, -5);
            p.setLong(2, 1L << 40);
            p.setDouble(3, 0.25);
            p.setBoolean(4, true);
            p.setBigDecimal(5, new BigDecimal("3.14"));
            p.setDate(6, Date.valueOf("2024-02-29"));
            p.setTimestamp(7, Timestamp.valueOf("2024-02-29 01:02:03"));
            p.setNull(8, Types.VARCHAR);
            p.setShort(9, (short) 9);
            try (ResultSet r = p.executeQuery()) {
                Env.check(r.next(), "a row");
                Env.equal(-5, r.getInt(1), "int");
                Env.equal(1L << 40, r.getLong(2), "long");
                Env.equal(0.25, r.getDouble(3), "double");
                Env.equal(true, r.getBoolean(4), "boolean");
                Env.equal(new BigDecimal("3.14"), new BigDecimal(r.getString(5)), "decimal");
                Env.check(r.getString(6).startsWith("2024-02-29"), "date " + r.getString(6));
                Env.check(r.getString(7).startsWith("2024-02-29 01:02:03"), "timestamp " + r.getString(7));
                Env.equal(null, r.getString(8), "null");
                Env.equal((short) 9, r.getShort(9), "short");
            }
        }
    }

    private static void table(Env env) throws Exception {
        Connection c = env.connect();
        Env.execute(c, "drop table if exists notes", "create table notes (id int, note string)");
        try (PreparedStatement p = c.prepareStatement("insert into notes values (?, ?)")) {
            for (int i = 0; i < NASTY.length; i++) {
                p.setInt(1, i);
                p.setString(2, NASTY[i]);
                p.execute();
            }
        }
        Env.equal(List.of(String.valueOf(NASTY.length)), Env.rows(c, "select count(*) from notes"), "count");
        try (PreparedStatement p = c.prepareStatement("select id from notes where note = ?")) {
            for (int i = 0; i < NASTY.length; i++) {
                p.setString(1, NASTY[i]);
                try (ResultSet r = p.executeQuery()) {
                    Env.equal(List.of(String.valueOf(i)), Env.rows(r), "the row of " + NASTY[i]);
                }
            }
        }
    }
}

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.Date;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.Statement;
import java.sql.Timestamp;
import java.sql.Types;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Every type as the driver reads it. */
final class TypeCases {
    static void addTo(Map<String, Main.Case> cases) {
        cases.put("types/values", TypeCases::values);
        cases.put("types/nulls", TypeCases::nulls);
        cases.put("types/extremes", TypeCases::extremes);
        cases.put("types/nested", TypeCases::nested);
        cases.put("types/own to the engine", TypeCases::engineTypes);
        cases.put("types/table columns", TypeCases::tableColumns);
    }

    private static final String[][] CAST = {
        // expression, its type name, its java.sql.Types
        {"true", "boolean", "BOOLEAN"},
        {"cast(7 as tinyint)", "tinyint", "TINYINT"},
        {"cast(-300 as smallint)", "smallint", "SMALLINT"},
        {"cast(70000 as int)", "int", "INTEGER"},
        {"cast(5000000000 as bigint)", "bigint", "BIGINT"},
        {"cast(1.5 as float)", "float", "FLOAT"},
        {"cast(2.25 as double)", "double", "DOUBLE"},
        {"cast(12.34 as decimal(10,2))", "decimal", "DECIMAL"},
        {"'h\u00e9llo \ud83d\udc31'", "string", "VARCHAR"},
        {"date '2024-02-29'", "date", "DATE"},
        {"timestamp '2024-02-29 12:34:56.789'", "timestamp", "TIMESTAMP"},
        {"cast('abc' as binary)", "binary", "BINARY"},
    };

    private static void values(Env env) throws Exception {
        StringBuilder sql = new StringBuilder("select ");
        for (int i = 0; i < CAST.length; i++) {
            sql.append(i == 0 ? "" : ", ").append(CAST[i][0]).append(" as c").append(i);
        }
        try (Statement s = env.connect().createStatement(); ResultSet r = s.executeQuery(sql.toString())) {
            ResultSetMetaData meta = r.getMetaData();
            Env.equal(CAST.length, meta.getColumnCount(), "columns");
            for (int i = 0; i < CAST.length; i++) {
                Env.equal("c" + i, meta.getColumnName(i + 1), "name");
                Env.equal(CAST[i][1], meta.getColumnTypeName(i + 1), "type name of " + CAST[i][0]);
                Env.equal(Types.class.getField(CAST[i][2]).getInt(null), meta.getColumnType(i + 1), "type of " + CAST[i][0]);
            }
            Env.equal(10, meta.getPrecision(8), "precision");
            Env.equal(2, meta.getScale(8), "scale");
            Env.check(r.next(), "a row");
            Env.equal(true, r.getBoolean(1), "boolean");
            Env.equal((byte) 7, r.getByte(2), "tinyint");
            Env.equal((short) -300, r.getShort(3), "smallint");
            Env.equal(70000, r.getInt(4), "int");
            Env.equal(5000000000L, r.getLong(5), "bigint");
            Env.equal(1.5, r.getDouble(6), "float");
            Env.equal(2.25, r.getDouble(7), "double");
            Env.equal(new BigDecimal("12.34"), r.getBigDecimal(8), "decimal");
            Env.equal("h\u00e9llo \ud83d\udc31", r.getString(9), "string");
            Env.equal(Date.valueOf("2024-02-29"), r.getDate(10), "date");
            Env.equal(Timestamp.valueOf("2024-02-29 12:34:56.789"), r.getTimestamp(11), "timestamp");
            byte[] bytes = (byte[]) r.getObject(12);
            Env.check(Arrays.equals("abc".getBytes(StandardCharsets.UTF_8), bytes), "binary");
            Env.check(!r.next(), "one row only");
        }
    }

    private static void nulls(Env env) throws Exception {
        String[] types = {"boolean", "tinyint", "smallint", "int", "bigint", "float", "double", "decimal(10,2)",
            "string", "date", "timestamp", "binary"};
        StringBuilder sql = new StringBuilder("select ");
        for (String type : types) {
            sql.append("cast(null as ").append(type).append("), ");
        }
        try (Statement s = env.connect().createStatement(); ResultSet r = s.executeQuery(sql + "null")) {
            Env.check(r.next(), "a row");
            for (int i = 1; i <= types.length + 1; i++) {
                Env.equal(null, r.getObject(i), "null " + i);
                Env.check(r.wasNull(), "wasNull");
            }
        }
        // A null between values, across the bytes of the nulls bitmap.
        Connection c = env.connect();
        List<String> got = Env.rows(c, "select case when i % 3 = 0 then null else i end from range(20) t(i) order by i");
        for (int i = 0; i < 20; i++) {
            Env.equal(i % 3 == 0 ? "<null>" : String.valueOf(i), got.get(i), "row " + i);
        }
    }

    private static void extremes(Env env) throws Exception {
        Connection c = env.connect();
        Env.equal(List.of("-128|-32768|-2147483648|-9223372036854775808"), Env.rows(c,
            "select cast(-128 as tinyint), cast(-32768 as smallint), cast(-2147483648 as int), cast('-9223372036854775808' as bigint)"), "lowest");
        Env.equal(List.of("99999999999999999999999999999999999999"), Env.rows(c,
            "select cast('99999999999999999999999999999999999999' as decimal(38,0))"), "widest decimal");
        Env.equal(List.of("-0.0001"), Env.rows(c, "select cast(-0.0001 as decimal(10,4))"), "small decimal");
        Env.equal(List.of("NaN|Infinity|-Infinity"), Env.rows(c,
            "select cast('NaN' as double), cast('Infinity' as double), cast('-Infinity' as double)"), "doubles");
        Env.equal(List.of("0001-01-01|9999-12-31"), Env.rows(c, "select date '0001-01-01', date '9999-12-31'"), "dates");
        Env.equal(List.of("1969-12-31 23:59:59.0|2024-01-01 00:00:00.123456"), Env.rows(c,
            "select timestamp '1969-12-31 23:59:59', timestamp '2024-01-01 00:00:00.123456'"), "timestamps");
        Env.equal(List.of("|0"), Env.rows(c, "select '', length('')"), "an empty string");
    }

    private static void nested(Env env) throws Exception {
        try (Statement s = env.connect().createStatement();
             ResultSet r = s.executeQuery("select [1, 2, null], {'a': 1, 'b': 'x'}, map {'k': 1.5}")) {
            ResultSetMetaData meta = r.getMetaData();
            Env.equal("array", meta.getColumnTypeName(1), "type");
            Env.equal("struct", meta.getColumnTypeName(2), "type");
            Env.equal("map", meta.getColumnTypeName(3), "type");
            Env.check(r.next(), "a row");
            Env.equal("[1,2,null]", r.getString(1), "array");
            Env.equal("{\"a\":1,\"b\":\"x\"}", r.getString(2), "struct");
            Env.equal("{\"k\":1.5}", r.getString(3), "map");
        }
    }

    private static void engineTypes(Env env) throws Exception {
        Connection c = env.connect();
        String[][] tests = {
            {"cast('170141183460469231731687303715884105727' as hugeint)", "170141183460469231731687303715884105727"},
            {"cast('18446744073709551615' as ubigint)", "18446744073709551615"},
            {"cast(255 as utinyint)", "255"},
            {"cast('550e8400-e29b-41d4-a716-446655440000' as uuid)", "550e8400-e29b-41d4-a716-446655440000"},
            {"cast('b' as enum('a', 'b'))", "b"},
            {"time '12:34:56'", "12:34:56"},
            {"[[1], []]", "[[1],[]]"},
        };
        for (String[] test : tests) {
            Env.equal(List.of(test[1]), Env.rows(c, "select " + test[0]), test[0]);
        }
        for (String readable : new String[] {"interval 3 day", "interval 14 month", "timestamptz '2024-01-01 00:00:00+00'",
            "union_value(n := 1)", "cast('10110' as bit)", "to_json([1])"}) {
            List<String> got = Env.rows(c, "select " + readable);
            System.out.println("# " + readable + " reads " + got);
            Env.check(got.size() == 1 && !got.get(0).equals("<null>"), readable + " reads " + got);
        }
    }

    private static void tableColumns(Env env) throws Exception {
        Connection c = env.connect();
        Env.execute(c, "drop table if exists every_type",
            "create table every_type (a boolean, b tinyint, c smallint, d int, e bigint, f float, g double, h decimal(12,3),"
                + " i string, j date, k timestamp, l binary)",
            "insert into every_type values (true, 1, 2, 3, 4, 5.5, 6.5, 7.125, 'x', date '2024-01-02', timestamp '2024-01-02 03:04:05', cast('b' as binary))");
        List<String> got = Env.rows(c, "select a, b, c, d, e, f, g, h, i, j, k from every_type");
        Env.equal(List.of("true|1|2|3|4|5.5|6.5|7.125|x|2024-01-02|2024-01-02 03:04:05.0"), got, "the row");
    }
}

import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** java.sql.DatabaseMetaData, as data sources read it. */
final class MetadataCases {
    static void addTo(Map<String, Main.Case> cases) {
        cases.put("metadata/server", MetadataCases::server);
        cases.put("metadata/catalogs and schemas", MetadataCases::schemas);
        cases.put("metadata/tables", MetadataCases::tables);
        cases.put("metadata/columns", MetadataCases::columns);
        cases.put("metadata/type info", MetadataCases::typeInfo);
        cases.put("metadata/functions", MetadataCases::functions);
        cases.put("metadata/keys", MetadataCases::keys);
        cases.put("metadata/more than a page", MetadataCases::manyTables);
    }

    private static List<String> column(ResultSet r, String name) throws SQLException {
        List<String> all = new ArrayList<>();
        while (r.next()) {
            all.add(r.getString(name));
        }
        return all;
    }

    private static void server(Env env) throws Exception {
        DatabaseMetaData meta = env.connect().getMetaData();
        System.out.println("# " + meta.getDatabaseProductName() + " " + meta.getDatabaseProductVersion());
        Env.check(!meta.getDatabaseProductName().isEmpty(), "a product name");
        Env.check(meta.getDatabaseProductVersion().matches("\\d+\\.\\d+.*"), "a version: " + meta.getDatabaseProductVersion());
        Env.check(meta.getDatabaseMajorVersion() >= 0, "a major version");
    }

    private static void schemas(Env env) throws Exception {
        DatabaseMetaData meta = env.connect().getMetaData();
        try (ResultSet r = meta.getCatalogs()) {
            r.next(); // none or one: both are seen in the wild
        }
        try (ResultSet r = meta.getSchemas()) {
            List<String> all = column(r, "TABLE_SCHEM");
            Env.check(all.contains(env.schema) && all.contains("default"), "schemas: " + all);
        }
        try (ResultSet r = meta.getSchemas(null, env.schema.substring(0, 6) + "%")) {
            List<String> all = column(r, "TABLE_SCHEM");
            Env.check(all.contains(env.schema) && !all.contains("default"), "schemas by pattern: " + all);
        }
    }

    private static void tables(Env env) throws Exception {
        Connection c = env.connect();
        Env.execute(c, "drop view if exists meta_v", "drop table if exists meta_t", "drop table if exists metaXt",
            "create table meta_t (id int)", "create table metaXt (id int)", "create view meta_v as select id from meta_t");
        DatabaseMetaData meta = c.getMetaData();
        try (ResultSet r = meta.getTables(null, env.schema, "meta%", null)) {
            Env.equal(List.of("meta_t", "meta_v", "metaXt"), column(r, "TABLE_NAME").stream().sorted(String.CASE_INSENSITIVE_ORDER).toList(), "tables");
        }
        try (ResultSet r = meta.getTables(null, env.schema, "meta\\_t", null)) {
            Env.equal(List.of("meta_t"), column(r, "TABLE_NAME"), "an escaped pattern");
        }
        try (ResultSet r = meta.getTables(null, env.schema, "meta%", new String[] {"VIEW"})) {
            Env.equal(List.of("meta_v"), column(r, "TABLE_NAME"), "views");
        }
        try (ResultSet r = meta.getTables(null, env.schema, "meta%", new String[] {"TABLE"})) {
            Env.check(r.next(), "a table");
            Env.equal(env.schema, r.getString("TABLE_SCHEM"), "its schema");
            Env.equal("TABLE", r.getString("TABLE_TYPE"), "its type");
        }
        try (ResultSet r = meta.getTables(null, null, "%", new String[] {"TABLE", "VIEW"})) {
            Env.check(column(r, "TABLE_NAME").contains("meta_t"), "tables of all schemas");
        }
        try (ResultSet r = meta.getTableTypes()) {
            List<String> all = column(r, "TABLE_TYPE");
            Env.check(all.contains("TABLE") && all.contains("VIEW"), "table types: " + all);
        }
    }

    private static void columns(Env env) throws Exception {
        Connection c = env.connect();
        Env.execute(c, "drop table if exists meta_c",
            "create table meta_c (id bigint not null, price decimal(12,2), note string, seen timestamp)");
        try (ResultSet r = c.getMetaData().getColumns(null, env.schema, "meta_c", "%")) {
            String[] names = {"id", "price", "note", "seen"};
            int[] types = {Types.BIGINT, Types.DECIMAL, Types.VARCHAR, Types.TIMESTAMP};
            for (int i = 0; i < names.length; i++) {
                Env.check(r.next(), "column " + i);
                Env.equal("meta_c", r.getString("TABLE_NAME"), "table");
                Env.equal(names[i], r.getString("COLUMN_NAME"), "name");
                Env.equal(types[i], r.getInt("DATA_TYPE"), "type of " + names[i]);
                Env.equal(i + 1, r.getInt("ORDINAL_POSITION"), "position of " + names[i]);
                if (names[i].equals("price")) {
                    Env.equal(12, r.getInt("COLUMN_SIZE"), "precision");
                    Env.equal(2, r.getInt("DECIMAL_DIGITS"), "scale");
                }
            }
            Env.check(!r.next(), "no more columns");
        }
        try (ResultSet r = c.getMetaData().getColumns("", env.schema, "meta_c", "pri%")) {
            Env.equal(List.of("price"), column(r, "COLUMN_NAME"), "an empty catalog and a pattern");
        }
    }

    private static void typeInfo(Env env) throws Exception {
        try (ResultSet r = env.connect().getMetaData().getTypeInfo()) {
            List<String> all = column(r, "TYPE_NAME");
            for (String name : new String[] {"BOOLEAN", "INT", "BIGINT", "DOUBLE", "DECIMAL", "STRING", "DATE", "TIMESTAMP", "BINARY"}) {
                Env.check(all.contains(name), name + " in " + all);
            }
        }
    }

    private static void functions(Env env) throws Exception {
        try (ResultSet r = env.connect().getMetaData().getFunctions(null, null, "abs")) {
            Env.check(column(r, "FUNCTION_NAME").contains("abs"), "abs");
        }
        try (ResultSet r = env.connect().getMetaData().getFunctions(null, null, "%")) {
            Env.check(column(r, "FUNCTION_NAME").size() > 100, "all functions");
        }
    }

    private static void keys(Env env) throws Exception {
        Connection c = env.connect();
        Env.execute(c, "drop table if exists child", "drop table if exists parent",
            "create table parent (a int, b int, primary key (b, a))",
            "create table child (x int, y int, foreign key (y, x) references parent (b, a))");
        try (ResultSet r = c.getMetaData().getPrimaryKeys(null, env.schema, "parent")) {
            List<String> got = new ArrayList<>();
            while (r.next()) {
                got.add(r.getInt("KEY_SEQ") + r.getString("COLUMN_NAME"));
            }
            Env.equal(List.of("1b", "2a"), got.stream().sorted().toList(), "primary key");
        }
        try (ResultSet r = c.getMetaData().getCrossReference(null, env.schema, "parent", null, env.schema, "child")) {
            List<String> got = new ArrayList<>();
            while (r.next()) {
                got.add(r.getString("PKCOLUMN_NAME") + r.getString("FKCOLUMN_NAME"));
            }
            Env.equal(List.of("ax", "by"), got.stream().sorted().toList(), "foreign key");
        }
        Env.execute(c, "drop table child", "drop table parent");
    }

    /** Drivers fetch metadata 50 rows at a time. */
    private static void manyTables(Env env) throws Exception {
        Connection c = env.connect();
        for (int i = 0; i < 130; i++) {
            Env.execute(c, "create or replace view many_" + i + " as select " + i + " as n");
        }
        try (ResultSet r = c.getMetaData().getTables(null, env.schema, "many\\_%", null)) {
            Env.equal(130, column(r, "TABLE_NAME").size(), "tables");
        }
        for (int i = 0; i < 130; i++) {
            Env.execute(c, "drop view many_" + i);
        }
    }
}

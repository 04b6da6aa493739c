//go:build duckdb_arrow

package dialect_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nekomata-sql/nekomata/engine"
	"github.com/nekomata-sql/nekomata/engine/duckdb/dialect"
)

// shop fills a DuckDB with a bit of everything.
func shop(t *testing.T) *duck {
	t.Helper()
	d := newDuck(t)
	for _, sql := range []string{
		"create database if not exists sales comment 'x' location '/p'",
		"create table sales.orders (id int primary key, `order id` string default 'x' not null, at timestamp, d decimal(12,2), " +
			"tags varchar[], s struct(x int, y varchar[]), m map(varchar, int))",
		"create table sales.lines (order_id int references sales.orders(id), n smallint, primary key (order_id, n))",
		"create table default.in_default (a bigint)",
		"create table main.in_main (b double)",
		"create view sales.v_orders as select id from sales.orders",
		"create temp view mine as select 1 as q",
		"create temp table mine2 (a date primary key)",
		"create macro sales.plus1(x) as x + 1",
	} {
		d.must(sql)
	}
	d.raw("comment on column sales.orders.id is 'the key'")
	d.raw("comment on table sales.orders is 'all orders'")
	return d
}

func TestShowOnDuckDB(t *testing.T) {
	t.Parallel()
	d := shop(t)
	for _, c := range []struct {
		sql    string
		column string
		want   []string
	}{
		{"show databases", "namespace", []string{"default", "main", "sales"}},
		{"SHOW SCHEMAS LIKE 's*|def%'", "namespace", []string{"default", "sales"}},
		{"show tables in sales", "tab_name", []string{"lines", "orders", "v_orders"}},
		{"show tables from `SALES` like 'o*'", "tab_name", []string{"orders"}},
		{"show tables in memory.sales 'V_ORDERS'", "tab_name", []string{"v_orders"}},
		{"show tables", "tab_name", []string{"in_default", "mine", "mine2"}},
		{"show tables like 'in_m*'", "tab_name", nil},
		{"show views in sales", "tab_name", []string{"v_orders"}},
		{"show columns in sales.lines", "col_name", []string{"order_id", "n"}},
		{"show columns from lines in sales like 'n|x'", "col_name", []string{"n"}},
		{"show columns in mine", "col_name", []string{"q"}},
		{"show columns in in_main", "col_name", []string{"b"}},
		{"show functions like 'date_ad*'", "tab_name", []string{"date_add"}},
		{"show functions plus1", "tab_name", []string{"plus1"}},
		{"show create table in_default", "createtab_stmt", []string{"CREATE TABLE default.in_default (\n  a BIGINT)\n"}},
		{"show create table sales.v_orders", "createtab_stmt", []string{"CREATE VIEW sales.v_orders AS SELECT id FROM sales.orders;"}},
	} {
		a := d.must(c.sql)
		require.Equal(t, []string{c.column}, a.columns, c.sql)
		var got []string
		for _, row := range a.rows {
			got = append(got, row[0])
		}
		require.Equal(t, c.want, got, c.sql)
	}
	require.Greater(t, len(d.must("show functions").rows), 300)
	_, err := d.hive("show create table nosuch")
	require.ErrorContains(t, err, "Table not found nosuch")
	for _, sql := range []string{"show columns in nosuch", "describe nosuch", "describe extended sales.nosuch"} {
		_, err := d.hive(sql)
		require.ErrorContains(t, err, "Catalog Error: Table with name nosuch does not exist!", sql)
	}
	for _, sql := range []string{"show tables in nosuch", "use nosuch", "describe database nosuch"} {
		_, err := d.hive(sql)
		require.ErrorContains(t, err, "Database does not exist: nosuch", sql)
	}
}

func TestDescribeOnDuckDB(t *testing.T) {
	t.Parallel()
	d := shop(t)
	columns := [][]string{
		{"id", "int", "the key"},
		{"order id", "string", "NULL"},
		{"at", "timestamp", "NULL"},
		{"d", "decimal(12,2)", "NULL"},
		{"tags", "array<string>", "NULL"},
		{"s", "struct<x:int,y:array<string>>", "NULL"},
		{"m", "map<string,int>", "NULL"},
	}
	details := [][]string{
		{"", "", ""},
		{"# Detailed Table Information", "", ""},
		{"Catalog", "memory", ""},
		{"Database", "sales", ""},
		{"Table", "orders", ""},
		{"Owner", "", ""},
		{"Type", "MANAGED", ""},
		{"Provider", "duckdb", ""},
		{"Comment", "all orders", ""},
	}
	for sql, want := range map[string][][]string{
		"describe sales.orders":                        columns,
		"DESC TABLE `sales`.`ORDERS`":                  columns,
		"describe extended sales.orders":               append(slices.Clip(columns), details...),
		"describe formatted sales.orders":              append(slices.Clip(columns), details...),
		"describe memory.sales.orders":                 columns,
		"describe sales.orders `order id`":             {columns[1]},
		"describe extended mine":                       {{"q", "int", "NULL"}},
		"describe in_main":                             {{"b", "double", "NULL"}},
		"describe query select 1 as a, [1.5] as b":     {{"a", "int", "NULL"}, {"b", "array<decimal(2,1)>", "NULL"}},
		"describe query select `id` from sales.orders": {{"id", "int", "NULL"}},
		"describe (select 'x' as z)":                   {{"z", "string", "NULL"}},
	} {
		a := d.must(sql)
		require.Equal(t, []string{"col_name", "data_type", "comment"}, a.columns, sql)
		require.Equal(t, want, a.rows, sql)
	}
	a := d.must("describe extended sales.v_orders")
	require.Contains(t, a.rows, []string{"Type", "VIEW", ""})
	require.Contains(t, a.rows, []string{"View Text", "CREATE VIEW sales.v_orders AS SELECT id FROM sales.orders;", ""})
	require.NotContains(t, a.rows, []string{"Provider", "duckdb", ""})

	a = d.must("describe database extended sales")
	require.Equal(t, []string{"db_name", "comment", "location", "owner_name", "owner_type", "parameters"}, a.columns)
	require.Equal(t, [][]string{{"sales", "", "", "", "", ""}}, a.rows)
	_, err := d.hive("describe select 1")
	require.ErrorContains(t, err, "DESCRIBE QUERY")
	require.Equal(t, "Function: upper", d.must("describe function upper").rows[0][0])
	require.Equal(t, [][]string{{"Function: abs"}, {"Usage: abs(x) - Absolute value"}}, d.must("describe function abs").rows, "once, for all types")
	require.Equal(t, [][]string{{"Function: no'such not found."}}, d.must("describe function `no'such`").rows)

	// A name in a detail that looks like a type stays as it is.
	d.must("create table sales.`INTEGER` (a int)")
	require.Contains(t, d.must("describe extended sales.`INTEGER`").rows, []string{"Table", "INTEGER", ""})
}

func TestUseSetAndDatabasesOnDuckDB(t *testing.T) {
	t.Parallel()
	d := shop(t)
	d.must("use sales")
	require.Equal(t, [][]string{{"sales"}}, d.must("select current_schema()").rows)
	require.Len(t, d.must("select * from orders").columns, 7)
	require.Len(t, d.must("select * from in_main").columns, 1, "main is always found")
	d.must("use `default`")
	require.Equal(t, [][]string{{"default"}}, d.must("select current_schema()").rows)
	d.must("insert into table in_default values (1), (2L)")
	require.Equal(t, [][]string{{"1"}, {"2"}}, d.must("select a from default.in_default order by a").rows)
	require.Len(t, d.must("select b from in_main").columns, 1)
	_, err := d.hive("select * from orders")
	require.Error(t, err)
	d.must("use memory.sales")
	d.must("use memory")
	d.must("use default")

	d.must("set TimeZone=Europe/Paris")
	require.Equal(t, [][]string{{"TimeZone", "Europe/Paris"}}, d.must("set TimeZone").rows)
	d.must("set threads = 2")
	d.must("set enable_progress_bar = 'true'")
	require.Equal(t, [][]string{{"threads", "2"}}, d.must("set threads").rows)
	d.must("reset TimeZone")
	d.must("set a.b=it's")
	all := d.must("set -v")
	require.Equal(t, []string{"key", "value", "meaning"}, all.columns)
	require.Contains(t, all.rows, []string{"a.b", "it's", ""})
	require.Greater(t, len(all.rows), 100)

	_, err = d.hive("drop database sales")
	require.ErrorContains(t, err, "CASCADE")
	d.must("drop database sales cascade")
	d.must("drop database if exists sales")
}

func TestWordsOnDuckDB(t *testing.T) {
	t.Parallel()
	d := newDuck(t)
	d.must("create table default.2024_t (at timestamp, desc int, limit int, show int, 1a int, offset int, pivot int)")
	require.Equal(t, []string{"at", "desc", "limit", "show", "1a", "offset", "pivot"},
		d.must("select at, desc, limit, show, 1a, offset, pivot from default.2024_t where at is null and desc > 1 order by desc limit 5").columns)
	require.Equal(t, [][]string{{"10", "AP8=", `a\b`, "x\ty", "ab", "it's", "true", "a'b\nc"}},
		d.must(`select 10L, x'00ff', r'a\b', e'x\ty', 'a' 'b', 'it''s', null <=> null, 'a\'b\nc'`).rows)
}

// The names in DuckDB's list of reserved words that we don't know would be
// refused where Hive takes them.
func TestReservedWordsAreKnown(t *testing.T) {
	t.Parallel()
	d := newDuck(t)
	for _, row := range d.raw("SELECT keyword_name FROM duckdb_keywords() WHERE keyword_category <> 'unreserved'").rows {
		w := row[0]
		d.must("create schema if not exists `" + w + "`")
		d.must("create table " + w + "." + w + " (a int)")
		require.Len(t, d.must("select * from "+w+"."+w).columns, 1, w)
	}
}

// What every client's escaping writes comes back from a real DuckDB.
func TestParametersComeBackFromDuckDB(t *testing.T) {
	t.Parallel()
	for _, c := range clients {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := newDuck(t)
			rapid.Check(t, func(t *rapid.T) {
				a, b := c.parameter().Draw(t, "a"), c.parameter().Draw(t, "b")
				if substitutes(a) || substitutes(b) {
					t.Skip("a variable")
				}
				got := d.must("SELECT " + c.quote(a) + " AS a, 'fixed', " + c.quote(b) + " AS b")
				require.Equal(t, [][]string{{a, "fixed", b}}, got.rows)
			})
		})
	}
}

func metadata(t *testing.T, d *duck, q engine.Query) [][]string {
	t.Helper()
	plan, err := dialect.Metadata(q)
	require.NoError(t, err)
	a, err := d.try(plan)
	require.NoError(t, err, plan.SQL)
	return a.rows
}

// Data sources show the schemas that SHOW DATABASES shows.
func TestAnEmptyMainIsNoSchema(t *testing.T) {
	t.Parallel()
	d := shop(t)
	for _, want := range [][]string{{"default", "main", "sales"}, {"default", "sales"}} {
		var schemas, shown []string
		for _, row := range metadata(t, d, engine.Schemas{}) {
			schemas = append(schemas, row[0])
		}
		for _, row := range d.must("show databases").rows {
			shown = append(shown, row[0])
		}
		require.Equal(t, want, schemas)
		require.Equal(t, want, shown)
		d.must("drop table if exists main.in_main")
	}
}

func TestMetadataOnDuckDB(t *testing.T) {
	t.Parallel()
	d := shop(t)
	require.Equal(t, [][]string{{"memory"}}, metadata(t, d, engine.Catalogs{}))
	require.Equal(t, [][]string{{"default", "memory"}, {"main", "memory"}, {"sales", "memory"}}, metadata(t, d, engine.Schemas{Schema: "*"}))
	require.Equal(t, [][]string{{"sales", "memory"}}, metadata(t, d, engine.Schemas{Catalog: "MEMORY", Schema: "s_le%"}))
	require.Empty(t, metadata(t, d, engine.Schemas{Catalog: "other"}))
	require.Equal(t, [][]string{{"TABLE"}, {"VIEW"}}, metadata(t, d, engine.TableTypes{}))

	n := "NULL"
	tables := [][]string{
		{"", "", "mine2", "TABLE", n, n, n, n, n, n},
		{"memory", "default", "in_default", "TABLE", n, n, n, n, n, n},
		{"memory", "main", "in_main", "TABLE", n, n, n, n, n, n},
		{"memory", "sales", "lines", "TABLE", n, n, n, n, n, n},
		{"memory", "sales", "orders", "TABLE", "all orders", n, n, n, n, n},
		{"", "", "mine", "VIEW", n, n, n, n, n, n},
		{"memory", "sales", "v_orders", "VIEW", n, n, n, n, n, n},
	}
	require.Equal(t, tables, metadata(t, d, engine.Tables{Schema: "%", Table: "%"}))
	require.Equal(t, tables, metadata(t, d, engine.Tables{Schema: ".*", Table: "*", Types: []string{"view", "TABLE"}}))
	require.Equal(t, tables[6:], metadata(t, d, engine.Tables{Schema: "sales", Types: []string{"VIEW"}}))
	require.Equal(t, tables[6:], metadata(t, d, engine.Tables{Table: `v\_%`}))
	require.Empty(t, metadata(t, d, engine.Tables{Types: []string{"SEQUENCE"}}))

	require.Equal(t, [][]string{
		{"memory", "sales", "lines", "order_id", "1", "lines_order_id_n_pkey"},
		{"memory", "sales", "lines", "n", "2", "lines_order_id_n_pkey"},
	}, reversed(metadata(t, d, engine.PrimaryKeys{Schema: "sales", Table: "lines"})))
	require.Len(t, metadata(t, d, engine.PrimaryKeys{}), 4)
	require.Equal(t, [][]string{{
		"memory", "sales", "orders", "id", "memory", "sales", "lines", "order_id", "1", "3", "3",
		"lines_order_id_id_fkey", "orders_id_pkey", "7",
	}}, metadata(t, d, engine.CrossReference{PrimarySchema: "sales", PrimaryTable: "orders"}))
	require.Empty(t, metadata(t, d, engine.CrossReference{ForeignTable: "orders"}))

	require.Equal(t, [][]string{
		{"memory", "sales", "plus1", n, "1", "plus1"},
	}, metadata(t, d, engine.Functions{Function: "plus_"}))
	require.Equal(t, "2", metadata(t, d, engine.Functions{Schema: "sales", Function: "read_csv"})[0][4])
	require.Greater(t, len(metadata(t, d, engine.Functions{})), 300)
	types := metadata(t, d, engine.TypeInfo{})
	require.Len(t, types, 17)
	require.Equal(t, []string{"INT", "4", "10", n, n, n, "1", "false", "3", "false", "false", "false", n, "0", "0", n, n, "10"}, types[5])
	_, err := dialect.Metadata(engine.Statement{SQL: "select 1"})
	require.Error(t, err)
	_, err = dialect.Metadata(engine.Tables{Table: "a\x00b"})
	require.Error(t, err)
}

// reversed undoes the order by name.
func reversed(rows [][]string) [][]string {
	out := make([][]string, 0, len(rows))
	for _, row := range slices.Backward(rows) {
		out = append(out, row)
	}
	return out
}

func TestColumnsOnDuckDB(t *testing.T) {
	t.Parallel()
	d := shop(t)
	n := "NULL"
	// row spells schema, table, column, type code, type name, size, digits, radix,
	// nullable, remarks, default, position.
	row := func(spelled string) []string {
		c := strings.Split(spelled, "|")
		catalog, yes := "memory", "YES"
		if c[0] == "" {
			catalog = ""
		}
		if c[8] == "0" {
			yes = "NO"
		}
		return slices.Concat([]string{catalog}, c[:6], []string{n}, c[6:11], []string{n, n, n, c[11], yes, n, n, n, n, "NO"})
	}
	require.Equal(t, [][]string{
		row("sales|orders|id|4|INT|10|0|10|0|the key|NULL|1"),
		row("sales|orders|order id|12|STRING|2147483647|NULL|NULL|0|NULL|'x'|2"),
		row("sales|orders|at|93|TIMESTAMP|29|9|NULL|1|NULL|NULL|3"),
		row("sales|orders|d|3|DECIMAL(12,2)|12|2|10|1|NULL|NULL|4"),
		row("sales|orders|tags|2003|array<string>|NULL|NULL|NULL|1|NULL|NULL|5"),
		row("sales|orders|s|2002|struct<x:int,y:array<string>>|NULL|NULL|NULL|1|NULL|NULL|6"),
		row("sales|orders|m|2000|map<string,int>|NULL|NULL|NULL|1|NULL|NULL|7"),
	}, metadata(t, d, engine.Columns{Schema: "sales", Table: "orders"}))
	require.Equal(t, [][]string{
		row("|mine|q|4|INT|10|0|10|1|NULL|NULL|1"),
	}, metadata(t, d, engine.Columns{Table: "mine"}))
	require.Len(t, metadata(t, d, engine.Columns{Catalog: "memory", Schema: "%", Table: "%", Column: "%d"}), 5)
}

// Patterns with anything in them are data: they find what they name and nothing
// else.
func TestPatternsAreData(t *testing.T) {
	t.Parallel()
	d := newDuck(t)
	rapid.Check(t, func(t *rapid.T) {
		table := nasty().Draw(t, "name")
		if table == "" || substitutes(table) {
			t.Skip("no name")
		}
		d.must("create table " + backticks(table) + " (a int)")
		defer d.must("drop table " + backticks(table))
		var pattern string
		for _, r := range table {
			switch r {
			case '%', '_', '\\', '*':
				pattern += `\` + string(r)
			default:
				pattern += string(r)
			}
		}
		plan, err := dialect.Metadata(engine.Tables{Table: pattern})
		require.NoError(t, err)
		a, err := d.try(plan)
		require.NoError(t, err, plan.SQL)
		if pattern == "*" || pattern == "%" || pattern == ".*" {
			return
		}
		require.Len(t, a.rows, 1, plan.SQL)
		require.Equal(t, table, a.rows[0][2])
	})
}

func TestLimitWithTwoNumbers(t *testing.T) {
	t.Parallel()
	d := newDuck(t)
	require.Equal(t, [][]string{{"3"}, {"4"}}, d.must("select id from range(10) order by id limit 3, 2").rows)
	_, err := d.hive("select 0x1F")
	require.ErrorContains(t, err, `"0x1F"`, "it was 0 with the name x1F")
}

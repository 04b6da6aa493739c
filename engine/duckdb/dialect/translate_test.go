package dialect_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/engine/duckdb/dialect"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

func hive(conf, vars map[string]string) *dialect.Session {
	return dialect.NewSession(conf, vars, dialect.Options{
		Hive: true,
		Settings: func(name string) bool {
			return strings.EqualFold(name, "threads") || strings.EqualFold(name, "TimeZone")
		},
	})
}

// What no family claims goes to DuckDB, written anew.
func TestTranslatePassesOn(t *testing.T) {
	t.Parallel()
	for sql, want := range map[string]string{
		"select 1":                                            "select 1",
		"select 1;":                                           "select 1",
		" select 1 ; ; -- done":                               " select 1",
		"/* {\"app\": \"dbt\"} */\nselect\n1":                 " \nselect\n1",
		"-- a\n-- b\nselect 1 -- c":                           " \n \nselect 1",
		"select 1 /* a\nb */ + 2":                             "select 1 \n + 2",
		"select `a`.`b c` from `d`":                           `select "a"."b c" from "d"`,
		"select `a\"b`, \"c\"\"d\"":                           `select "a""b", "c""d"`,
		`select 'it\'s', 'it''s', 'a\\b'`:                     `select 'it''s', 'it''s', 'a\b'`,
		`select 'a\tb'`:                                       "select 'a\tb'",
		"select 'a\nb'":                                       "select 'a\nb'",
		`select 'a\nb'`:                                       `select E'a\nb'`,
		"select 'a\\n\nb'\n, 2":                               "select E'a\\n\\nb'\n\n, 2",
		`select 'a\\\n''b'`:                                   `select E'a\\\n''b'`,
		"select 'a' 'b'":                                      "select 'ab'",
		"select 'a' -- x\n 'b', 'c'":                          "select 'ab'\n, 'c'",
		"select like'x'":                                      "select like 'x'",
		"select U&'a\\\\0041'":                                `select U& 'a\0041'`,
		"select e'a'":                                         "select 'a'",
		"select x'00ff'":                                      `select CAST('\x00\xff' AS BLOB)`,
		"select $$it's$$":                                     "select 'it''s'",
		"select $1, ?":                                        "select $1, ?",
		"select 10L, 2.5bd, 1D":                               "select CAST(10 AS BIGINT), 2.5, CAST(1 AS DOUBLE)",
		"select a <=> b, !c, a != d":                          "select a  IS NOT DISTINCT FROM  b,  NOT c, a != d",
		"select * from default.t":                             `select * from "default".t`,
		"select default.t.a from x.default":                   `select "default".t.a from x."default"`,
		"insert into t values (1, default)":                   "insert into t values (1, default)",
		"insert into table t values (1)":                      "insert into  t values (1)",
		"INSERT INTO /* x */ TABLE `s`.`t` SELECT 1":          `INSERT INTO    "s"."t" SELECT 1`,
		"select a, at from t":                                 `select a, "at" from t`,
		"select at from t order by at desc":                   `select "at" from t order by "at" desc`,
		"select desc, limit from t order by desc asc limit 1": `select "desc", "limit" from t order by "desc" asc limit 1`,
		"select show from (show tables)":                      `select "show" from (show tables)`,
		"select max(show), (desc) from t":                     `select max("show"), ("desc") from t`,
		"select a at time zone 'UTC' from t":                  "select a at time zone 'UTC' from t",
		"select * limit 1":                                    "select * limit 1",
		"select a from t limit 1,2":                           "select a from t limit 2 OFFSET 1",
		"select limit from t LIMIT 10 , 5":                    `select "limit" from t LIMIT 5 OFFSET 10`,
		"select 0x1F":                                         `select "0x1F"`,
		"select a from t limit ? offset ?":                    "select a from t limit ? offset ?",
		"select a from t where (a) limit 5 offset 2":          "select a from t where (a) limit 5 offset 2",
		"select list_transform(l, lambda x: x + 1)":           "select list_transform(l, lambda x: x + 1)",
		"select lambda, o.at from o":                          `select "lambda", o."at" from o`,
		"from (pivot t on a)":                                 "from (pivot t on a)",
		"select - /**/ - 1":                                   "select -   - 1",
		"show all tables":                                     "show all tables",
		"describe":                                            "describe",
		"set variable x = 1":                                  "set variable x = 1",
		"set global threads = 1":                              "set global threads = 1",
		"SET TIME ZONE 'UTC'":                                 "SET TIME ZONE 'UTC'",
		"set threads to 4":                                    "set threads to 4",
		"select a\u00a0from t":                                "select a from t",
	} {
		plan, err := hive(nil, nil).Translate(sql, nil)
		require.NoError(t, err, sql)
		require.Equal(t, dialect.Plan{SQL: want, Verbatim: true}, plan, sql)
		require.Equal(t, strings.Count(strings.TrimRight(sql, "\n"), "\n"), strings.Count(plan.SQL, "\n"), "lines of %q", sql)
	}
}

func TestTranslateRefuses(t *testing.T) {
	t.Parallel()
	for sql, want := range map[string]string{
		"":                                       "[PARSE_SYNTAX_ERROR] Syntax error at the end (line 1, column 1): the statement is empty",
		" -- nothing\n":                          "(line 2, column 1): the statement is empty",
		";":                                      "the statement is empty",
		"select 1; drop table t":                 "at or near 'drop' (line 1, column 11): one statement at a time",
		"use default; drop x":                    "one statement at a time",
		"select 'a":                              "this string never ends",
		"select \xff":                            "(line 1, column 8): a statement must be UTF-8 text",
		"select 'a\x00b'":                        "a statement can't have a NUL byte",
		"use":                                    "the name of a database should stand here",
		"use a.b.c.d":                            "a name has three parts at most",
		"use a b":                                "at or near 'b' (line 1, column 7): the statement should end here",
		"show tables in":                         "the name of a database should stand here",
		"show tables like x y":                   "a pattern in quotes should stand here",
		"show tables 'a' 'b'":                    "the statement should end here",
		"show columns t":                         "at or near 't' (line 1, column 14): IN and the name of a table",
		"describe a.":                            "the name of a table should stand here",
		"describe t a b":                         "the statement should end here",
		"create database":                        "the name of a database should stand here",
		"create database x foo":                  "at or near 'foo' (line 1, column 19): COMMENT, LOCATION or WITH DBPROPERTIES",
		"create database x comment":              "a comment in quotes should stand here",
		"create database x with dbproperties (a": "a property's name or value should stand here",
		"create database x with dbproperties ('a' 1": "a comma or a parenthesis should stand here",
		"drop database x foo":                        "the statement should end here",
		"set =x":                                     "the name of a setting should stand before =",
		"show tables\n in 'x":                        "(line 2, column 5): this string never ends",
	} {
		_, err := hive(nil, nil).Translate(sql, nil)
		require.ErrorContains(t, err, want, sql)
		require.ErrorIs(t, err, sqlerr.Invalid, sql)
		require.Equal(t, "42601", sqlerr.From(err).SQLState(), sql)
	}
	for sql, state := range map[string]string{
		"set env:HOME=x": "42501", "set system:user.name": "42501", "select '${env:HOME}'": "42501",
		"describe t partition (a=1)": "0A000",
	} {
		_, err := hive(nil, nil).Translate(sql, nil)
		require.Error(t, err, sql)
		require.Equal(t, state, sqlerr.From(err).SQLState(), sql)
	}
}

func TestDuckDBDialectIsUntouched(t *testing.T) {
	t.Parallel()
	const sql = "select 'a\\' -- x\n; use default"
	s := dialect.NewSession(nil, nil, dialect.Options{})
	plan, err := s.Translate(sql, nil)
	require.NoError(t, err)
	require.Equal(t, dialect.Plan{SQL: sql, Verbatim: true, Untouched: true}, plan)
	_, err = s.Translate("select 1 \x00 2", nil)
	require.ErrorIs(t, err, sqlerr.Invalid, "DuckDB would run the half of it")

	plan, err = s.Translate("select `a`", map[string]string{dialect.KeyDialect: "hive"})
	require.NoError(t, err)
	require.Equal(t, `select "a"`, plan.SQL, "a statement's own setting comes first")
	plan, err = hive(map[string]string{dialect.KeyDialect: "DuckDB"}, nil).Translate("use default", nil)
	require.NoError(t, err)
	require.Equal(t, "use default", plan.SQL)
}

func TestDoubleQuotes(t *testing.T) {
	t.Parallel()
	s := hive(nil, nil)
	plan, err := s.Translate(`select "a\"b", "c"`, map[string]string{dialect.KeyDoubleQuotes: "string"})
	require.NoError(t, err)
	require.Equal(t, `select 'a"b', 'c'`, plan.SQL)
	set, err := s.Translate("set "+dialect.KeyDoubleQuotes+"=string", nil)
	require.NoError(t, err)
	plan, err = s.Translate(`select "a"`, nil)
	require.NoError(t, err)
	require.Equal(t, `select "a"`, plan.SQL, "not before the commit")
	set.Commit()
	plan, err = s.Translate(`select "a"`, nil)
	require.NoError(t, err)
	require.Equal(t, `select 'a'`, plan.SQL)
}

func TestVariables(t *testing.T) {
	t.Parallel()
	conf := map[string]string{"k": "conf", "deep": "${hivevar:v}", "loop": "a${hiveconf:loop}", "wide": "${w1}${w1}"}
	vars := map[string]string{"v": "var", "k": "varK", "name": "`t`", "w1": strings.Repeat("${w2}", 1000), "w2": strings.Repeat("${w3}", 1000), "w3": strings.Repeat("x", 1000)}
	for sql, want := range map[string]string{
		"select ${hivevar:v}":                  "select var",
		"select '${hiveconf:k}', ${k}":         "select 'conf', varK",
		"select ${deep}${hiveconf:deep}":       "select varvar",
		"select * from ${name}":                `select * from "t"`,
		"select '${none} ${hivevar:none} ${x'": "select '${none} ${hivevar:none} ${x'",
		"select '${}', '${a b}', '$${v}'":      "select '${}', '${a b}', '$var'",
		"select '${other:v}'":                  "select '${other:v}'",
	} {
		plan, err := hive(conf, vars).Translate(sql, nil)
		require.NoError(t, err, sql)
		require.Equal(t, want, plan.SQL, sql)
	}
	_, err := hive(conf, vars).Translate("select ${loop}", nil)
	require.ErrorContains(t, err, "deeper than 40")
	_, err = hive(conf, vars).Translate("select ${loop}", map[string]string{"hive.variable.substitute.depth": "3"})
	require.ErrorContains(t, err, "deeper than 3")
	_, err = hive(conf, vars).Translate("select ${wide}", nil)
	require.ErrorIs(t, err, sqlerr.TooLarge)

	plan, err := hive(conf, vars).Translate("select '${v}'", map[string]string{"hive.variable.substitute": "false"})
	require.NoError(t, err)
	require.Equal(t, "select '${v}'", plan.SQL)
	plan, err = hive(conf, vars).Translate("use ${hivevar:v}", nil)
	require.NoError(t, err)
	require.Equal(t, `USE "var"`, plan.SQL)
}

// TestTheSameAgain: what a session has just said means what it did, until something is set.
func TestTheSameAgain(t *testing.T) {
	t.Parallel()
	s := hive(nil, nil)
	translated := func(sql string, overlay map[string]string) string {
		plan, err := s.Translate(sql, overlay)
		require.NoError(t, err, sql)
		if plan.Commit != nil {
			plan.Commit()
		}
		return plan.SQL
	}
	const sql = `select "a", '${hivevar:v}', '${c}'`
	text := map[string]string{dialect.KeyDoubleQuotes: "string"}
	for range 2 {
		for range 2 {
			require.Equal(t, sql, translated(sql, nil))
			require.Equal(t, `select 'a', '${hivevar:v}', '${c}'`, translated(sql, text))
		}
		translated("set "+dialect.KeyDoubleQuotes+"=string", nil)
		require.Equal(t, `select 'a', '${hivevar:v}', '${c}'`, translated(sql, nil))
		translated("reset "+dialect.KeyDoubleQuotes, nil)
	}
	require.Equal(t, sql, translated(sql, nil))
	translated("set c=1", nil)
	require.Equal(t, `select "a", '${hivevar:v}', '1'`, translated(sql, nil))
	translated("reset", nil)
	require.Equal(t, sql, translated(sql, nil))
	translated("set hivevar:v=2", nil)
	require.Equal(t, `select "a", '2', '${c}'`, translated(sql, nil))
}

// local is a local answer as text.
func local(t *testing.T, plan dialect.Plan) answerText {
	t.Helper()
	require.NotNil(t, plan.Local)
	require.Empty(t, plan.SQL)
	a := answerText{strings.Join(plan.Local.Columns, ",")}
	for _, row := range plan.Local.Rows {
		var cells []string
		for _, c := range row {
			cells = append(cells, *c)
		}
		a = append(a, strings.Join(cells, "|"))
	}
	return a
}

type answerText []string

func TestSetAndReset(t *testing.T) {
	t.Parallel()
	s := hive(map[string]string{"a": "1", "my.password": "x"}, map[string]string{"v": "2"})
	for _, step := range []struct {
		sql  string
		want answerText
	}{
		{"SET", answerText{"key,value", "a|1", "hivevar:v|2", "my.password|*********(redacted)"}},
		{"set a", answerText{"key,value", "a|1"}},
		{"set `a`;", answerText{"key,value", "a|1"}},
		{"set nothing", answerText{"key,value", "nothing|<undefined>"}},
		{"set hivevar:v", answerText{"key,value", "hivevar:v|2"}},
		{"set hivevar:w", answerText{"key,value", "hivevar:w|<undefined>"}},
		{"set my.password", answerText{"key,value", "my.password|*********(redacted)"}},
		{"/* dbt */ -- x\n set a = b = c ; ", answerText{"key,value", "a|b = c"}},
		{"set a", answerText{"key,value", "a|b = c"}},
		{"set airflow.ctx.dag_id=", answerText{"key,value", "airflow.ctx.dag_id|"}},
		{"set airflow.ctx.x=it's a `test`: 1+1@/* no comment", answerText{"key,value", "airflow.ctx.x|it's a `test`: 1+1@/* no comment"}},
		{"set hiveconf:c=3", answerText{"key,value", "hiveconf:c|3"}},
		{"set c", answerText{"key,value", "c|3"}},
		{"set hivevar:w=${c}4", answerText{"key,value", "hivevar:w|34"}},
		{"set hivevar:w", answerText{"key,value", "hivevar:w|34"}},
		{"set odd:key=1", answerText{"key,value", "odd:key|1"}},
		{"set hiveconf:threads=1", answerText{"key,value", "hiveconf:threads|1"}},
		{"set\n\tx\n=\n y ", answerText{"key,value", "x|y"}},
	} {
		plan, err := s.Translate(step.sql, nil)
		require.NoError(t, err, step.sql)
		require.Equal(t, step.want, local(t, plan), step.sql)
		if plan.Commit != nil {
			plan.Commit()
		}
	}
	for _, step := range []struct{ sql, after, want string }{
		{"reset a", "a", "a|1"},
		{"reset airflow.ctx.x", "airflow.ctx.x", "airflow.ctx.x|<undefined>"},
		{"RESET;", "odd:key", "odd:key|<undefined>"},
	} {
		plan, err := s.Translate(step.sql, nil)
		require.NoError(t, err)
		require.Empty(t, plan.SQL)
		require.True(t, plan.NoResult)
		plan.Commit()
		plan, err = s.Translate("set "+step.after, nil)
		require.NoError(t, err)
		require.Equal(t, step.want, local(t, plan)[1])
	}
}

func TestPlansOfFamilies(t *testing.T) {
	t.Parallel()
	for sql, want := range map[string]string{
		"set threads=4":             `SET "threads" = '4'`,
		"set TimeZone = 'it''s'":    `SET "TimeZone" = 'it''s'`,
		"set TimeZone=\"UTC\"":      `SET "TimeZone" = 'UTC'`,
		"set timezone=Europe/Paris": `SET "timezone" = 'Europe/Paris'`,
		"set threads=default":       `SET "threads" = DEFAULT`,
		"reset threads":             `RESET "threads"`,
		"USE `default`":             "SET search_path = 'default,main'",
		"use DEFAULT;":              "SET search_path = 'default,main'",
		"use sales":                 `USE "sales"`,
		"use database `a\"b`":       `USE "a""b"`,
		"use schema":                `USE "schema"`,
		"use memory.sales":          `USE "memory"."sales"`,
		"CREATE DATABASE IF NOT EXISTS x COMMENT 'c' LOCATION '/p' WITH DBPROPERTIES ('a' = 'b', c.d \"e\", f=1)": `CREATE SCHEMA IF NOT EXISTS "x"`,
		"create schema `default`":              `CREATE SCHEMA "default"`,
		"drop database if exists x cascade":    `DROP SCHEMA IF EXISTS "x" CASCADE`,
		"DROP SCHEMA x RESTRICT":               `DROP SCHEMA "x"`,
		"-- c\ndrop /* d */ database default;": `DROP SCHEMA "default"`,
	} {
		plan, err := hive(nil, nil).Translate(sql, nil)
		require.NoError(t, err, sql)
		require.Equal(t, want, plan.SQL, sql)
		require.True(t, plan.NoResult, sql)
		require.False(t, plan.Verbatim, sql)
		require.Nil(t, plan.Local)
	}
	plan, err := hive(nil, nil).Translate("create database x comment 'c' location '/p'", nil)
	require.NoError(t, err)
	require.Equal(t, []string{"Accepted and ignored: COMMENT", "Accepted and ignored: LOCATION"}, plan.Notes)
	plan, err = hive(nil, nil).Translate("use nosuch", nil)
	require.NoError(t, err)
	require.Equal(t, "42704", plan.Check.Err.SQLState())
	require.Equal(t, "[SCHEMA_NOT_FOUND] Database does not exist: nosuch", plan.Check.Err.Message)
}

func TestCurrentDatabaseIsTheSchema(t *testing.T) {
	t.Parallel()
	for sql, want := range map[string]string{
		"select Current_Database ( )":      "select __hive_sql.\"current_database\" ( )",
		"select current_database from t":   "select current_database from t",
		"select `current_database`() as x": `select "current_database"() as x`,
	} {
		plan, err := dialect.NewSession(nil, nil, dialect.Options{Hive: true}).Translate(sql, nil)
		require.NoError(t, err)
		require.Equal(t, want, plan.SQL)
	}
}

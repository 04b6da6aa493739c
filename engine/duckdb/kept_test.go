package duckdb

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/engine"
)

func TestOnlyLiterals(t *testing.T) {
	t.Parallel()
	for _, sql := range []string{
		"select 1", "SELECT\n\t-1.50 ,+2, .5,3.", "select 'x', 2", "select '', 'it''s', '--', ';', '/*'", "select NULL, true, FALSE",
		"select 1 one, 'x' as \"A \"\"b\" , null _n1", "select'x'a", "select 'x'''", "select 1;", "select 1 ; ", "select 1 as",
	} {
		require.True(t, onlyLiterals(sql), sql)
	}
	for _, sql := range []string{
		"", "select", "select ", "selec 1", "select1", "select 1,", "select ,1", "select 1 2", "select 1 a b", "select 'x' 'y'", "select 'x", "select 1 as \"x",
		"select a", "select now()", "select current_date", "select 1, random()", "select 1 + 1", "select -'x'", "select - 1", "select 1.2.3", "select .",
		"select 1e3", "select 0x10", "select 1_000", "select e'\\n'", "select $1", "select ?", "select $$a$$", "select 1::int", "select date '2020-01-01'",
		"select 1 from t", "select 1 limit 0", "select distinct 1", "select 1 union select 2", "select 1; select 2", "select 1;;", "select (1)", "select true and false",
		"select 1 -- x\r, now()", "select 1 /* /* */ , now() */", "select 1 é", "select nullif", "with a as (select 1) select 1", "values (1)", "select *",
	} {
		require.False(t, onlyLiterals(sql), sql)
	}
}

// randomLiterals is a SELECT of what onlyLiterals knows.
func randomLiterals(r *rand.Rand) string {
	items := make([]string, 1+r.IntN(4))
	for i := range items {
		var item string
		switch r.IntN(7) {
		case 0:
			item = []string{"null", "TRUE", "false"}[r.IntN(3)]
		case 1:
			item = "'" + strings.Repeat([]string{"x", "it''s ", "Ω", "\n", "1"}[r.IntN(5)], r.IntN(4)) + "'"
		case 2:
			item = fmt.Sprintf("%s%d.%d", []string{"", "-"}[r.IntN(2)], r.IntN(1000), r.IntN(1000))
		default: // as wide as 2^100
			item = []string{"", "-", "+"}[r.IntN(3)] + strconv.FormatUint(r.Uint64()>>r.IntN(64), 10) + []string{"", "", "", "12345678"}[r.IntN(4)]
		}
		items[i] = item + []string{"", "", " as A", ` "b c"`, " d"}[r.IntN(5)]
	}
	return "select " + strings.Join(items, ", ")
}

// TestKeptLiteralsAreTheSame asks a connection that keeps its statement, and one that is
// in a transaction and so does not.
func TestKeptLiteralsAreTheSame(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for _, language := range []string{DialectHive, DialectDuckDB} {
		e := start(t, Options{Dialect: language})
		keeps, plans := connect(t, e), connect(t, e)
		exec(t, plans, "BEGIN")
		served := 0
		for range 300 {
			sql := randomLiterals(r)
			want := answerOf(t, plans, sql)
			for range 3 {
				require.Equal(t, want, answerOf(t, keeps, sql), sql)
			}
			require.Nil(t, plans.kept.statement)
			if keeps.kept.statement != nil {
				served++
			}
		}
		require.Greater(t, served, 150, language)
	}
}

// answerOf is all there is to see of a statement's answer, or its error.
func answerOf(t *testing.T, c engine.Conn, sql string) string {
	t.Helper()
	rows, err := c.Run(t.Context(), engine.Statement{SQL: sql})
	if err != nil {
		return err.Error()
	}
	text := rows.Schema().String()
	for {
		batch, err := rows.Next(t.Context())
		if err != nil {
			require.ErrorIs(t, err, io.EOF)
			return text
		}
		json, err := array.RecordToStructArray(batch).MarshalJSON()
		require.NoError(t, err)
		text += "\n" + string(json)
		batch.Release()
	}
}

// TestKeptStatementsFollowSettings of their connection.
func TestKeptStatementsFollowSettings(t *testing.T) {
	t.Parallel()
	e := start(t, Options{Dialect: DialectDuckDB})
	c, other := connect(t, e), connect(t, e)
	const sql = "SELECT 1 AS One"
	name := func(c *conn) string {
		for range 2 {
			exec(t, c, sql)
		}
		require.NotNil(t, c.kept.statement)
		return schemaOf(t, c, sql).Field(0).Name
	}
	require.Equal(t, "One", name(c))
	exec(t, c, "SET preserve_identifier_case = false")
	require.Equal(t, "one", name(c))
	exec(t, c, "RESET preserve_identifier_case")
	require.Equal(t, "One", name(c))
	require.Equal(t, "One", name(other))
	other.Close()
	opened, err := e.Open(t.Context(), engine.OpenRequest{Conf: map[string]string{"preserve_identifier_case": "false"}})
	require.NoError(t, err)
	require.Equal(t, "one", schemaOf(t, opened, sql).Field(0).Name, "on the handle of the other one")
	require.NoError(t, opened.Close())
}

// TestKeptStatementsInTransactions: one that has been aborted refuses them as any.
func TestKeptStatementsInTransactions(t *testing.T) {
	t.Parallel()
	e := start(t, Options{Dialect: DialectDuckDB})
	c, fresh := connect(t, e), connect(t, e)
	for range 3 {
		exec(t, c, "select 1")
	}
	for _, c := range []*conn{c, fresh} {
		exec(t, c, "BEGIN")
		exec(t, c, "select 1")
		require.Contains(t, answerOf(t, c, "select error('on purpose')"), "on purpose")
	}
	refused := answerOf(t, fresh, "select 1")
	require.Contains(t, refused, "aborted")
	require.Equal(t, refused, answerOf(t, c, "select 1"))
	exec(t, c, "ROLLBACK")
	for range 3 {
		exec(t, c, "select 1")
	}
}

// TestKeptStatementsGoWithTheirHandles from connection to connection, and are freed.
func TestKeptStatementsGoWithTheirHandles(t *testing.T) {
	t.Parallel()
	e := start(t, Options{})
	db := e.database()
	once := func(sql ...string) *conn {
		c := connect(t, e)
		for _, q := range sql {
			exec(t, c, q)
		}
		c.Close()
		return c
	}
	once("select 1")
	require.Zero(t, db.kept.Load(), "it may not come again")
	once("select 1")
	require.EqualValues(t, 1, db.kept.Load())
	c := connect(t, e)
	exec(t, c, "select count(*) from range(10)")
	kept := c.kept.statement
	require.NotNil(t, kept)
	exec(t, c, "select 1")
	require.Same(t, kept, c.kept.statement)
	exec(t, c, "select count(*) from range(10)")
	require.Same(t, kept, c.kept.statement)
	exec(t, c, "select 2")
	require.Zero(t, db.kept.Load())
	exec(t, c, "select 2")
	require.EqualValues(t, 1, db.kept.Load())
	exec(t, c, "create temporary table x (i int)")
	c.Close()
	require.Zero(t, db.kept.Load())
	db.kept.Store(maxKept)
	require.Nil(t, once("select 3", "select 3", "select 3").kept.statement, "there are enough")
	require.EqualValues(t, maxKept, db.kept.Load())
	db.kept.Store(0)
}

// TestKeptStatementsAreCanceled before they begin, and run again.
func TestKeptStatementsAreCanceled(t *testing.T) {
	t.Parallel()
	c := connect(t, start(t, Options{}))
	for range 2 {
		exec(t, c, "select 1")
	}
	for range 200 {
		ctx, cancel := context.WithCancel(t.Context())
		go cancel()
		if rows, err := c.Run(ctx, engine.Statement{SQL: "select 1"}); err == nil {
			require.NoError(t, rows.Close())
		}
		cancel()
		require.Equal(t, []string{"x"}, names(t, c, "select 'x'"))
		_, n := exec(t, c, "select 1")
		require.EqualValues(t, 1, n)
	}
}

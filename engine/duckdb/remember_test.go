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
	"github.com/nekomata-sql/nekomata/sqlerr"
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

// TestRememberedAnswersAreTheSame asks a connection that remembers answers, and one that is
// in a transaction and so does not.
func TestRememberedAnswersAreTheSame(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for _, language := range []string{DialectHive, DialectDuckDB} {
		e := start(t, Options{Dialect: language})
		remembers, asks := connect(t, e), connect(t, e)
		exec(t, asks, "BEGIN")
		served := 0
		for range 300 {
			sql := randomLiterals(r)
			want := answerOf(t, asks, sql)
			for range 3 {
				if isRemembered(t, remembers, sql) {
					served++
				}
				require.Equal(t, want, answerOf(t, remembers, sql), sql)
			}
			require.False(t, isRemembered(t, asks, sql))
		}
		require.Greater(t, served, 300, language)
	}
}

// isRemembered tells whether sql is answered without DuckDB.
func isRemembered(t *testing.T, c engine.Conn, sql string) bool {
	t.Helper()
	rows, err := c.Run(t.Context(), engine.Statement{SQL: sql})
	if err != nil {
		return false
	}
	_, known := rows.(*table)
	require.NoError(t, rows.Close())
	return known
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

// TestRememberedAnswersFollowSettings of their connection.
func TestRememberedAnswersFollowSettings(t *testing.T) {
	t.Parallel()
	e := start(t, Options{Dialect: DialectDuckDB})
	c, other := connect(t, e), connect(t, e)
	const sql = "SELECT 1 AS One"
	name := func(c *conn) string {
		exec(t, c, sql)
		require.True(t, isRemembered(t, c, sql))
		return schemaOf(t, c, sql).Field(0).Name
	}
	require.Equal(t, "One", name(c))
	exec(t, c, "SET preserve_identifier_case = false")
	require.False(t, isRemembered(t, c, sql))
	require.Equal(t, "one", name(c))
	require.Equal(t, "One", name(other))
	exec(t, c, "RESET preserve_identifier_case")
	require.Equal(t, "One", name(c))
	opened, err := e.Open(t.Context(), engine.OpenRequest{Conf: map[string]string{"preserve_identifier_case": "false"}})
	require.NoError(t, err)
	require.Equal(t, "one", schemaOf(t, opened, sql).Field(0).Name)
	require.NoError(t, opened.Close())
}

// TestRememberedAnswersInTransactions: one that has been aborted refuses literals as all.
func TestRememberedAnswersInTransactions(t *testing.T) {
	t.Parallel()
	e := start(t, Options{Dialect: DialectDuckDB})
	c := connect(t, e)
	exec(t, c, "select 1")
	exec(t, c, "BEGIN")
	exec(t, c, "select 1")
	require.Contains(t, answerOf(t, c, "select error('on purpose')"), "on purpose")
	require.Contains(t, answerOf(t, c, "select 1"), "aborted")
	exec(t, c, "ROLLBACK")
	require.True(t, isRemembered(t, c, "select 1"))
}

// TestRememberedAnswersAreShared by connections, which need no handle for them.
func TestRememberedAnswersAreShared(t *testing.T) {
	t.Parallel()
	e := start(t, Options{})
	c := connect(t, e)
	exec(t, c, "select 1")
	exec(t, c, "select null")
	exec(t, c, "select '"+strings.Repeat("x", answerBytes)+"'")
	exec(t, c, "select count(*) from range(10)")
	require.Len(t, e.database().answers.known, 1)
	other := connect(t, e)
	require.True(t, isRemembered(t, other, "select 1"))
	require.Nil(t, other.handle.Ptr)
	require.False(t, isRemembered(t, other, "select null"), "it has no type, but in the other dialect")
	for i := range mostAnswers {
		exec(t, c, fmt.Sprint("select -", i))
	}
	require.Len(t, e.database().answers.known, 1)
	require.False(t, isRemembered(t, c, "select 1"), "there were enough")
	require.True(t, isRemembered(t, other, "select 1"))
}

// TestRememberedAnswersEndStreams like all statements, and need no slot.
func TestRememberedAnswersEndStreams(t *testing.T) {
	t.Parallel()
	e := start(t, Options{MaxRunning: 1})
	c := connect(t, e)
	exec(t, c, "select 1")
	rows, err := c.Run(t.Context(), engine.Statement{SQL: "select * from range(100000)"})
	require.NoError(t, err)
	require.True(t, isRemembered(t, c, "select 1"))
	for err == nil {
		_, err = rows.Next(t.Context())
	}
	require.ErrorIs(t, err, errSuperseded)
	require.True(t, e.admission.statements.try())
	require.True(t, isRemembered(t, c, "select 1"))
	e.admission.statements.leave()
}

// TestRememberedAnswersAreCanceled before they begin, and asked for again; and a closed
// connection has none.
func TestRememberedAnswersAreCanceled(t *testing.T) {
	t.Parallel()
	c := connect(t, start(t, Options{}))
	exec(t, c, "select 1")
	for range 200 {
		ctx, cancel := context.WithCancel(t.Context())
		go cancel()
		if rows, err := c.Run(ctx, engine.Statement{SQL: "select 1"}); err == nil {
			require.NoError(t, rows.Close())
		}
		cancel()
		_, n := exec(t, c, "select 1")
		require.EqualValues(t, 1, n)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := c.Run(ctx, engine.Statement{SQL: "select 1"})
	require.ErrorIs(t, err, sqlerr.Canceled)
	require.NoError(t, c.Close())
	_, err = c.Run(t.Context(), engine.Statement{SQL: "select 1"})
	require.ErrorIs(t, err, sqlerr.Conflict)
}

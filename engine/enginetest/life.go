package enginetest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/engine"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

func testCancelRun(t *testing.T, e engine.Engine) {
	t.Helper()
	c := open(t, e)
	table := digits(t, c)
	for range 3 {
		ctx, cancel := context.WithCancel(t.Context())
		var canceled time.Time
		timer := time.AfterFunc(50*time.Millisecond, func() {
			canceled = time.Now()
			cancel()
		})
		_, err := run(ctx, c, endless(table))
		_ = kind(t, err, sqlerr.Canceled)
		require.False(t, timer.Stop(), "the statement ended by itself: %v", err)
		t.Logf("canceled within %v", time.Since(canceled))
		usable(t, c)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := run(ctx, c, "SELECT 1")
	_ = kind(t, err, sqlerr.Canceled)
	usable(t, c)
}

func testCancelNext(t *testing.T, e engine.Engine) {
	t.Helper()
	c := open(t, e)
	table := digits(t, c)
	rows, err := run(t.Context(), c, thousands(table, 9))
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	var canceled time.Time
	time.AfterFunc(50*time.Millisecond, func() {
		canceled = time.Now()
		cancel()
	})
	n := int64(0)
	for err == nil {
		b, e := rows.Next(ctx)
		if err = e; e == nil {
			n += b.NumRows()
			b.Release()
		}
	}
	_ = kind(t, err, sqlerr.Canceled)
	t.Logf("canceled after %d rows within %v", n, time.Since(canceled))
	_, err = rows.Next(t.Context())
	require.Error(t, err, "a broken result stays broken")
	require.NotErrorIs(t, err, io.EOF)
	require.NoError(t, rows.Close())
	usable(t, c)
}

func testTimeout(t *testing.T, e engine.Engine) {
	t.Helper()
	c := open(t, e)
	table := digits(t, c)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := run(ctx, c, endless(table))
	require.Equal(t, "HYT00", kind(t, err, sqlerr.Timeout).SQLState())

	why := sqlerr.New(sqlerr.Timeout, "longer than 50 ms")
	ctx, cancel = context.WithTimeoutCause(t.Context(), 50*time.Millisecond, why)
	defer cancel()
	_, err = run(ctx, c, endless(table))
	require.Equal(t, "longer than 50 ms", kind(t, err, sqlerr.Timeout).Message, "the cause says why")
	usable(t, c)
}

func testErrors(t *testing.T, e engine.Engine) {
	t.Helper()
	c := open(t, e)
	table := digits(t, c)
	missing := unique("missing")
	for _, tc := range []struct {
		sql, state string
		words      []string
	}{
		{"SELEC 1", "42601", []string{"SELEC"}},
		{"", "42601", nil},
		{" -- nothing here", "42601", nil},
		{"SELECT 1; SELECT 2", "42601", nil},
		{"SELECT 'it", "42601", nil},
		{"SELECT 1 FROM " + missing, "42P01", []string{"Table not found " + missing, "[TABLE_OR_VIEW_NOT_FOUND]"}},
		{"SELECT nope FROM " + table, "42703", []string{"nope"}},
		{"SELECT no_such_function(1)", "42883", []string{"no_such_function"}},
		{"CREATE TABLE " + table + " (a INT)", "42P07", []string{table}},
	} {
		_, err := run(t.Context(), c, tc.sql)
		require.Error(t, err, tc.sql)
		got := sqlerr.From(err)
		require.NotEqual(t, sqlerr.Internal, got.Kind, "%s: %v", tc.sql, err)
		require.Equal(t, tc.state, got.SQLState(), "%s: %v", tc.sql, err)
		for _, words := range tc.words {
			require.Contains(t, got.Message, words, tc.sql)
		}
		usable(t, c)
	}
}

func testIsolation(t *testing.T, e engine.Engine) {
	t.Helper()
	a, b := open(t, e), open(t, e)
	view := unique("view")
	exec(t, a, "CREATE TEMPORARY VIEW "+view+" AS SELECT 1 AS a")
	require.Equal(t, []string{"1"}, query(t, a, "SELECT a FROM "+view))
	_, err := run(t.Context(), b, "SELECT a FROM "+view)
	require.Equal(t, "42P01", kind(t, err, sqlerr.NotFound).SQLState())
	exec(t, a, "SET test.key=one")
	exec(t, b, "SET test.key=two")
	require.Equal(t, []string{"test.key|one"}, query(t, a, "SET test.key"))
	require.Equal(t, []string{"test.key|two"}, query(t, b, "SET test.key"))
}

func testParallel(t *testing.T, e engine.Engine) {
	t.Helper()
	table := digits(t, open(t, e))
	var all sync.WaitGroup
	problems := make(chan error, 8)
	for range cap(problems) {
		all.Go(func() {
			c, err := e.Open(t.Context(), engine.OpenRequest{})
			if err != nil {
				problems <- err
				return
			}
			defer func() { _ = c.Close() }()
			for i := range 10 {
				if err := count(t.Context(), c, thousands(table, 4), 10_000); err != nil {
					problems <- fmt.Errorf("round %d: %w", i, err)
					return
				}
			}
		})
	}
	all.Wait()
	close(problems)
	for err := range problems {
		require.NoError(t, err)
	}
}

// count reads a query's rows and complains when they are not as many as they
// should be.
func count(ctx context.Context, c engine.Conn, sql string, want int64) error {
	rows, err := run(ctx, c, sql)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	n := int64(0)
	for {
		batch, err := rows.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		n += batch.NumRows()
		batch.Release()
	}
	if n != want {
		return fmt.Errorf("%d rows instead of %d", n, want)
	}
	return nil
}

func testStatus(t *testing.T, e engine.Engine) {
	t.Helper()
	c := open(t, e)
	table := digits(t, c)
	require.Nil(t, c.Status().Progress, "nothing runs")
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		_, err := run(ctx, c, endless(table))
		done <- err
	}()
	longest := time.Duration(0)
	for range 50 {
		began := time.Now()
		s := c.Status()
		longest = max(longest, time.Since(began))
		if p := s.Progress; p != nil {
			require.NotEmpty(t, p.Stage)
			require.GreaterOrEqual(t, p.Fraction, 0.0)
			require.LessOrEqual(t, p.Fraction, 1.0)
		}
		select {
		case err := <-done:
			require.Fail(t, "the statement ended by itself", "%v", err)
		case <-time.After(time.Millisecond):
		}
	}
	cancel()
	_ = kind(t, <-done, sqlerr.Canceled)
	t.Logf("the slowest answer took %v", longest)
}

func testCloseDuringRun(t *testing.T, e engine.Engine) {
	t.Helper()
	c, err := e.Open(t.Context(), engine.OpenRequest{})
	require.NoError(t, err)
	table := digits(t, open(t, e))
	done := make(chan error)
	go func() {
		_, err := run(t.Context(), c, endless(table))
		done <- err
	}()
	select {
	case err := <-done:
		require.Fail(t, "the statement ended by itself", "%v", err)
	case <-time.After(50 * time.Millisecond):
	}
	began := time.Now()
	require.NoError(t, c.Close())
	require.NoError(t, c.Close())
	select {
	case err := <-done:
		require.Error(t, err)
		require.NotEqual(t, sqlerr.Internal, sqlerr.From(err).Kind, "%v", err)
	case <-time.After(promptly):
		require.Fail(t, "Run goes on after Close")
	}
	t.Logf("closed within %v", time.Since(began))
}

func testUseAfterClose(t *testing.T, e engine.Engine) {
	t.Helper()
	table := digits(t, open(t, e))
	c, err := e.Open(t.Context(), engine.OpenRequest{})
	require.NoError(t, err)
	rows, err := run(t.Context(), c, thousands(table, 7))
	require.NoError(t, err)
	require.NoError(t, c.Close())
	for err == nil { // what has been read already may still come
		_, err = rows.Next(t.Context())
	}
	require.NotErrorIs(t, err, io.EOF)
	require.NoError(t, rows.Close())
	_, err = run(t.Context(), c, "SELECT 1")
	require.Error(t, err)
	require.NotEqual(t, sqlerr.Internal, sqlerr.From(err).Kind)
	_, err = c.Run(t.Context(), engine.Tables{})
	require.Error(t, err)
	require.Nil(t, c.Status().Progress)
}

func testUnknownDatabase(t *testing.T, e engine.Engine) {
	t.Helper()
	_, err := e.Open(t.Context(), engine.OpenRequest{Database: "no_such_database"})
	require.Contains(t, kind(t, err, sqlerr.NotFound).Message, "no_such_database")

	c := open(t, e)
	name := unique("db")
	exec(t, c, "CREATE DATABASE "+name)
	t.Cleanup(func() {
		_, err := run(context.WithoutCancel(t.Context()), c, "DROP DATABASE "+name+" CASCADE")
		require.NoError(t, err)
	})
	exec(t, c, "CREATE TABLE "+name+".inside (a INT)")
	in, err := e.Open(t.Context(), engine.OpenRequest{Database: name})
	require.NoError(t, err)
	defer func() { require.NoError(t, in.Close()) }()
	require.Empty(t, query(t, in, "SELECT a FROM inside"))
}

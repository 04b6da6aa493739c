package statement_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/operation"
	"github.com/nekomata-sql/nekomata/session"
	"github.com/nekomata-sql/nekomata/sqlerr"
	"github.com/nekomata-sql/nekomata/statement"
)

func TestLifeOfAStatement(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, statement.Options{TTL: time.Hour})
		began := time.Now()
		info, err := b.submit(t, "ann", "rows 5 every 1m", 30*time.Second)
		require.NoError(t, err)
		require.Equal(t, 30*time.Second, time.Since(began))
		require.Equal(t, operation.Running, info.State)
		require.False(t, info.Described)
		require.EqualValues(t, -1, info.Rows)
		_, err = b.Read(as(t, "ann"), info.ID, 0)
		require.ErrorIs(t, err, sqlerr.Conflict)
		running, kept := b.Count()
		require.Equal(t, []int{1, 0}, []int{running, kept})

		time.Sleep(2 * time.Minute) // the operation is FINISHED, but its rows still come
		info, err = b.Wait(as(t, "ann"), info.ID, 0)
		require.NoError(t, err)
		require.Equal(t, operation.Running, info.State)
		require.True(t, info.HasResultSet)
		require.Equal(t, schema, info.Schema)
		require.EqualValues(t, 5*perBatch, b.readAll(t, "ann", info), "rows that still come are waited for")

		info, err = b.Wait(as(t, "ann"), info.ID, time.Hour)
		require.NoError(t, err)
		require.Equal(t, operation.Finished, info.State)
		require.EqualValues(t, 5*perBatch, info.Rows)
		require.Equal(t, began.Add(6*time.Minute), info.Completed)
		require.Equal(t, info.Completed.Add(time.Hour), info.Expires)
		require.Equal(t, began, info.Started)
		require.Zero(t, b.engine.open.Load(), "the connection is closed as soon as all rows are here")
		require.EqualValues(t, 5*perBatch, b.readAll(t, "ann", info))
		log, err := b.Log(as(t, "ann"), info.ID, 0, 1000)
		require.NoError(t, err)
		require.Contains(t, log.Lines, "rows 5 every 1m")

		time.Sleep(time.Until(info.Expires) - time.Nanosecond)
		_, err = b.Wait(as(t, "ann"), info.ID, 0)
		require.NoError(t, err)
		time.Sleep(time.Nanosecond)
		for name, ask := range everyCall(b, info.ID) {
			err := ask(as(t, "ann"))
			require.ErrorIs(t, err, sqlerr.Gone, name)
			require.ErrorContains(t, err, "kyuubi.server.statement.ttl", name)
			require.ErrorIs(t, ask(as(t, "bob")), sqlerr.NotFound, "that it was is private")
		}
		time.Sleep(time.Minute)
		_, kept = b.Count()
		require.Zero(t, kept, "it has been freed")
		require.ErrorIs(t, everyCall(b, info.ID)["read"](as(t, "ann")), sqlerr.Gone)
	})
}

func everyCall(b *bench, id uuid.UUID) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"wait":   func(ctx context.Context) error { _, err := b.Wait(ctx, id, 0); return err },
		"read":   func(ctx context.Context) error { _, err := b.Read(ctx, id, 0); return err },
		"log":    func(ctx context.Context) error { _, err := b.Log(ctx, id, 0, 1); return err },
		"cancel": func(ctx context.Context) error { _, err := b.Cancel(ctx, id); return err },
		"delete": func(ctx context.Context) error { return b.Delete(ctx, id) },
	}
}

func TestOnlyTheOwnerAndAdministrators(t *testing.T) {
	t.Parallel()
	b := newBench(t, statement.Options{})
	info, err := b.Submit(as(t, "proxy"), statement.Request{Session: session.Request{User: "ann", RealUser: "proxy"}, SQL: "rows 1", Wait: time.Minute})
	require.NoError(t, err)
	for name, ask := range everyCall(b, info.ID) {
		require.ErrorIs(t, ask(as(t, "bob")), sqlerr.NotFound, name)
		require.ErrorIs(t, ask(t.Context()), sqlerr.Unauthenticated, name)
		if name == "delete" {
			continue
		}
		for _, user := range []string{"ann", "proxy", "root"} {
			require.NoError(t, ask(as(t, user)), name)
		}
	}
	require.NoError(t, b.Delete(as(t, "root"), info.ID))
	require.ErrorContains(t, b.Delete(as(t, "ann"), info.ID), "has been deleted")
	unknown := b.Delete(as(t, "root"), uuid.New())
	require.ErrorIs(t, unknown, sqlerr.NotFound)
	require.ErrorContains(t, unknown, "gw:10099")
	require.ErrorContains(t, unknown, "another gateway")
	require.ErrorIs(t, b.Delete(as(t, "root"), uuid.Nil), sqlerr.NotFound, "no statement has this id, not even one that is gone")
}

func TestList(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, statement.Options{})
		start := time.Now()
		for _, sql := range []string{"rows 1", "bad", "ddl", "wait 1h"} {
			_, err := b.submit(t, "ann", sql, time.Second)
			require.NoError(t, err)
			time.Sleep(time.Second)
		}
		b.ended(t, "bob", "ddl")
		for _, c := range []struct {
			user  string
			f     statement.Filter
			want  []string
			total int
		}{
			{"ann", statement.Filter{Size: 10}, []string{"wait 1h", "ddl", "bad", "rows 1"}, 4},
			{"ann", statement.Filter{From: 1, Size: 2}, []string{"ddl", "bad"}, 4},
			{"ann", statement.Filter{From: 9, Size: 2}, nil, 4},
			{"ann", statement.Filter{Size: 10, States: []operation.State{operation.Error, operation.Running}}, []string{"wait 1h", "bad"}, 2},
			{"ann", statement.Filter{Size: 10, Since: start.Add(1500 * time.Millisecond)}, []string{"wait 1h", "ddl"}, 2},
			{"ann", statement.Filter{Size: 10, User: "bob"}, nil, 0},
			{"ann", statement.Filter{Size: 10, User: statement.Everybody}, []string{"wait 1h", "ddl", "bad", "rows 1"}, 4},
			{"root", statement.Filter{Size: 10}, nil, 0},
			{"root", statement.Filter{Size: 10, User: "bob"}, []string{"ddl"}, 1},
			{"root", statement.Filter{Size: 10, User: statement.Everybody}, []string{"ddl", "wait 1h", "ddl", "bad", "rows 1"}, 5},
		} {
			infos, total, err := b.List(as(t, c.user), c.f)
			require.NoError(t, err)
			var got []string
			for i := range infos {
				got = append(got, infos[i].SQL)
			}
			require.Equal(t, c.want, got, "%+v", c)
			require.Equal(t, c.total, total, "%+v", c)
		}
	})
}

func TestFailuresAndEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, statement.Options{Operation: operation.Options{MaxTimeout: time.Hour}})
		info := b.ended(t, "ann", "bad")
		require.Equal(t, operation.Error, info.State)
		require.Equal(t, "42601", info.Err.SQLState())
		_, err := b.Read(as(t, "ann"), info.ID, 0)
		require.Equal(t, "42601", sqlerr.From(err).SQLState(), "the result of a failed statement is its error")
		require.Equal(t, operation.TimedOut, b.ended(t, "ann", "wait 2h").State)
		require.Equal(t, operation.TimedOut, b.ended(t, "ann", "rows 90 every 1m").State, "also while rows come")
		info = b.ended(t, "ann", "ddl")
		require.Equal(t, operation.Finished, info.State)
		require.True(t, info.Described)
		require.False(t, info.HasResultSet)
		require.Zero(t, info.Rows)
		require.Zero(t, b.readAll(t, "ann", info))

		for _, sql := range []string{"wait 30m", "rows 20 every 1m"} { // before and among the rows
			info, err = b.submit(t, "ann", sql, 5*time.Minute)
			require.NoError(t, err)
			info, err = b.Cancel(as(t, "ann"), info.ID)
			require.NoError(t, err)
			require.Equal(t, operation.Canceled, info.State)
			info, err = b.Cancel(as(t, "ann"), info.ID)
			require.NoError(t, err, "twice is fine")
			require.Equal(t, operation.Canceled, info.State)
			_, err = b.Read(as(t, "ann"), info.ID, 0)
			require.ErrorIs(t, err, sqlerr.Canceled)

			info, err = b.submit(t, "ann", sql, 5*time.Minute)
			require.NoError(t, err)
			waited := make(chan error, 1)
			go func() {
				_, err := b.Wait(as(t, "ann"), info.ID, time.Hour)
				waited <- err
			}()
			synctest.Wait()
			require.NoError(t, b.Delete(as(t, "ann"), info.ID))
			require.ErrorIs(t, <-waited, sqlerr.Gone)
			synctest.Wait()
			require.Zero(t, b.engine.open.Load())
		}
		_, err = b.submit(t, "eve", "ddl", 0)
		require.ErrorIs(t, err, sqlerr.Denied)
		_, err = b.Submit(as(t, "ann"), statement.Request{Session: session.Request{User: "ann"}, SQL: "ddl", Database: "nowhere"})
		require.ErrorIs(t, err, sqlerr.NotFound)
		_, err = b.Submit(as(t, "ann"), statement.Request{Session: session.Request{User: "ann", Conf: map[string]string{"use:database": "sales", "k": "v"}}, SQL: "ddl"})
		require.NoError(t, err)
		require.Equal(t, "sales", b.engine.last.Load().Database)
		require.Equal(t, "v", b.engine.last.Load().Conf["k"])

		ctx, cancel := context.WithTimeout(as(t, "ann"), time.Minute)
		defer cancel()
		synctest.Wait()
		_, kept := b.Count()
		_, err = b.Submit(ctx, statement.Request{Session: session.Request{User: "ann"}, SQL: "wait 30m", Wait: time.Hour})
		require.ErrorIs(t, err, sqlerr.Timeout)
		synctest.Wait()
		running, after := b.Count()
		require.Zero(t, running, "whose client went away is ended")
		require.Equal(t, kept, after)
	})
}

func TestStop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, statement.Options{})
		b.ended(t, "ann", "rows 3")
		info, err := b.submit(t, "ann", "wait 1h", time.Second)
		require.NoError(t, err)
		require.Equal(t, 1, b.Busy())
		b.Drain()
		_, err = b.submit(t, "ann", "ddl", 0)
		require.ErrorIs(t, err, sqlerr.Unavailable)
		_, err = b.Wait(as(t, "ann"), info.ID, time.Second)
		require.NoError(t, err, "what runs can still be asked for")
		b.Abort()
		info, err = b.Wait(as(t, "ann"), info.ID, time.Second)
		require.NoError(t, err)
		require.Equal(t, operation.Error, info.State)
		require.ErrorIs(t, info.Err, sqlerr.Unavailable, "to be sent again, not given up")
		require.Zero(t, b.Busy())
		b.stop()
		running, kept := b.Count()
		require.Zero(t, running+kept)
	})
}

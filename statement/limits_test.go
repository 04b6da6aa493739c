package statement_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/operation"
	"github.com/nekomata-sql/nekomata/sqlerr"
	"github.com/nekomata-sql/nekomata/statement"
)

func TestRunningStatementsAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, statement.Options{Limits: statement.Limits{Running: 3, RunningPerUser: 2}})
		for range 2 {
			_, err := b.submit(t, "ann", "wait 1m", 0)
			require.NoError(t, err)
		}
		_, err := b.submit(t, "ann", "ddl", 0)
		require.ErrorIs(t, err, sqlerr.Exhausted)
		require.ErrorContains(t, err, "kyuubi.server.statement.max.running.per.user=2")
		_, err = b.submit(t, "bob", "wait 1m", 0)
		require.NoError(t, err)
		_, err = b.submit(t, "cid", "ddl", 0)
		require.ErrorContains(t, err, "kyuubi.server.statement.max.running=3")
		time.Sleep(time.Minute)
		synctest.Wait()
		for range 100 { // one after the other never counts twice
			b.ended(t, "ann", "ddl")
		}
		running, _ := b.Count()
		require.Zero(t, running)
	})
}

func TestKeptStatementsGiveWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, statement.Options{Limits: statement.Limits{KeptPerUser: 3, Kept: 5}})
		unread := b.ended(t, "ann", "rows 1")
		read := b.ended(t, "ann", "rows 1")
		b.readAll(t, "ann", read)
		held := b.ended(t, "ann", "rows 1")
		b.readAll(t, "ann", held)
		r, err := b.Read(as(t, "ann"), held.ID, 0)
		require.NoError(t, err)

		known := func(user string, info statement.Info) bool {
			_, err := b.Wait(as(t, user), info.ID, 0)
			if err != nil {
				require.ErrorIs(t, err, sqlerr.Gone)
				require.ErrorContains(t, err, "kyuubi.server.statement.max.kept")
			}
			return err == nil
		}
		next := b.ended(t, "ann", "rows 1")
		require.Equal(t, []bool{true, false, true, true}, []bool{known("ann", unread), known("ann", read), known("ann", held), known("ann", next)}, "what was read goes first")
		failed := b.ended(t, "ann", "bad")
		require.Equal(t, []bool{false, true, true, true}, []bool{known("ann", unread), known("ann", held), known("ann", next), known("ann", failed)}, "then the oldest")
		b.ended(t, "ann", "rows 1")
		require.Equal(t, []bool{true, true, false}, []bool{known("ann", held), known("ann", next), known("ann", failed)}, "an error that was told counts as read")
		r.Close()
		for range 3 {
			b.ended(t, "bob", "rows 1")
		}
		require.False(t, known("ann", held), "the limit of all")
		_, kept := b.Count()
		require.Equal(t, 5, kept)
	})
}

func TestFilesAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		// A batch takes 8,000 bytes in memory, where eight find room, and a little more in
		// its file.
		b := newBench(t, statement.Options{Limits: statement.Limits{ResultSize: 60_000, TotalSize: 100_000}})
		info := b.ended(t, "ann", "rows 17")
		require.Equal(t, operation.Error, info.State)
		require.Equal(t, "53400", info.Err.SQLState())
		require.Contains(t, info.Err.Message, "kyuubi.server.statement.result.max.size=60000")
		first, second := b.ended(t, "ann", "rows 14"), b.ended(t, "ann", "rows 12")
		require.EqualValues(t, 14_000, first.Rows)
		b.ended(t, "bob", "rows 14")
		_, err := b.Wait(as(t, "ann"), first.ID, 0)
		require.ErrorIs(t, err, sqlerr.Gone)
		require.ErrorContains(t, err, "result.total.max.size")
		require.EqualValues(t, 12_000, b.readAll(t, "ann", second))

		// Nothing that runs or is read is freed for another.
		r, err := b.Read(as(t, "ann"), second.ID, 0)
		require.NoError(t, err)
		defer r.Close()
		slow, err := b.submit(t, "ann", "rows 14 every 1s", 13*time.Second+time.Millisecond)
		require.NoError(t, err)
		require.Equal(t, operation.Running, slow.State)
		info = b.ended(t, "ann", "rows 14")
		require.Equal(t, operation.Error, info.State)
		require.Contains(t, info.Err.Message, "kyuubi.server.statement.result.total.max.size=100000")
		slow, err = b.Wait(as(t, "ann"), slow.ID, time.Minute)
		require.NoError(t, err)
		require.Equal(t, operation.Finished, slow.State)
	})
}

func TestReaderHoldsItsStatement(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, statement.Options{TTL: time.Minute})
		info := b.ended(t, "ann", "rows 9")
		r, err := b.Read(as(t, "ann"), info.ID, 0)
		require.NoError(t, err)
		require.Equal(t, 1, b.Busy())
		time.Sleep(time.Hour)
		p, err := r.Page(t.Context(), operation.Range{Offset: 8500, MaxRows: 1000})
		require.NoError(t, err)
		require.EqualValues(t, 500, p.Rows)
		p.Release()
		r.Close()
		require.Zero(t, b.Busy())
		_, err = b.Read(as(t, "ann"), info.ID, 0)
		require.ErrorIs(t, err, sqlerr.Gone)
		time.Sleep(time.Minute)
		_, kept := b.Count()
		require.Zero(t, kept)
	})
}

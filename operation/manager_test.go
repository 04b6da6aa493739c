package operation

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/engine"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

func TestEveryTransition(t *testing.T) {
	t.Parallel()
	legal := map[[2]State]bool{}
	for _, pair := range [][2]State{
		{Initialized, Pending},
		{Initialized, Running},
		{Initialized, TimedOut},
		{Initialized, Canceled},
		{Initialized, Closed},
		{Pending, Running},
		{Pending, Finished},
		{Pending, TimedOut},
		{Pending, Canceled},
		{Pending, Closed},
		{Pending, Error},
		{Running, Finished},
		{Running, TimedOut},
		{Running, Canceled},
		{Running, Closed},
		{Running, Error},
		{Finished, Error},
		{Finished, Canceled},
		{Finished, Closed},
		{Canceled, Closed},
		{TimedOut, Closed},
		{Error, Closed},
	} {
		legal[pair] = true
	}
	for from := range stateEnd {
		for to := range stateEnd {
			got, err := advance(from, to)
			if legal[[2]State{from, to}] {
				require.NoError(t, err)
				require.Equal(t, to, got)
				continue
			}
			require.ErrorIs(t, err, sqlerr.Conflict, "%s to %s", from, to)
			require.Equal(t, from, got)
		}
	}
	require.Equal(t, "UKNOWN", State(99).String())
}

func TestSyncAsyncAndFetch(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{}, map[string]script{"q": {batches: 5, perBatch: 2048}, "ddl": {noResult: true, modified: 7}})
	for _, async := range []bool{false, true} {
		info, err := b.start(t, "q", async, 0)
		require.NoError(t, err)
		info, err = b.Wait(t.Context(), info.ID, time.Minute)
		require.NoError(t, err)
		require.Equal(t, Finished, info.State)
		require.True(t, info.HasResultSet)
		require.EqualValues(t, -1, info.ModifiedRows)
		require.Equal(t, upTo(5*2048), b.numbersFrom(t, info.ID, 1000))
		p, err := b.Fetch(info.ID, Fetch{Orientation: First, MaxRows: 10})
		require.NoError(t, err)
		require.EqualValues(t, 0, p.Start)
		require.EqualValues(t, 10, p.Rows)
		require.True(t, p.HasMore)
		p.Release()
		info, err = b.Get(info.ID)
		require.NoError(t, err)
		require.EqualValues(t, 5*2048+10, info.FetchedRows)
	}
	info, err := b.start(t, "ddl", false, 0)
	require.NoError(t, err)
	require.False(t, info.HasResultSet)
	require.EqualValues(t, 7, info.ModifiedRows)
	p, err := b.Fetch(info.ID, Fetch{MaxRows: 1})
	require.NoError(t, err)
	require.Nil(t, p.Schema)
	require.False(t, p.HasMore)
}

func TestSmallResultIsKnownToBeWholeAtOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{}, map[string]script{"one": {batches: 1, perBatch: 1}})
	info, err := b.start(t, "one", false, 0)
	require.NoError(t, err)
	p, err := b.Fetch(info.ID, Fetch{MaxRows: 1})
	require.NoError(t, err)
	require.False(t, p.HasMore)
	p.Release()
}

func TestOpenResultsOfOneSessionStayWhole(t *testing.T) {
	t.Parallel()
	for name, window := range map[string]int64{"in memory": 1 << 30, "through the file": 1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, Options{Result: ResultOptions{Window: window}}, map[string]script{"a": {batches: 9, perBatch: 2000}, "b": {batches: 4, perBatch: 2000}})
			first, err := b.start(t, "a", false, 0)
			require.NoError(t, err)
			p, err := b.Fetch(first.ID, Fetch{MaxRows: 2500}) // half-way through the second batch
			require.NoError(t, err)
			p.Release()
			second, err := b.start(t, "b", false, 0)
			require.NoError(t, err)
			require.Equal(t, upTo(8000), b.numbersFrom(t, second.ID, 999))
			require.Equal(t, upTo(18000)[p.Rows:], b.numbersFrom(t, first.ID, 999))
			require.Zero(t, b.conn.ended, "a stream was cut off")
			p, err = b.Fetch(first.ID, Fetch{Orientation: First, MaxRows: 3000})
			require.NoError(t, err)
			require.EqualValues(t, 0, p.Start)
			p.Release()
		})
	}
}

func TestSpoolThatIsFull(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{Result: ResultOptions{Window: 1, SpillMax: 1}}, map[string]script{"a": {batches: 9, perBatch: 2000}, "b": {batches: 1, perBatch: 1}})
	first, err := b.start(t, "a", false, 0)
	require.NoError(t, err)
	_, err = b.start(t, "b", false, 0)
	require.ErrorIs(t, err, sqlerr.Exhausted)
	require.Equal(t, "53400", sqlerr.From(err).SQLState())
	require.Contains(t, err.Error(), "kyuubi.operation.result.spill.max.size")
	require.Equal(t, upTo(18000), b.numbersFrom(t, first.ID, 4000), "the first result is unharmed")
	_, err = b.Fetch(first.ID, Fetch{Orientation: First, MaxRows: 1})
	require.Equal(t, "HY106", sqlerr.From(err).SQLState())
	_, err = b.start(t, "b", false, 0)
	require.NoError(t, err, "the connection is free once the first was read")
}

func TestBytesAndRowsBoundAPage(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{Result: ResultOptions{MaxRows: 3000}}, map[string]script{"q": {batches: 9, perBatch: 2048}})
	info, err := b.start(t, "q", false, 0)
	require.NoError(t, err)
	p, err := b.Fetch(info.ID, Fetch{MaxRows: 5000, MaxBytes: 1})
	require.NoError(t, err)
	require.EqualValues(t, 1, p.Rows, "one row always goes")
	p.Release()
	p, err = b.Fetch(info.ID, Fetch{MaxRows: 5000, MaxBytes: 1000})
	require.NoError(t, err)
	require.Greater(t, p.Rows, int64(20))
	require.Less(t, p.Rows, int64(100))
	p.Release()
	rest := b.numbersFrom(t, info.ID, 5000)
	require.EqualValues(t, 2999, rest[len(rest)-1], "kyuubi.operation.result.max.rows ends it")
	_, err = b.Fetch(info.ID, Fetch{MaxRows: 0})
	require.ErrorIs(t, err, sqlerr.Invalid)
}

func TestFailures(t *testing.T) {
	t.Parallel()
	syntax := sqlerr.New(sqlerr.Invalid, "syntax error").WithState("42601")
	torn := sqlerr.New(sqlerr.Invalid, "division by zero").WithState("22012")
	b := newBench(t, Options{}, map[string]script{
		"bad": {err: syntax}, "odd": {err: errors.New("boom at 0xdead")},
		"torn": {batches: 9, perBatch: 2000, breakAt: 3, err2: torn}, "torn at once": {batches: 1, breakAt: 1, err2: torn},
	})
	_, err := b.start(t, "bad", false, 0)
	require.Equal(t, syntax, sqlerr.From(err))
	require.Empty(t, b.List(b.session), "a failed synchronous operation leaves nothing behind")
	_, err = b.start(t, "torn at once", false, 0)
	require.Equal(t, "22012", sqlerr.From(err).SQLState())

	info, err := b.start(t, "odd", true, 0)
	require.NoError(t, err)
	info, err = b.Wait(t.Context(), info.ID, time.Minute)
	require.NoError(t, err)
	require.Equal(t, Error, info.State)
	require.NotContains(t, info.Err.Message, "0xdead")
	_, err = b.Fetch(info.ID, Fetch{MaxRows: 1})
	require.ErrorIs(t, err, sqlerr.Internal)

	info, err = b.start(t, "torn", false, 0)
	require.NoError(t, err)
	var rows int64
	for err == nil {
		var p *Page
		if p, err = b.Fetch(info.ID, Fetch{MaxRows: 1500}); err == nil {
			require.Positive(t, p.Rows, "a torn result must not look complete")
			rows += p.Rows
			p.Release()
		}
	}
	require.EqualValues(t, 4000, rows)
	require.Equal(t, "22012", sqlerr.From(err).SQLState())
	info, err = b.Get(info.ID)
	require.NoError(t, err)
	require.Equal(t, Error, info.State)
}

func TestTimeoutCancelAndClose(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Options{MaxTimeout: time.Hour}, map[string]script{
			"slow": {delay: 24 * time.Hour}, "trickle": {batches: 100, perBatch: 2000, nextDelay: time.Minute}, "one": {batches: 1, perBatch: 1},
		})
		began := time.Now()
		info, err := b.start(t, "slow", false, time.Second)
		require.NoError(t, err)
		require.Equal(t, TimedOut, info.State)
		require.Equal(t, time.Second, time.Since(began))
		require.Equal(t, "HYT00", info.Err.SQLState())
		info, err = b.start(t, "slow", false, 0)
		require.NoError(t, err)
		require.Equal(t, TimedOut, info.State)
		require.Equal(t, time.Hour+time.Second, time.Since(began), "the server's cap")

		info, err = b.start(t, "slow", true, 0)
		require.NoError(t, err)
		queued, err := b.start(t, "one", true, 0)
		require.NoError(t, err)
		time.Sleep(time.Second)
		queued, err = b.Get(queued.ID)
		require.NoError(t, err)
		require.Equal(t, Pending, queued.State)
		require.NoError(t, b.Cancel(info.ID))
		require.NoError(t, b.Cancel(info.ID), "twice is fine")
		info, err = b.Get(info.ID)
		require.NoError(t, err)
		require.Equal(t, Canceled, info.State)
		queued, err = b.Wait(t.Context(), queued.ID, time.Minute)
		require.NoError(t, err)
		require.Equal(t, Finished, queued.State, "the next in line runs")
		require.NoError(t, b.Cancel(queued.ID), "after the end")
		queued, err = b.Get(queued.ID)
		require.NoError(t, err)
		require.Equal(t, Finished, queued.State)

		stream, err := b.start(t, "trickle", true, 0)
		require.NoError(t, err)
		stream, err = b.Wait(t.Context(), stream.ID, time.Hour)
		require.NoError(t, err)
		require.Equal(t, Finished, stream.State)
		failed := make(chan error)
		go func() {
			for {
				p, err := b.Fetch(stream.ID, Fetch{MaxRows: 5000})
				if err != nil {
					failed <- err
					return
				}
				p.Release()
			}
		}()
		time.Sleep(10 * time.Second)
		require.NoError(t, b.Cancel(stream.ID))
		require.ErrorIs(t, <-failed, sqlerr.Canceled)
		require.True(t, b.conn.live.over, "its rows are let go")
		began = time.Now()
		info, err = b.start(t, "one", false, 0)
		require.NoError(t, err)
		require.Equal(t, Finished, info.State)
		require.Zero(t, time.Since(began), "nobody reads the rest of what was canceled")

		info, err = b.start(t, "slow", true, 0)
		require.NoError(t, err)
		require.NoError(t, b.Close(info.ID))
		require.ErrorIs(t, b.Close(info.ID), sqlerr.NotFound)
		_, err = b.Get(info.ID)
		require.ErrorIs(t, err, sqlerr.NotFound)
		require.False(t, b.conn.overlap)
	})
}

func TestCancelOfAResultThatIsBeingSetAside(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Options{}, map[string]script{
			"trickle": {batches: 1000, perBatch: 2000, nextDelay: time.Second}, "one": {batches: 1, perBatch: 1},
		})
		stream, err := b.start(t, "trickle", false, 0)
		require.NoError(t, err)
		began := time.Now()
		next, err := b.start(t, "one", true, 0)
		require.NoError(t, err)
		time.Sleep(10 * time.Second)
		require.NoError(t, b.Cancel(stream.ID))
		next, err = b.Wait(t.Context(), next.ID, time.Hour)
		require.NoError(t, err)
		require.Equal(t, Finished, next.State)
		require.Less(t, time.Since(began), 20*time.Second)
		_, err = b.Fetch(stream.ID, Fetch{MaxRows: 1})
		require.ErrorIs(t, err, sqlerr.Canceled)
		require.NoError(t, b.Close(stream.ID))
	})
}

func TestStartHere(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Options{}, map[string]script{
			"quick": {batches: 1, perBatch: 3, delay: time.Second}, "slow": {batches: 1, perBatch: 1, delay: time.Hour},
			"wrong": {err: sqlerr.New(sqlerr.Invalid, "no such column")},
		})
		told := make(chan Info, 1)
		start := func(sql string) (Info, bool) {
			info, inTime, err := b.StartHere(t.Context(), Request{SessionID: b.session, Query: engine.Statement{SQL: sql}},
				time.Minute, func(i Info) { told <- i })
			require.NoError(t, err)
			return info, inTime
		}
		info, inTime := start("quick")
		require.True(t, inTime)
		require.Equal(t, Finished, info.State)
		require.True(t, info.Async)
		info, inTime = start("wrong")
		require.True(t, inTime)
		require.Equal(t, Error, info.State)
		require.ErrorContains(t, info.Err, "no such column", "it is a state, not the call's error")

		began := time.Now()
		info, inTime = start("slow")
		require.False(t, inTime)
		require.Equal(t, [2]State{Running, Finished}, [2]State{(<-told).State, info.State})
		require.Equal(t, time.Hour, time.Since(began))
		require.Empty(t, told)

		_, inTime, err := b.StartHere(t.Context(), Request{SessionID: uuid.New(), Query: engine.Statement{SQL: "quick"}}, time.Minute, nil)
		require.ErrorIs(t, err, sqlerr.NotFound)
		require.True(t, inTime)
	})
}

// That the caller has gone is told at once, not at the end of a long patience.
func TestStartHereOfACallerWhoGoesAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Options{}, map[string]script{"slow": {batches: 1, perBatch: 1, delay: time.Hour}})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began, calls := time.Now(), 0
		_, inTime, err := b.StartHere(ctx, Request{SessionID: b.session, Query: engine.Statement{SQL: "slow"}}, time.Minute, func(i Info) {
			calls++
			assert.Equal(t, time.Second, time.Since(began))
			assert.Equal(t, Running, i.State)
			assert.NoError(t, b.Close(i.ID))
		})
		require.NoError(t, err)
		require.False(t, inTime)
		require.Equal(t, time.Second, time.Since(began), "closed, the statement ends")
		time.Sleep(time.Hour)
		require.Equal(t, 1, calls)
	})
}

// What is observed of a change is that change, though another has come by then: figures
// count each state once.
func TestEachChangeIsObservedAsItWas(t *testing.T) {
	t.Parallel()
	var seen [][2]State
	b := newBench(t, Options{Observe: func(i Info, from State) { seen = append(seen, [2]State{from, i.State}) }}, nil)
	o, err := b.register(t.Context(), Request{SessionID: b.session, Query: engine.Statement{SQL: "one"}})
	require.NoError(t, err)
	o.state = Canceled
	o.note(Pending, Running, nil, time.Now())
	o.note(Running, Canceled, nil, time.Now())
	o.turn.leave()
	close(o.done)
	require.Equal(t, [][2]State{{Pending, Running}, {Running, Canceled}}, seen)
}

// A bug of an engine costs its statement only.
func TestEngineThatPanics(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{}, map[string]script{"boom": {panics: true}, "one": {batches: 1, perBatch: 1}})
	_, err := b.start(t, "boom", false, 0)
	require.ErrorIs(t, err, sqlerr.Internal)
	info, err := b.start(t, "one", false, 0)
	require.NoError(t, err)
	require.Equal(t, Finished, info.State)
}

func TestCallerWhoGoesAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Options{}, map[string]script{"slow": {delay: time.Hour}})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := b.Start(ctx, Request{SessionID: b.session, Query: engine.Statement{SQL: "slow"}})
		require.ErrorIs(t, err, sqlerr.Timeout)
		require.Empty(t, b.All())
	})
}

func TestDetachClosesAll(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{}, map[string]script{"slow": {delay: time.Hour}, "q": {batches: 9, perBatch: 2000}})
	for _, sql := range []string{"q", "slow", "slow"} {
		_, err := b.start(t, sql, true, 0)
		require.NoError(t, err)
	}
	total, open, busy := b.Counts(b.session)
	require.Equal(t, 3, total)
	require.Equal(t, 3, open)
	require.GreaterOrEqual(t, busy, 2)
	require.NoError(t, b.Detach(b.session))
	require.True(t, b.conn.closed)
	require.Empty(t, b.All())
	_, err := b.start(t, "q", true, 0)
	require.ErrorIs(t, err, sqlerr.NotFound)
	require.Equal(t, "08003", sqlerr.From(err).SQLState())
	_, err = b.Get(uuid.New())
	require.ErrorIs(t, err, sqlerr.NotFound)
}

func TestLogTellsTheStory(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{}, map[string]script{"select\n1": {batches: 1, perBatch: 1}})
	b.conn.status = engine.Status{Log: []string{"a note of the engine"}, Progress: &engine.Progress{Fraction: 0.5}}
	info, err := b.start(t, "select\n1", false, 0)
	require.NoError(t, err)
	require.NotNil(t, info.Progress)
	lines, err := b.FetchLog(info.ID, Fetch{MaxRows: 2})
	require.NoError(t, err)
	require.Len(t, lines, 2)
	rest, err := b.FetchLog(info.ID, Fetch{MaxRows: 1000})
	require.NoError(t, err)
	all := strings.Join(append(lines, rest...), "\n")
	for _, want := range []string{"INITIALIZED -> PENDING", "PENDING -> RUNNING, statement:\nselect\n1", "a note of the engine", "INFO Stage-1 map = 50%,  reduce = 50%", "RUNNING -> FINISHED, time taken"} {
		require.Contains(t, all, want)
	}
	again, err := b.FetchLog(info.ID, Fetch{Orientation: First, MaxRows: 1000})
	require.NoError(t, err)
	require.Len(t, again, len(lines)+len(rest))
	none, err := b.FetchLog(info.ID, Fetch{MaxRows: 1000})
	require.NoError(t, err)
	require.Empty(t, none)
}

func TestLogIsBounded(t *testing.T) {
	t.Parallel()
	var l opLog
	for range 300 {
		l.add(line{text: strings.Repeat("x", 10_000)})
	}
	require.LessOrEqual(t, l.size, logCapacity)
	require.NotEmpty(t, l.fetch(Fetch{MaxRows: 5}))
}

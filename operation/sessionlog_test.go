package operation

import (
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/engine"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

func TestSessionLog(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{}, map[string]script{"first": {noResult: true}, "second": {noResult: true}})
	empty, err := b.SessionLog(b.session, 0, 10)
	require.NoError(t, err)
	require.Equal(t, LogPage{Lines: []string{}}, empty)
	first, err := b.start(t, "first", false, 0)
	require.NoError(t, err)
	require.NoError(t, b.Close(first.ID))
	_, err = b.start(t, "second", false, 0)
	require.NoError(t, err)

	all, err := b.SessionLog(b.session, 0, 1000)
	require.NoError(t, err)
	text := strings.Join(all.Lines, "\n")
	require.Less(t, strings.Index(text, "\nfirst\n"), strings.Index(text, "\nsecond\n"))
	require.Contains(t, text, "FINISHED -> CLOSED", "a closed operation's lines stay")
	require.Equal(t, [3]int64{0, int64(len(all.Lines)), int64(len(all.Lines))}, [3]int64{all.Start, all.Next, all.Total})
	var pages []string
	for at := int64(0); at < all.Total; {
		p, err := b.SessionLog(b.session, at, 3)
		require.NoError(t, err)
		require.Equal(t, at, p.Start)
		pages, at = append(pages, p.Lines...), p.Next
	}
	require.Equal(t, all.Lines, pages)
	past, err := b.SessionLog(b.session, 1<<40, 3)
	require.NoError(t, err)
	require.Empty(t, past.Lines)

	for _, bad := range [][2]int64{{-1, 1}, {0, 0}, {0, -1}} {
		_, err = b.SessionLog(b.session, bad[0], bad[1])
		require.ErrorIs(t, err, sqlerr.Invalid)
	}
	_, err = b.SessionLog(uuid.New(), 0, 1)
	require.ErrorIs(t, err, sqlerr.NotFound)
}

// A statement of several lines stands in one piece, whatever else the session logs.
func TestSessionLogKeepsAStatementTogether(t *testing.T) {
	t.Parallel()
	const rows, each = 50, 200
	statement := func(name string) string { return strings.TrimSuffix(strings.Repeat(name+"\n", rows), "\n") }
	log := &opLog{}
	var all sync.WaitGroup
	for _, name := range []string{"a", "b"} {
		o := &operation{req: Request{Query: engine.Statement{SQL: statement(name)}}, opts: &Options{Log: slog.New(slog.DiscardHandler)}, sessionLog: log}
		o.ctx = t.Context()
		all.Go(func() {
			for range each {
				o.note(Pending, Running, nil, time.Now())
			}
		})
	}
	all.Wait()
	text := strings.Join(log.at(0, 1<<20).Lines, "\n") + "\n"
	require.Equal(t, 2*each, strings.Count(text, "statement:\n"+statement("a")+"\n")+strings.Count(text, "statement:\n"+statement("b")+"\n"))
}

func TestSessionLogIsBounded(t *testing.T) {
	t.Parallel()
	l := opLog{capacity: sessionLogCapacity}
	for i := range 100 {
		l.add(line{text: strconv.Itoa(i) + strings.Repeat("x", 5_000)})
	}
	p := l.at(0, 1000)
	require.Equal(t, [2]int64{100, 100}, [2]int64{p.Next, p.Total})
	require.Positive(t, p.Start)
	require.True(t, strings.HasPrefix(p.Lines[0], strconv.FormatInt(p.Start, 10)+"x"), "lines keep their numbers")
	require.LessOrEqual(t, l.size, sessionLogCapacity)
}

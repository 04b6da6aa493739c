package metadatatest

import (
	"context"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/metadata"
)

// Database makes a new, empty database and returns its settings, and a function
// that runs a statement on it past the Store.
type Database func(tb testing.TB) (metadata.Options, func(statement string))

// Run holds a kind of database to what a Store promises.
func Run(t *testing.T, database Database) {
	t.Helper()
	for name, test := range map[string]func(*suite, *testing.T){
		"InsertOnce":       (*suite).insertOnce,
		"Together":         (*suite).together,
		"Impatient":        (*suite).impatient,
		"Values":           (*suite).values,
		"Refusals":         (*suite).refusals,
		"NamesAreExact":    (*suite).namesAreExact,
		"LargeTexts":       (*suite).largeTexts,
		"Lists":            (*suite).lists,
		"Waiting":          (*suite).waiting,
		"Shapes":           (*suite).shapes,
		"Counts":           (*suite).counts,
		"ExactCounts":      (*suite).exactCounts,
		"ExactEnds":        (*suite).exactEnds,
		"CountsAtOnce":     (*suite).countsAtOnce,
		"Queue":            (*suite).queue,
		"TakersRace":       (*suite).takersRace,
		"Transitions":      (*suite).transitions,
		"StartsOnce":       (*suite).startsOnce,
		"TakeOver":         (*suite).takeOver,
		"LostHosts":        (*suite).lostHosts,
		"Fencing":          (*suite).fencing,
		"Release":          (*suite).release,
		"Cancel":           (*suite).cancel,
		"Clean":            (*suite).clean,
		"Duties":           (*suite).duties,
		"Notices":          (*suite).notices,
		"Tokens":           (*suite).tokens,
		"ManyOpen":         (*suite).manyOpen,
		"NewerIsRefused":   (*suite).newerIsRefused,
		"ClosedIsRefused":  (*suite).closedIsRefused,
		"CanceledContexts": (*suite).canceledContexts,
		"KyuubisDatabase":  (*suite).kyuubisDatabase,
		"UnsignedColumns":  (*suite).unsignedColumns,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, raw := database(t)
			test(&suite{database: database, raw: raw, opts: o, store: Open(t, o)}, t)
		})
	}
}

type suite struct {
	database Database
	raw      func(statement string)
	opts     metadata.Options
	store    *metadata.Store
}

// Open runs a Store until the test ends.
func Open(tb testing.TB, o metadata.Options) *metadata.Store {
	tb.Helper()
	s, _ := OpenUntil(tb, o)
	return s
}

// OpenUntil runs a Store until stop is called, or the test ends.
func OpenUntil(tb testing.TB, o metadata.Options) (s *metadata.Store, stop func()) {
	tb.Helper()
	s, stop, err := TryOpen(tb, o)
	require.NoError(tb, err)
	return s, stop
}

// TryOpen is OpenUntil for stores that may refuse to start.
func TryOpen(tb testing.TB, o metadata.Options) (s *metadata.Store, stop func(), err error) {
	tb.Helper()
	o.Log = slog.New(slog.NewTextHandler(tb.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	s, err = metadata.New(o)
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(tb.Context()))
	over, ready := make(chan error, 1), make(chan struct{})
	go func() { over <- s.Run(ctx, func() { close(ready) }) }()
	select {
	case <-ready:
	case err := <-over:
		cancel()
		return nil, nil, err
	}
	stop = func() {
		cancel()
		if over != nil {
			require.NoError(tb, <-over)
			over = nil
		}
	}
	tb.Cleanup(stop)
	return s, stop, nil
}

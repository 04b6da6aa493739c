package main

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/config"
)

func TestLinesWaitUnlessTheyTellOfTrouble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, err := config.Load(config.Sources{DataDir: t.TempDir()})
		require.NoError(t, err)
		var out lockedBuffer
		log, flush := newLog(&out, c)
		lines := func() int { synctest.Wait(); return strings.Count(out.String(), "\n") }
		log.With(slog.String("a", "b")).Info("one")
		require.Zero(t, lines())
		time.Sleep(logDelay)
		require.Equal(t, 1, lines())
		log.Info("two")
		log.WithGroup("g").Warn("three")
		require.Equal(t, 3, lines(), "in order, and at once")
		log.Info("four")
		flush()
		require.Equal(t, 4, lines())
		time.Sleep(time.Second)
		require.Equal(t, 4, lines())
	})
}

// TestManyLines has goroutines write more than fits, into a slow writer.
func TestManyLines(t *testing.T) {
	t.Parallel()
	const writers, each = 4, 3000
	var out lockedBuffer
	late := &lateWriter{out: slowWriter{&out}}
	log := slog.New(&lateHandler{Handler: slog.NewTextHandler(late, nil), out: late})
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				log.Info("line", "writer", w, "number", i)
			}
		})
	}
	wg.Wait()
	log.Warn("last")
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	require.Len(t, lines, writers*each+1)
	require.Contains(t, lines[writers*each], "msg=last")
	next := make([]int, writers)
	for _, line := range lines[:writers*each] {
		var w, i int
		_, err := fmt.Sscanf(line[strings.Index(line, "writer="):], "writer=%d number=%d", &w, &i)
		require.NoError(t, err, line)
		require.Equal(t, next[w], i, "each writer's lines are in order")
		next[w]++
	}
}

type slowWriter struct{ io.Writer }

func (s slowWriter) Write(b []byte) (int, error) {
	time.Sleep(time.Millisecond)
	return s.Writer.Write(b)
}

// knowing stands for attributes, like the line of a request.
type knowing struct{ fails bool }

func (knowing) LogValue() slog.Value {
	return slog.GroupValue(slog.Int("status", 200), slog.String("user", "me"))
}

func (k knowing) AppendAttrs(b []byte, json bool) ([]byte, bool) {
	if json {
		return append(b, `,"status":200,"user":"me"`...), !k.fails
	}
	return append(b, " status=200 user=me"...), !k.fails
}

func TestRequestLinesAreSlogs(t *testing.T) {
	t.Parallel()
	times := []time.Time{
		time.Date(2026, 11, 24, 20, 11, 0, 0, time.UTC),
		time.Date(2026, 11, 24, 20, 11, 0, 999_999_999, time.UTC),
		time.Date(2026, 11, 24, 20, 11, 1, 70_600_000, time.UTC),
		time.Date(2026, 12, 31, 23, 59, 59, 7_000_001, time.FixedZone("", -(3*3600+1800))),
		time.Now(),
	}
	for _, format := range []string{"text", "json"} {
		c, err := config.Load(config.Sources{DataDir: t.TempDir(), Flags: []string{"kyuubi.server.log.format=" + format}})
		require.NoError(t, err)
		var ours, slogs bytes.Buffer
		log, flush := newLog(&ours, c)
		var h slog.Handler = slog.NewTextHandler(&slogs, nil)
		if format == "json" {
			h = slog.NewJSONHandler(&slogs, nil)
		}
		for i, at := range times {
			r := slog.NewRecord(at, slog.LevelInfo, "request", 0)
			r.AddAttrs(slog.Any("", knowing{fails: i == 1}))
			require.NoError(t, log.Handler().Handle(t.Context(), r))
			require.NoError(t, h.Handle(t.Context(), r))
			// A logger with attributes of its own has to write them as well.
			require.NoError(t, log.Handler().WithAttrs([]slog.Attr{slog.Int("a", i)}).Handle(t.Context(), r))
			require.NoError(t, h.WithAttrs([]slog.Attr{slog.Int("a", i)}).Handle(t.Context(), r))
		}
		flush()
		require.Equal(t, slogs.String(), ours.String())
	}
}

// BenchmarkRequestLine is a line as rest sends it, its attributes aside.
func BenchmarkRequestLine(b *testing.B) {
	c, err := config.Load(config.Sources{DataDir: b.TempDir()})
	require.NoError(b, err)
	log, _ := newLog(io.Discard, c)
	h, now := log.Handler(), time.Now()
	b.ReportAllocs()
	for b.Loop() {
		r := slog.NewRecord(now, slog.LevelInfo, "request", 0)
		r.AddAttrs(slog.Any("", &knowing{}))
		_ = h.Handle(b.Context(), r)
	}
}

package main

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/nekomata-sql/nekomata/config"
)

// logDelay is how long a line below WARN may wait to be written with others: one
// write for each request's line costs a quarter of what the gateway can answer.
const logDelay = 100 * time.Millisecond

// newLog makes the log that the configuration asks for. flush writes what waits;
// call it before the program ends.
func newLog(w io.Writer, c *config.Config) (log *slog.Logger, flush func()) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(config.Get(c, config.LogLevel))); err != nil {
		level = slog.LevelInfo // the registry lets only slog's names through
	}
	out := &lateWriter{out: w}
	opts := &slog.HandlerOptions{Level: level}
	h := &lateHandler{out: out, lines: &lineFormat{json: config.Get(c, config.LogFormat) == "json"}}
	if h.lines.json {
		h.Handler = slog.NewJSONHandler(out, opts)
	} else {
		h.Handler = slog.NewTextHandler(out, opts)
	}
	return slog.New(h), out.flush
}

// lateSize is how many bytes of lines are written without waiting for more.
const lateSize = 64 << 10

// lateWriter collects lines and writes them within logDelay. A write holds nobody up
// but whose line was one too many, and those whose lines come faster than they can be
// written.
type lateWriter struct {
	out io.Writer

	mu      sync.Mutex
	lines   []byte // those that wait
	waiting bool   // for the end of logDelay

	writing sync.Mutex // taken before mu
	spare   []byte
}

// Write takes a line.
func (l *lateWriter) Write(line []byte) (int, error) {
	l.add(func(b []byte) ([]byte, bool) { return append(b, line...), true })
	return len(line), nil
}

// add takes what line appends, unless that reports false.
func (l *lateWriter) add(line func(b []byte) ([]byte, bool)) bool {
	ok, full := l.take(line)
	if full {
		l.flush()
	}
	return ok
}

func (l *lateWriter) take(line func(b []byte) ([]byte, bool)) (ok, full bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	b, ok := line(l.lines)
	if !ok {
		return false, false
	}
	l.lines = b
	if !l.waiting {
		l.waiting = true
		time.AfterFunc(logDelay, l.late)
	}
	return true, len(b) >= lateSize
}

// late writes what has waited for logDelay.
func (l *lateWriter) late() {
	l.mu.Lock()
	l.waiting = false
	l.mu.Unlock()
	l.flush()
}

// flush writes what waits. Lines that come meanwhile wait in the spare buffer.
func (l *lateWriter) flush() {
	l.writing.Lock()
	defer l.writing.Unlock()
	l.mu.Lock()
	b := l.lines
	l.lines = l.spare[:0]
	l.mu.Unlock()
	if len(b) > 0 {
		_, _ = l.out.Write(b) // there is nobody to tell that the log can't be written
	}
	if l.spare = nil; cap(b) <= 4*lateSize { // else a line as long as a book was in it
		l.spare = b
	}
}

// lateHandler writes at once from WARN on, together with what waits: a line that
// tells of trouble may be the last.
type lateHandler struct {
	slog.Handler

	out   *lateWriter
	lines *lineFormat // nil for loggers that add something to each line
}

// Handle writes a record.
func (h *lateHandler) Handle(ctx context.Context, r slog.Record) error {
	var err error
	if h.lines == nil || !h.lines.write(h.out, &r) {
		err = h.Handler.Handle(ctx, r)
	}
	if r.Level >= slog.LevelWarn {
		h.out.flush()
	}
	return err
}

// WithAttrs keeps the rule for loggers made of this one.
func (h *lateHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &lateHandler{Handler: h.Handler.WithAttrs(attrs), out: h.out}
}

// WithGroup keeps the rule for loggers made of this one.
func (h *lateHandler) WithGroup(name string) slog.Handler {
	return &lateHandler{Handler: h.Handler.WithGroup(name), out: h.out}
}

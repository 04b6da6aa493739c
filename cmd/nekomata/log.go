package main

import (
	"bufio"
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
	out := &lateWriter{out: bufio.NewWriterSize(w, 64<<10)}
	opts := &slog.HandlerOptions{Level: level}
	if config.Get(c, config.LogFormat) == "json" {
		return slog.New(&lateHandler{slog.NewJSONHandler(out, opts), out}), out.flush
	}
	return slog.New(&lateHandler{slog.NewTextHandler(out, opts), out}), out.flush
}

// lateWriter collects lines and writes them within logDelay.
type lateWriter struct {
	mu      sync.Mutex
	out     *bufio.Writer
	waiting bool
}

// Write takes a line.
func (l *lateWriter) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.waiting {
		l.waiting = true
		time.AfterFunc(logDelay, l.flush)
	}
	return l.out.Write(line)
}

func (l *lateWriter) flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting = false
	_ = l.out.Flush() // there is nobody to tell that the log can't be written
}

// lateHandler writes at once from WARN on, together with what waits: a line that
// tells of trouble may be the last.
type lateHandler struct {
	slog.Handler

	out *lateWriter
}

// Handle writes a record.
func (h *lateHandler) Handle(ctx context.Context, r slog.Record) error {
	err := h.Handler.Handle(ctx, r)
	if r.Level >= slog.LevelWarn {
		h.out.flush()
	}
	return err
}

// WithAttrs keeps the rule for loggers made of this one.
func (h *lateHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &lateHandler{h.Handler.WithAttrs(attrs), h.out}
}

// WithGroup keeps the rule for loggers made of this one.
func (h *lateHandler) WithGroup(name string) slog.Handler {
	return &lateHandler{h.Handler.WithGroup(name), h.out}
}

package main

import (
	"context"
	"io"
	"log/slog"

	"github.com/nekomata-sql/nekomata/config"
)

// newLog makes the log that the configuration asks for. flush writes what waits,
// unless nobody reads it; call it before the program ends.
func newLog(w io.Writer, c *config.Config) (log *slog.Logger, flush func()) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(config.Get(c, config.LogLevel))); err != nil {
		level = slog.LevelInfo // the registry lets only slog's names through
	}
	opts := &slog.HandlerOptions{Level: level}
	lines := &lineFormat{json: config.Get(c, config.LogFormat) == "json"}
	handler := func(w io.Writer) slog.Handler {
		if lines.json {
			return slog.NewJSONHandler(w, opts)
		}
		return slog.NewTextHandler(w, opts)
	}
	out := &lateWriter{out: w}
	note := slog.New(handler(quiet{out}))
	out.tell = func(lost int) { note.Warn("lines of the log are lost: nobody has read it", "lines", lost) }
	return slog.New(&lateHandler{Handler: handler(out), out: out, lines: lines}), out.flush
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

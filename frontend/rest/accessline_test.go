package rest

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/auth"
)

// TestAccessLinesAreSlogs compares what a line appends with what slog's handlers
// make of it.
func TestAccessLinesAreSlogs(t *testing.T) {
	t.Parallel()
	line := func(change func(*accessLine)) *accessLine {
		a := &accessLine{
			request: &http.Request{Method: http.MethodGet, URL: &url.URL{Path: "/api/v1/sessions/count"}},
			id:      "0ec1b2a6-7a0c-4c2e-9d6c-1f6d1d9a3b11", caller: auth.Principal{User: "anonymous"}, client: "127.0.0.1",
			status: http.StatusOK, bytes: 22, took: 123456 * time.Nanosecond,
		}
		change(a)
		return a
	}
	for name, tc := range map[string]struct {
		change func(*accessLine)
		left   bool // to slog
	}{
		"plain":           {func(*accessLine) {}, false},
		"slow":            {func(a *accessLine) { a.took, a.bytes = 3*time.Hour+time.Nanosecond, 1<<40 }, false},
		"at once":         {func(a *accessLine) { a.took, a.bytes, a.status = 0, 0, 499 }, false},
		"IPv6":            {func(a *accessLine) { a.client = "fe80::1%eth0" }, false},
		"punctuation":     {func(a *accessLine) { a.request.URL.Path = "/api/{x}/<y>&'z'?#;~" }, false},
		"not known":       {func(a *accessLine) { a.caller.User = "" }, true},
		"a space":         {func(a *accessLine) { a.request.URL.Path = "/api/v1/a b" }, true},
		"an equals sign":  {func(a *accessLine) { a.id = "a=b" }, true},
		"a quotation":     {func(a *accessLine) { a.id = `a"b` }, true},
		"a backslash":     {func(a *accessLine) { a.caller.User = `DOMAIN\me` }, true},
		"a line's end":    {func(a *accessLine) { a.request.URL.Path = "/api/v1/a\nlevel=ERROR" }, true},
		"DEL":             {func(a *accessLine) { a.request.URL.Path = "/api/\x7f" }, true},
		"beyond ASCII":    {func(a *accessLine) { a.caller.User = "mañana" }, true},
		"not even UTF-8":  {func(a *accessLine) { a.request.URL.Path = "/api/\xff" }, true},
		"a method anyhow": {func(a *accessLine) { a.request.Method = "G=T" }, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := line(tc.change)
			for _, asJSON := range []bool{false, true} {
				var slogs bytes.Buffer
				var h slog.Handler = slog.NewTextHandler(&slogs, nil)
				begin, end := "level=INFO msg=request", "\n"
				if asJSON {
					h = slog.NewJSONHandler(&slogs, nil)
					begin, end = `{"level":"INFO","msg":"request"`, "}\n"
				}
				r := slog.NewRecord(time.Time{}, slog.LevelInfo, "request", 0)
				r.AddAttrs(slog.Any("", a))
				require.NoError(t, h.Handle(t.Context(), r))
				b, ok := a.AppendAttrs([]byte(begin), asJSON)
				require.Equal(t, !tc.left, ok)
				if ok {
					require.Equal(t, slogs.String(), string(b)+end)
				}
				require.Equal(t, 1, strings.Count(slogs.String(), "\n"))
			}
		})
	}
}

// appendedLines is a log that takes requests' lines as the program's does.
type appendedLines struct {
	slog.Handler
	line []byte
}

func (*appendedLines) Enabled(context.Context, slog.Level) bool { return true }

func (l *appendedLines) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		if line, ok := a.Value.Any().(*accessLine); ok {
			l.line, _ = line.AppendAttrs(l.line[:0], false)
		}
		return true
	})
	return nil
}

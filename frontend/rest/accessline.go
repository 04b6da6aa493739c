package rest

import (
	"log/slog"
	"strconv"
)

// accessLine is what the log tells of an answered request, as the only attribute of
// its record. Any slog.Handler takes it for the eight that it stands for; one that
// knows AppendAttrs, for which there is a line a request, has them for a fifth of the
// time.
type accessLine APIRequestContext

// LogValue is a group, whose attributes a handler puts where the line's, that has no
// key, would be.
func (a *accessLine) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("method", a.request.Method), slog.String("path", a.request.URL.Path),
		slog.Int("status", a.status), slog.Int64("bytes", a.bytes), slog.Duration("took", a.took),
		slog.String("user", a.caller.User), slog.String("client", a.client), slog.String("requestId", a.id))
}

// AppendAttrs appends the attributes as slog's handlers write them, as text or as
// JSON, each with what parts it from the one before. It reports false when a value
// would have to be quoted, which it leaves to them.
func (a *accessLine) AppendAttrs(b []byte, asJSON bool) (_ []byte, ok bool) {
	path := a.request.URL.Path
	if !simple(a.request.Method) || !simple(path) || !simple(a.caller.User) || !simple(a.client) || !simple(a.id) {
		return b, false
	}
	if asJSON {
		return a.appendJSON(b), true
	}
	b = append(b, " method="...)
	b = append(b, a.request.Method...)
	b = append(b, " path="...)
	b = append(b, path...)
	b = append(b, " status="...)
	b = strconv.AppendInt(b, int64(a.status), 10)
	b = append(b, " bytes="...)
	b = strconv.AppendInt(b, a.bytes, 10)
	b = append(b, " took="...)
	b = append(b, a.took.String()...)
	b = append(b, " user="...)
	b = append(b, a.caller.User...)
	b = append(b, " client="...)
	b = append(b, a.client...)
	b = append(b, " requestId="...)
	return append(b, a.id...), true
}

func (a *accessLine) appendJSON(b []byte) []byte {
	b = append(b, `,"method":"`...)
	b = append(b, a.request.Method...)
	b = append(b, `","path":"`...)
	b = append(b, a.request.URL.Path...)
	b = append(b, `","status":`...)
	b = strconv.AppendInt(b, int64(a.status), 10)
	b = append(b, `,"bytes":`...)
	b = strconv.AppendInt(b, a.bytes, 10)
	b = append(b, `,"took":`...)
	b = strconv.AppendInt(b, int64(a.took), 10)
	b = append(b, `,"user":"`...)
	b = append(b, a.caller.User...)
	b = append(b, `","client":"`...)
	b = append(b, a.client...)
	b = append(b, `","requestId":"`...)
	b = append(b, a.id...)
	return append(b, '"')
}

// simple says whether text stands in a line as it is, in either format.
func simple(text string) bool {
	for i := range len(text) {
		if unsafeInLine[text[i]] {
			return false
		}
	}
	return text != ""
}

// unsafeInLine are the bytes for which slog's handlers quote a text, or might.
var unsafeInLine = func() (table [256]bool) {
	for b := range table {
		table[b] = b <= ' ' || b > '~' || b == '"' || b == '\\' || b == '='
	}
	return table
}()

package frontend

import (
	"bytes"
	"log"
	"log/slog"
)

// errorLog takes what net/http has to say. Handshakes that fail are the clients'
// affair, and port checks fail all day long.
type errorLog struct {
	log     *slog.Logger
	service string
}

func newErrorLog(l *slog.Logger, service string) *log.Logger {
	return log.New(errorLog{l, service}, "", 0)
}

// Write logs one line.
func (e errorLog) Write(line []byte) (int, error) {
	tell := e.log.Warn
	if bytes.HasPrefix(line, []byte("http: TLS handshake error")) {
		tell = e.log.Debug
	}
	tell("from the HTTP server", "service", e.service, "said", string(bytes.TrimSpace(line)))
	return len(line), nil
}

// Package lastwords tells a client something before its connection is closed. It knows
// how, and what a TLS or an HTTP client understands; it must not know why.
package lastwords

import (
	"fmt"
	"io"
	"net"
	"time"
)

// TLSAlert is a fatal handshake_failure, so that a TLS client fails at once and
// doesn't wait (RFC 8446, section 6).
var TLSAlert = []byte{0x15, 3, 1, 0, 2, 2, 40}

// HTTP is an answer to whatever an HTTP client has asked: 400, and text on a line.
func HTTP(text string) []byte {
	return fmt.Appendf(nil, "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s\n",
		len(text)+1, text)
}

// How long and how much a client is listened to that is about to be left.
const (
	lingerTime  = 200 * time.Millisecond
	lingerBytes = 64 << 10
)

// Say writes words, if there are any, and listens to the client for a moment, since a
// connection that is closed with unread bytes in it takes the words with it. The
// caller closes conn.
func Say(conn net.Conn, words []byte) {
	if len(words) == 0 {
		return
	}
	_ = conn.SetDeadline(time.Now().Add(lingerTime))
	if _, err := conn.Write(words); err != nil {
		return
	}
	if half, ok := conn.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
		_, _ = io.CopyN(io.Discard, conn, lingerBytes)
	}
}

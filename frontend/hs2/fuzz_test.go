package hs2_test

import (
	"bytes"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/nekomata-sql/nekomata/frontend/hs2"
)

// script is a connection whose client says it all at once and then hangs up.
type script struct {
	io.Reader
	said bytes.Buffer
}

func (s *script) Write(p []byte) (int, error)    { return s.said.Write(p) }
func (*script) Close() error                     { return nil }
func (*script) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (*script) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (*script) SetDeadline(time.Time) error      { return nil }
func (*script) SetReadDeadline(time.Time) error  { return nil }
func (*script) SetWriteDeadline(time.Time) error { return nil }

// FuzzSASL lets strangers speak from the first byte on, to both kinds of port.
func FuzzSASL(f *testing.F) {
	f.Add([]byte(goodLogin+frame(call(1, "OpenSession", openArguments))), false)
	f.Add([]byte(saslStep(1, "PLAIN")+saslStep(2, "a\x00b\x00c\x00d")), false)
	f.Add([]byte(saslStep(1, "GSSAPI")), false)
	f.Add([]byte("\x01\x7f\xff\xff\xff"), false)
	f.Add([]byte("GET / HTTP/1.1\r\n\r\n"), true)
	f.Add([]byte(call(1, "OpenSession", openArguments)), true)
	f.Add([]byte("\x16\x03\x01\x02\x00\x01"), true)
	f.Fuzz(func(t *testing.T, said []byte, noSASL bool) {
		back := newFake()
		h := hs2.New(hs2.Options{Backend: back, NoSASL: noSASL, MaxMessageSize: 1 << 16, PollTimeout: 1})
		serveConn(t.Context(), h, &script{Reader: bytes.NewReader(said)})
		if n := back.open(); n != 0 && !bytes.Contains(said, []byte("close.on.disconnect")) {
			t.Fatalf("%d sessions are left", n)
		}
	})
}

// FuzzMessage lets a client that has logged in send any message, and asks for an
// answer to the sane call behind it.
func FuzzMessage(f *testing.F) {
	f.Add([]byte(call(1, "OpenSession", openArguments)))
	f.Add([]byte(call(1, "GetLog", "\x0c\x00\x01\x00\x00")))
	f.Add([]byte(call(1, "GetInfo", field(12, 1, field(12, 1, field(12, 1, handleBytes("short")))+field(8, 2, "\x00\x00\x00\x11"))+"\x00")))
	f.Add([]byte(call(1, "FetchResults", field(12, 1, field(12, 1, field(12, 1, handleBytes("sixteen bytes id"))+
		field(8, 2, "\x00\x00\x00\x00")+field(2, 3, "\x01"))+field(8, 2, "\x00\x00\x00\x00")+field(10, 3, strings.Repeat("\xff", 8)))+"\x00")))
	f.Add([]byte(call(4, "GetInfo", "\x00")))
	f.Add([]byte(listClaim))
	f.Add([]byte("\x00\x00\x00\x07GetInfo\x01\x00\x00\x00\x01\x00"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, message []byte) {
		if len(message) > 1<<16 {
			return
		}
		h := hs2.New(hs2.Options{Backend: newFake(), MaxMessageSize: 1 << 16, PollTimeout: 1})
		s := &script{Reader: bytes.NewReader([]byte(goodLogin + frame(string(message)) + frame(call(1, "Purr", "\x00"))))}
		serveConn(t.Context(), h, s)
		if !bytes.Contains(s.said.Bytes(), []byte(`unknown method "Purr"`)) {
			t.Fatalf("the next call was not answered: %q", s.said.Bytes())
		}
	})
}

// field is a field of a struct with its value; kind 12 is a struct, which it ends.
func field(kind, id byte, value string) string {
	if kind == 12 {
		value += "\x00"
	}
	return string([]byte{kind, 0, id}) + value
}

// handleBytes are the fields of a THandleIdentifier.
func handleBytes(guid string) string { return field(11, 1, frame(guid)) + field(11, 2, frame("")) }

package frontend

import (
	"fmt"
	"io"
	"net"

	"github.com/nekomata-sql/nekomata/frontend/lastwords"
)

// strangers is a listener for HTTP. A client that begins as no HTTP client does, such
// as a driver that was not told of HTTP, would wait for its answer while the server
// waits for the end of a line; here it is told at once.
type strangers struct {
	net.Listener
	opts *HTTPOptions
}

// Accept gives the next connection, whose first byte is looked at when it is read.
func (l strangers) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	tcp, ok := nc.(*net.TCPConn)
	if !ok {
		return nc, nil
	}
	return &greeted{TCPConn: tcp, opts: l.opts}, nil
}

// greeted is a connection on which the first byte decides.
type greeted struct {
	*net.TCPConn
	opts  *HTTPOptions
	known bool
}

// Read reads, and ends the connection of a stranger.
func (c *greeted) Read(b []byte) (int, error) {
	n, err := c.TCPConn.Read(b)
	if c.known || n == 0 {
		return n, err
	}
	c.known = true
	if c.opts.expects(b[0]) {
		return n, err
	}
	c.opts.Log.Info("connection refused: no HTTP", "service", c.opts.Name, "client", c.RemoteAddr(),
		"reason", fmt.Sprintf("the first byte is 0x%02x", b[0]), "tls", c.opts.TLS != nil)
	lastwords.Say(c.TCPConn, c.opts.answer(b[0]))
	return 0, io.EOF
}

// expects says whether a client may begin so: with a letter or an empty line, as
// requests do, or with a TLS handshake. net/http has words for a request without TLS.
func (o *HTTPOptions) expects(first byte) bool {
	switch {
	case first >= 'A' && first <= 'Z', first >= 'a' && first <= 'z', first == '\r', first == '\n':
		return true
	default:
		return o.TLS != nil && first == handshakeRecord
	}
}

func (o *HTTPOptions) answer(first byte) []byte {
	if o.Stranger != nil {
		if answer := o.Stranger(first); answer != nil {
			return answer
		}
	}
	switch {
	case first == handshakeRecord:
		return lastwords.TLSAlert
	case o.TLS != nil:
		return nil
	default:
		return lastwords.HTTP("This port speaks HTTP.")
	}
}

package frontend

import (
	"context"
	"crypto/tls"
	"net"
	"time"
)

// PlainRefuser is a [ConnHandler] that has words for clients that don't begin with
// TLS on a port that expects it.
type PlainRefuser interface {
	// RefusePlain tells the client how to connect. Its conn begins with the client's
	// first byte; the caller closes it, and leaves it to this to log.
	RefusePlain(ctx context.Context, conn net.Conn)
}

// handshakeRecord is the first byte of every client that speaks TLS.
const handshakeRecord = 0x16

// secure returns conn once TLS stands, or nil. Whatever comes before that, an endless
// wait included, costs this connection only.
func (s *ThriftFrontendService) secure(ctx context.Context, conn net.Conn) net.Conn {
	_ = conn.SetDeadline(time.Now().Add(s.opts.HandshakeTimeout))
	first := make([]byte, 1)
	if _, err := conn.Read(first); err != nil { // most likely a port check: it connects and leaves
		s.opts.Log.Debug("connection ended before its TLS handshake", "service", s.String(), "client", conn.RemoteAddr(), "error", err)
		return nil
	}
	begun := &begunConn{Conn: conn, first: first}
	if first[0] != handshakeRecord {
		if h, ok := s.opts.Handler.(PlainRefuser); ok {
			h.RefusePlain(ctx, begun)
			return nil
		}
		s.opts.Log.Warn("connection refused: no TLS", "service", s.String(), "client", conn.RemoteAddr(),
			"reason", "the client begins without")
		return nil
	}
	secured := tls.Server(begun, s.opts.TLS)
	if err := secured.HandshakeContext(ctx); err != nil {
		s.opts.Log.Info("connection refused: no TLS", "service", s.String(), "client", conn.RemoteAddr(), "reason", err)
		return nil
	}
	if conn.SetDeadline(time.Time{}) != nil {
		return nil
	}
	return secured
}

// begunConn is a connection whose first byte was read already.
type begunConn struct {
	net.Conn
	first []byte
}

// Read gives the first byte again, then what follows.
func (c *begunConn) Read(b []byte) (int, error) {
	if len(c.first) > 0 && len(b) > 0 {
		n := copy(b, c.first)
		c.first = c.first[n:]
		return n, nil
	}
	return c.Conn.Read(b)
}

// CloseWrite says that nothing more will be written, where the connection can.
func (c *begunConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

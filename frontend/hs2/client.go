package hs2

import (
	"context"
	"log/slog"
	"net"

	"github.com/apache/thrift/lib/go/thrift"
	"github.com/google/uuid"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// conn is a client, whatever carries its messages: who it is, and where its calls
// are read and the answers written. One goroutine at a time touches it.
type conn struct {
	h        *Handler
	carrier  carrier
	frontend string   // which one it came to, by its name in kyuubi.frontend.protocols
	client   string   // its IP address
	server   net.Addr // where it came to
	wire     wire
	proto    *thrift.TBinaryProtocol

	now header // of the call that is being served
	id  identity
	// unnamed says that nobody knows who the client is before it opens a session.
	unnamed bool
	// opened are the sessions that it has opened on this connection, the youngest last.
	opened []opened
	recent recent
	// sent is to be called when the answer to the call has been sent; nil when nobody
	// wants to know.
	sent func()
}

// delivered says that the answer has been sent, or never will be.
func (c *conn) delivered() {
	if sent := c.sent; sent != nil {
		c.sent = nil
		sent()
	}
}

// carrier is what carries messages. It is told of each call.
type carrier interface {
	begin() // before the call is served
	end()   // after that
}

// opened is a session of this connection.
type opened struct {
	id    uuid.UUID
	terms terms
	// keep leaves the session open when the connection drops.
	keep bool
}

// recent is the statement that was begun last, in a session of this connection, and the
// terms of its rows: what is asked about it next need not look these up.
type recent struct {
	id    uuid.UUID
	terms terms
}

// log is ours, with the client's address. Most clients give no reason to write to it.
func (c *conn) log() *slog.Logger { return c.h.log.With("client", c.client) }

// logCause is the one place where a failure that is the gateway's to mend leaves its cause.
func (c *conn) logCause(ctx context.Context, err *sqlerr.Error, what string) {
	if level, ok := err.ForOperators(); ok {
		c.log().Log(ctx, level, "a call failed", "call", what, "user", c.id.principal.User, "err", err)
	}
}

package hs2

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"time"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/nekomata-sql/nekomata/auth"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// socket is a client on a connection of its own: it logs in once, and then its
// calls come one after the other. Its goroutine alone touches it, but for the watch.
type socket struct {
	conn
	nc    net.Conn
	watch watch
}

// ServeConn logs a client in and serves its calls until it leaves, breaks the
// protocol, or ctx is done; a call that is being served then is answered first.
// At the end conn is closed, and with it the sessions that it opened, unless they
// are to be kept.
func (h *Handler) ServeConn(ctx context.Context, nc net.Conn) {
	defer nc.Close()
	c := h.newSocket(nc)

	// A stop ends the waiting for the next call, not the call being served; that
	// ends early when its client is gone.
	stop := context.AfterFunc(ctx, func() { _ = nc.SetReadDeadline(past) })
	defer stop()
	calls, gone := context.WithCancelCause(context.WithoutCancel(ctx))
	defer gone(nil)
	c.watch.gone = func() { gone(errGone) }

	if c.readUntil(ctx, h.loginDeadline()) != nil {
		return
	}
	id, err := c.login(calls)
	if err != nil {
		c.turnAway(err)
		return
	}
	c.id = id
	defer c.closeSessions(context.WithoutCancel(ctx))
	c.serve(ctx, calls)
}

func (h *Handler) newSocket(nc net.Conn) *socket {
	c := &socket{nc: nc, conn: conn{h: h, client: host(nc.RemoteAddr()), server: nc.LocalAddr(), frontend: "THRIFT_BINARY"}}
	c.carrier = c
	c.log = h.log.With("client", c.client)
	c.wire.r, c.wire.lender = bufio.NewReaderSize(nc, readSize), &h.buffers
	c.proto = thrift.NewTBinaryProtocolConf(&c.wire, h.conf)
	c.watch = watch{nc: nc, r: c.wire.r}
	return c
}

var errGone = sqlerr.New(sqlerr.Canceled, "the client closed the connection")

// begin watches whether the client is still there while its call is served.
func (c *socket) begin() { c.watch.begin() }

func (c *socket) end() {
	if !c.watch.end() {
		_ = c.nc.SetReadDeadline(noDeadline) // the loop looks whether a stop came in between
	}
}

// readUntil sets the read deadline. It fails when ctx is done, since that has set
// its own.
func (c *socket) readUntil(ctx context.Context, t time.Time) error {
	if err := c.nc.SetReadDeadline(t); err != nil {
		return err
	}
	return ctx.Err()
}

// serve answers calls. Without SASL the deadline of the login holds for the first
// call too, since only that shows what the client is.
func (c *socket) serve(ctx, calls context.Context) {
	known := c.wire.framed
	if known && c.readUntil(ctx, noDeadline) != nil {
		return
	}
	for ctx.Err() == nil {
		if err := c.wire.begin(c.h.opts.MaxMessageSize); err != nil {
			c.logEnd(ctx, err)
			c.explain(calls, err)
			return
		}
		if err := c.exchange(ctx, calls); err != nil {
			c.logEnd(ctx, err)
			return
		}
		if !known && c.readUntil(ctx, noDeadline) != nil {
			return
		}
		known = true
		c.wire.done()
	}
}

// explain tells the client why its message is not read.
func (c *socket) explain(ctx context.Context, err error) {
	var frame *frameError
	if !errors.As(err, &frame) {
		return
	}
	c.wire.reset()
	c.writeException(ctx, header{}, thrift.PROTOCOL_ERROR, frame.text)
	if last, err := c.wire.finish(); err == nil {
		c.lastWords(last)
	}
}

// exchange reads one call and writes its answer.
func (c *socket) exchange(ctx, calls context.Context) error {
	c.wire.reset()
	broken := c.answer(auth.NewContext(calls, c.id.principal))
	reply, err := c.wire.finish()
	if err != nil {
		return err
	}
	if _, err := c.nc.Write(reply); err != nil {
		return err
	}
	if broken != nil {
		return broken
	}
	return ctx.Err()
}

// logEnd tells why a connection ends, where that is not the usual way.
func (c *socket) logEnd(ctx context.Context, err error) {
	var frame *frameError
	switch {
	case ctx.Err() != nil, errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF):
		c.log.Debug("connection closed", "user", c.id.principal.User)
	case errors.As(err, &frame):
		c.log.Warn("connection closed: the message can't be read or sent", "user", c.id.principal.User, "reason", frame.text)
	default:
		c.log.Info("connection lost", "user", c.id.principal.User, "err", err)
	}
}

// closeSessions closes what the client left open.
func (c *socket) closeSessions(ctx context.Context) {
	ctx = auth.NewContext(ctx, c.id.principal)
	for _, s := range c.opened {
		if s.keep {
			continue
		}
		err := c.h.opts.Backend.CloseSession(ctx, s.id)
		switch {
		case err == nil:
			c.log.Info("the connection has dropped: its session is closed", "session", s.id, "user", c.id.principal.User)
		case !errors.Is(err, sqlerr.NotFound): // it may have been closed from elsewhere
			c.log.Warn("a session did not close cleanly", "session", s.id, "err", err)
		}
	}
}

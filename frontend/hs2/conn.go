package hs2

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/nekomata-sql/nekomata/auth"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// socket is a client on a connection of its own: it logs in once, and then its
// calls come one after the other. One goroutine at a time touches it, but for the watch.
type socket struct {
	conn
	nc    net.Conn
	watch watch
	// known says that the client is one of ours: its calls are waited for without end.
	known bool
	// goOn serves the calls to come, and leave ends the connection.
	goOn, leave func()
}

// ServeConn logs a client in and serves its calls until it leaves, breaks the
// protocol, or ctx is done; a call that is being served then is answered first.
// At the end conn is closed, and with it the sessions that it opened, unless they
// are to be kept, and done is called. ServeConn may return before that, when another
// goroutine has gone on with the connection, or after it, at the end of a statement.
func (h *Handler) ServeConn(ctx context.Context, nc net.Conn, done func()) {
	c := h.newSocket(nc)

	// A stop ends the waiting for the next call, not the call being served; that
	// ends early when its client is gone.
	stop := context.AfterFunc(ctx, func() { _ = nc.SetReadDeadline(past) })
	calls, gone := context.WithCancelCause(context.WithoutCancel(ctx))
	c.watch.gone = func() { gone(errGone) }
	c.leave = sync.OnceFunc(func() {
		defer done()
		defer nc.Close()
		defer stop()
		defer gone(nil)
		c.closeSessions(context.WithoutCancel(ctx))
	})
	c.goOn = func() {
		if c.serve(ctx, calls) {
			c.leave()
		}
	}

	panics := true
	defer func() {
		if panics { // what it leaves is cleared away all the same
			c.leave()
		}
	}()
	c.begun(ctx, calls)
	panics = false
}

// begun logs the client in and serves it.
func (c *socket) begun(ctx, calls context.Context) {
	if c.readUntil(ctx, c.h.loginDeadline()) != nil {
		c.leave()
		return
	}
	id, err := c.login(calls)
	if err != nil {
		c.turnAway(err)
		c.leave()
		return
	}
	c.id, c.known = id, c.wire.framed
	if c.known && c.readUntil(ctx, noDeadline) != nil {
		c.leave()
		return
	}
	c.goOn()
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

// serve answers calls until the connection is to end, or until another goroutine has
// taken it over: then it returns false, and the caller must not touch it. Without SASL
// the deadline of the login holds for the first call too, since only that shows what
// the client is.
func (c *socket) serve(ctx, calls context.Context) (over bool) {
	who := c.id.principal
	caller := auth.NewContext(calls, who)
	for ctx.Err() == nil {
		if err := c.wire.begin(c.h.opts.MaxMessageSize); err != nil {
			c.logEnd(ctx, err)
			c.explain(calls, err)
			return true
		}
		if c.id.principal != who {
			who = c.id.principal
			caller = auth.NewContext(calls, who) //nolint:fatcontext // made anew of calls
		}
		c.wire.reset()
		err := c.answer(caller)
		if errors.Is(err, errTakenOver) {
			return false
		}
		if err = c.send(ctx, err); err != nil {
			c.logEnd(ctx, err)
			return true
		}
	}
	return true
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

// send sends the answer and makes ready for the next call. broken is why there can be
// none.
func (c *socket) send(ctx context.Context, broken error) error {
	defer c.delivered()
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
	if !c.known {
		c.known = true
		if err := c.readUntil(ctx, noDeadline); err != nil {
			return err
		}
	}
	c.wire.done()
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

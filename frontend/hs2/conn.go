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
	"github.com/nekomata-sql/nekomata/frontend/lastwords"
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

	// The connection's own life, which goes from goroutine to goroutine: what ends it,
	// what all calls are served in, and the same with the client's name.
	ctx, calls, call context.Context //nolint:containedctx // see above
	// unstop, gone and done are called at the end.
	unstop func() bool
	gone   context.CancelCauseFunc
	done   func()
}

// ServeConn logs a client in and serves its calls until it leaves, breaks the
// protocol, or ctx is done; a call that is being served then is answered first.
// At the end conn is closed, and with it the sessions that it opened, unless they
// are to be kept, and done is called. ServeConn may return before that, when another
// goroutine has gone on with the connection, or after it, at the end of a statement.
func (h *Handler) ServeConn(ctx context.Context, nc net.Conn, done func()) {
	c := h.newSocket(nc)
	over := true
	defer func() {
		if over { // also by a panic
			c.leave()
		}
	}()
	if c.welcome(ctx, done) {
		over = c.serve()
	}
}

// welcome has the client log in.
func (c *socket) welcome(ctx context.Context, done func()) bool {
	c.ctx, c.done = ctx, done
	// A stop ends the waiting for the next call, not the call being served; that
	// ends early when its client is gone.
	c.unstop = context.AfterFunc(ctx, func() { _ = c.nc.SetReadDeadline(past) })
	c.calls, c.gone = context.WithCancelCause(context.WithoutCancel(ctx))
	c.watch.gone = func() { c.gone(errGone) }
	if c.readUntil(c.h.loginDeadline()) != nil {
		return false
	}
	id, err := c.login(c.calls)
	if err != nil {
		c.turnAway(err)
		return false
	}
	c.call = auth.NewContext(c.calls, id.principal)
	c.id, c.known = id, c.wire.framed
	return !c.known || c.readUntil(noDeadline) == nil
}

// leave ends the connection.
func (c *socket) leave() {
	defer c.done()
	defer c.nc.Close()
	defer c.unstop()
	defer c.gone(nil)
	c.closeSessions(context.WithoutCancel(c.ctx))
}

func (h *Handler) newSocket(nc net.Conn) *socket {
	c := &socket{nc: nc, conn: conn{h: h, client: host(nc.RemoteAddr()), server: nc.LocalAddr(), frontend: "THRIFT_BINARY"}}
	c.carrier = c
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
func (c *socket) readUntil(t time.Time) error {
	if err := c.nc.SetReadDeadline(t); err != nil {
		return err
	}
	return c.ctx.Err()
}

// serve answers calls until the connection is over, or until another goroutine has
// taken it: then it returns false, and the caller must not touch it. Thousands of
// connections wait for their next call at a time; what is on the stack then is kept small.
func (c *socket) serve() (over bool) {
	for c.await() {
		if err := c.exchange(); err != nil {
			return c.fell(err)
		}
	}
	return true
}

// await waits for the next call to begin. Without SASL the deadline of the login holds
// for the first one too, since only that shows what the client is.
func (c *socket) await() bool {
	if c.ctx.Err() != nil {
		return false
	}
	_, err := c.wire.r.Peek(1)
	if err != nil {
		c.logEnd(err)
	}
	return err == nil
}

// exchange reads one call and writes its answer.
func (c *socket) exchange() error {
	if err := c.wire.begin(c.h.opts.MaxMessageSize); err != nil {
		c.explain(err)
		return err
	}
	call := c.call
	if c.unnamed { // it may say another name with each session
		call = auth.NewContext(c.calls, c.id.principal)
	}
	c.wire.reset()
	err := c.answer(call)
	if errors.Is(err, errTakenOver) {
		return err
	}
	return c.send(err)
}

// fell tells whether err is the connection's end, and logs that.
func (c *socket) fell(err error) (over bool) {
	if errors.Is(err, errTakenOver) {
		return false
	}
	c.logEnd(err)
	return true
}

// explain tells the client why its message is not read.
func (c *socket) explain(err error) {
	var frame *frameError
	if !errors.As(err, &frame) {
		return
	}
	c.wire.reset()
	c.writeException(c.calls, header{}, thrift.PROTOCOL_ERROR, frame.text)
	if last, err := c.wire.finish(); err == nil {
		lastwords.Say(c.nc, last)
	}
}

// send sends the answer and makes ready for the next call. broken is why there can be
// none.
func (c *socket) send(broken error) error {
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
		if err := c.readUntil(noDeadline); err != nil {
			return err
		}
	}
	c.wire.done()
	return c.ctx.Err()
}

// logEnd tells why a connection ends, where that is not the usual way.
func (c *socket) logEnd(err error) {
	var frame *frameError
	switch {
	case c.ctx.Err() != nil, errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF):
		c.log().Debug("connection closed", "user", c.id.principal.User)
	case errors.As(err, &frame):
		c.log().Warn("connection closed: the message can't be read or sent", "user", c.id.principal.User, "reason", frame.text)
	default:
		c.log().Info("connection lost", "user", c.id.principal.User, "err", err)
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
			c.log().Info("the connection has dropped: its session is closed", "session", s.id, "user", c.id.principal.User)
		case !errors.Is(err, sqlerr.NotFound): // it may have been closed from elsewhere
			c.log().Warn("a session did not close cleanly", "session", s.id, "err", err)
		}
	}
}

package hs2

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/nekomata-sql/nekomata/sqlerr"
	tcli "github.com/nekomata-sql/nekomata/thrift/hive"
)

// header is what the answer repeats of a call.
type header struct {
	name string
	seq  int32
}

// exception fails a call outside of its own answer, as a TApplicationException;
// for calls whose answer has no status, or that could not be understood.
type exception struct {
	kind int32
	text string
}

func (e *exception) Error() string { return e.text }

// response is a generated struct.
type response interface {
	Write(ctx context.Context, p thrift.TProtocol) error
}

// message is a response that writes its whole Thrift message itself.
type message interface {
	// messageSize is about how many bytes appendMessage will append.
	messageSize() int
	appendMessage(dst []byte, seq int32) ([]byte, error)
}

// method decodes the arguments of a call, serves it and writes the answer. An
// error says that the bytes could not be understood.
type method func(ctx context.Context, c *conn, h header) error

// procedure makes a method of a function and of how a failure is told: refuse
// makes a response with nothing but that status.
func procedure[Q any, P interface {
	*Q
	Read(ctx context.Context, p thrift.TProtocol) error
}](serve func(*conn, context.Context, P) (response, error), refuse func(*tcli.TStatus) response) method {
	return func(ctx context.Context, c *conn, h header) error {
		req := P(new(Q))
		if c.wire.framed && brief(c.wire.frame, req) {
			c.wire.frame = nil
		} else {
			req = P(new(Q))
			if err := readArguments(ctx, c.proto, req); err != nil {
				return err
			}
		}
		c.carrier.begin()
		return c.complete(ctx, h, func() (response, error) { return serve(c, ctx, req) }, refuse)
	}
}

// complete serves a call that has begun and writes its answer, whatever becomes of it,
// unless another goroutine has done so: then it fails with errTakenOver.
func (c *conn) complete(ctx context.Context, h header, serve func() (response, error), refuse func(*tcli.TStatus) response) error {
	err := c.attempt(ctx, h, serve)
	if errors.Is(err, errTakenOver) {
		return err
	}
	c.carrier.end()
	if err != nil {
		c.wire.out = c.wire.out[:c.wire.prefix]
		c.fail(ctx, h, err, refuse)
	}
	return nil
}

// attempt serves a call and writes the answer; a panic is an error of this call only.
func (c *conn) attempt(ctx context.Context, h header, serve func() (response, error)) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = sqlerr.From(fmt.Errorf("panic: %v\n%s", p, debug.Stack()))
		}
	}()
	r, err := serve()
	if err != nil {
		return err
	}
	if m, ok := r.(message); ok {
		c.wire.out = c.h.buffers.grow(c.wire.out, m.messageSize())
		c.wire.out, err = m.appendMessage(c.wire.out, h.seq)
	} else {
		c.writeReply(ctx, h, r)
	}
	// Clients have a limit as well, mostly the same, and lose the connection over it.
	if limit := c.h.opts.MaxMessageSize; err == nil && len(c.wire.out) > limit {
		err = sqlerr.New(sqlerr.TooLarge, "the answer of %d bytes exceeds the limit of %d "+
			"(kyuubi.frontend.thrift.max.message.size): fetch fewer rows or smaller values, or raise it here and in the client",
			len(c.wire.out), limit)
	}
	return err
}

// fail writes the answer of a call that failed.
func (c *conn) fail(ctx context.Context, h header, err error, refuse func(*tcli.TStatus) response) {
	if x, ok := errors.AsType[*exception](err); ok {
		c.writeException(ctx, h, x.kind, x.text)
		return
	}
	e := sqlerr.From(err)
	c.logCause(ctx, e, h.name)
	if refuse == nil {
		c.writeException(ctx, h, thrift.INTERNAL_ERROR, e.Message)
		return
	}
	c.writeReply(ctx, h, refuse(status(e)))
}

// answer reads a call and writes its answer. An error means that nobody knows
// where the next call begins; what has been written is still to be sent.
func (c *conn) answer(ctx context.Context) error {
	if c.wire.framed {
		if m, seq, arguments, ok := briefCall(c.wire.frame); ok {
			c.wire.frame = arguments
			return c.serveCall(ctx, header{m.name, seq}, m.serve)
		}
	}
	name, kind, seq, err := c.proto.ReadMessageBegin(ctx)
	h := header{name, seq}
	if err != nil {
		return c.malformed(ctx, h, "the message is no strict TBinaryProtocol call", err)
	}
	if kind != thrift.CALL {
		return c.skip(ctx, h, &exception{
			thrift.INVALID_MESSAGE_TYPE_EXCEPTION,
			fmt.Sprintf("only calls (1) are served, not messages of type %d", kind),
		})
	}
	serve, ok := methods[name]
	if !ok {
		return c.skip(ctx, h, &exception{thrift.UNKNOWN_METHOD, fmt.Sprintf("unknown method %.100q", name)})
	}
	return c.serveCall(ctx, h, serve)
}

// serveCall serves a call of a known method.
func (c *conn) serveCall(ctx context.Context, h header, serve method) error {
	c.now = h
	if err := serve(ctx, c, h); errors.Is(err, errTakenOver) {
		return err
	} else if err != nil {
		return c.malformed(ctx, h, "the arguments of "+h.name+" can't be read", err)
	}
	return nil
}

// malformed answers bytes that could not be understood. Within a frame that is the
// end of it; without, the next call can't be found.
func (c *conn) malformed(ctx context.Context, h header, text string, err error) error {
	c.log().Info("malformed message", "user", c.id.principal.User, "reason", text, "err", err)
	c.writeException(ctx, h, thrift.PROTOCOL_ERROR, text)
	if c.wire.framed {
		return nil
	}
	return &frameError{text}
}

// skip passes over the arguments of a message that is not served, and says why.
func (c *conn) skip(ctx context.Context, h header, x *exception) error {
	c.log().Debug("message not served", "user", c.id.principal.User, "reason", x.text)
	if !c.wire.framed {
		if err := c.proto.Skip(ctx, thrift.STRUCT); err != nil {
			return c.malformed(ctx, h, "the arguments can't be read", err)
		}
	}
	c.writeException(ctx, h, x.kind, x.text)
	return nil
}

// errNoRequest is a call without its one argument.
var errNoRequest = errors.New("the argument req is missing")

// readArguments reads the struct of arguments, which holds one request.
func readArguments(ctx context.Context, p *thrift.TBinaryProtocol, req interface {
	Read(ctx context.Context, p thrift.TProtocol) error
},
) error {
	found := false
	for {
		_, kind, id, err := p.ReadFieldBegin(ctx)
		if err != nil {
			return err
		}
		switch {
		case kind == thrift.STOP && found:
			return nil
		case kind == thrift.STOP:
			return errNoRequest
		case kind == thrift.STRUCT && id == 1 && !found:
			err, found = req.Read(ctx, p), true
		default:
			err = p.Skip(ctx, kind)
		}
		if err != nil {
			return err
		}
	}
}

// writeReply writes an answer. Writing to memory does not fail.
func (c *conn) writeReply(ctx context.Context, h header, r response) {
	_ = c.proto.WriteMessageBegin(ctx, h.name, thrift.REPLY, h.seq)
	_ = c.proto.WriteFieldBegin(ctx, "success", thrift.STRUCT, 0)
	_ = r.Write(ctx, c.proto)
	_ = c.proto.WriteFieldStop(ctx)
}

func (c *conn) writeException(ctx context.Context, h header, kind int32, text string) {
	_ = c.proto.WriteMessageBegin(ctx, h.name, thrift.EXCEPTION, h.seq)
	_ = thrift.NewTApplicationException(kind, text).Write(ctx, c.proto)
}

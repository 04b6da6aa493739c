package hs2

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/nekomata-sql/nekomata/auth"
	"github.com/nekomata-sql/nekomata/frontend/lastwords"
)

// The first byte tells what a client speaks.
const (
	byteSASL  = saslStart
	byteRaw   = 0x80 // the version word of a strict TBinaryProtocol message
	byteHello = 0x16 // a TLS handshake record
)

// refusal is why a connection was not let in, and what the client is told.
type refusal struct {
	reason string
	reply  []byte
}

func (r *refusal) Error() string { return r.reason }

// login finds out what the client speaks and who it is.
func (c *socket) login(ctx context.Context) (identity, error) {
	first, err := c.wire.r.Peek(1)
	if err != nil {
		return identity{}, err
	}
	noSASL := c.h.opts.NoSASL
	switch b := first[0]; {
	case b == byteSASL && !noSASL:
		id, err := c.negotiate(ctx)
		c.wire.framed, c.wire.prefix = true, frameHeader
		return id, err
	case b == byteRaw && noSASL:
		c.unnamed = true
		return c.stranger(ctx), nil
	case b == byteSASL:
		return identity{}, refuseSASL("this port takes no SASL (kyuubi.authentication=NOSASL): connect with auth=noSasl")
	case b == byteRaw:
		return identity{}, c.refuseRaw(ctx, "this port expects SASL: connect without auth=noSasl, or set kyuubi.authentication=NOSASL on the server")
	case b > saslStart && b <= saslComplete:
		return identity{}, refuseSASL("the SASL negotiation must begin with START (1), not with status %d", b)
	case b >= 'A' && b <= 'Z':
		return identity{}, refuseHTTP("This port speaks HiveServer2's binary Thrift protocol, not HTTP.")
	case b == byteHello:
		return identity{}, &refusal{"a TLS handshake on a port without TLS", lastwords.TLSAlert}
	default:
		return identity{}, &refusal{reason: fmt.Sprintf("the first byte is 0x%02x: neither SASL (0x01) nor strict binary Thrift (0x80)", b)}
	}
}

// stranger is a client without SASL until it opens a session. Where names are
// believed it is as good as anybody; elsewhere it may do nothing.
func (c *socket) stranger(ctx context.Context) identity {
	p, err := c.h.opts.Auth.Authenticate(ctx, auth.Anonymous, "")
	if err != nil {
		p = auth.Principal{User: auth.Anonymous}
	}
	p.Address = c.client
	return identity{principal: p, acting: p.User}
}

func refuseHTTP(text string) *refusal {
	return &refusal{"an HTTP request on a port for binary Thrift", lastwords.HTTP(text)}
}

// refuseRaw answers the first call of a client that doesn't know of SASL.
func (c *socket) refuseRaw(ctx context.Context, text string) error {
	r := &refusal{reason: "a client without SASL: " + text}
	if err := c.wire.begin(loginLimit); err != nil {
		return err
	}
	name, _, seq, err := c.proto.ReadMessageBegin(ctx)
	if err != nil {
		return r
	}
	c.wire.reset()
	c.writeException(ctx, header{name, seq}, thrift.INVALID_PROTOCOL, text)
	r.reply = c.wire.out
	return r
}

// turnAway logs why a connection ends before its login, and tells the client.
func (c *socket) turnAway(err error) {
	var r *refusal
	switch {
	case errors.As(err, &r):
		c.log().Warn("connection refused", "reason", r.reason)
	case errors.Is(err, os.ErrDeadlineExceeded):
		c.log().Info("connection refused", "reason", "the login took longer than "+c.h.opts.LoginTimeout.String())
		return
	default: // most likely a port check: it connects and leaves
		c.log().Debug("connection ended before its login", "err", err)
		return
	}
	lastwords.Say(c.nc, r.reply)
}

// host is the IP address of an address, or its text when it has none.
func host(a net.Addr) string {
	if a == nil {
		return ""
	}
	h, _, err := net.SplitHostPort(a.String())
	if err != nil {
		return a.String()
	}
	return h
}

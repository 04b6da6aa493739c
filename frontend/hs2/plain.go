package hs2

import (
	"context"
	"net"
)

// RefusePlain tells a client without TLS, on a port that expects it, how to connect.
// A client that speaks neither SASL nor Thrift nor HTTP is told nothing. The caller
// closes nc.
func (h *Handler) RefusePlain(ctx context.Context, nc net.Conn) {
	const text = "this port expects TLS: connect with ssl=true"
	c := h.newSocket(nc)
	c.ctx = ctx
	if c.readUntil(h.loginDeadline()) != nil {
		return
	}
	first, err := c.wire.r.Peek(1)
	if err != nil {
		return
	}
	switch b := first[0]; {
	case b == byteSASL:
		c.turnAway(refuseSASL(text))
	case b == byteRaw:
		c.turnAway(c.refuseRaw(ctx, text))
	case b >= 'A' && b <= 'Z':
		c.turnAway(refuseHTTP("This port speaks HiveServer2's binary Thrift protocol over TLS, not HTTP."))
	default:
		c.turnAway(&refusal{reason: text})
	}
}

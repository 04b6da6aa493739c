package hs2

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/nekomata-sql/nekomata/frontend/lastwords"
)

// RefusePlain tells a client without TLS, on a port that expects it, how to connect.
// A client that speaks neither SASL nor Thrift nor HTTP is told nothing. The caller
// closes nc.
func (h *Handler) RefusePlain(ctx context.Context, nc net.Conn) {
	c := h.newSocket(nc)
	err := c.hear(ctx, h.loginDeadline(), "this port expects TLS: connect with ssl=true",
		"This port speaks HiveServer2's binary Thrift protocol over TLS, not HTTP.")
	if r, ok := errors.AsType[*refusal](err); ok {
		c.turnAway(r)
	}
}

// fullTime is how long a client may take to begin when it is to be told that the
// limit is reached.
const fullTime = time.Second

const fullText = "the gateway has as many connections as it takes (kyuubi.frontend.thrift.max.connections): try again later"

// Full answers the requests of HTTP clients beyond the limit of connections: 503.
func Full(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Retry-After", "5")
	http.Error(w, fullText, http.StatusServiceUnavailable)
}

// RefuseFull tells a client that there are as many connections as there may be. It
// doesn't log. The caller closes nc.
func (h *Handler) RefuseFull(ctx context.Context, nc net.Conn) {
	c := h.newSocket(nc)
	if r, ok := errors.AsType[*refusal](c.hear(ctx, time.Now().Add(fullTime), fullText, fullText)); ok {
		lastwords.Say(c.nc, r.reply)
	}
}

// hear waits for a client to begin and makes a refusal of a text, in the protocol that
// it speaks; web is for those who speak HTTP.
func (c *socket) hear(ctx context.Context, until time.Time, text, web string) error {
	c.ctx = ctx
	if err := c.readUntil(until); err != nil {
		return err
	}
	first, err := c.wire.r.Peek(1)
	if err != nil {
		return err
	}
	switch b := first[0]; {
	case b == byteSASL:
		return refuseSASL("%s", text)
	case b == byteRaw:
		return c.refuseRaw(ctx, text)
	case b >= 'A' && b <= 'Z':
		return refuseHTTP(web)
	default:
		return &refusal{reason: text}
	}
}

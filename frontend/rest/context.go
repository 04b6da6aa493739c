package rest

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/nekomata-sql/nekomata/auth"
)

// requestIDHeader carries the id of a request, in and out.
const requestIDHeader = "X-Request-Id"

// noSniff is shared by all answers: nobody may change its element.
var noSniff = []string{"nosniff"}

// APIRequestContext is one request on its way: who asks, from where, under which
// id, and what has been answered so far. It is the http.ResponseWriter of its
// request.
type APIRequestContext struct {
	http.ResponseWriter

	request *http.Request
	began   time.Time
	// id is the request's id: the client's, or one of ours.
	id string
	// headers are what those of nearly all answers point to: a slice for each costs an
	// allocation.
	headers struct{ id, mediaType [1]string }
	// caller is who asks. His address is the socket's; nobody can make it up.
	caller auth.Principal
	// known says that caller has been authenticated, and called is the context that
	// says so, once somebody has wanted it.
	known  bool
	called context.Context //nolint:containedctx // it lives as long as its request
	// client is the client's IP address, as a proxy tells it or else the socket's.
	client string
	// route is the pattern of the path, variables those in it and values what they
	// stand for.
	route             string
	variables, values []string
	// bearer says that bearer tokens are taken too.
	bearer bool
	// status is 0 until the answer has begun.
	status int
	bytes  int64
	// took is how long the answer has taken, once it has ended.
	took time.Duration
}

func newContext(w http.ResponseWriter, r *http.Request, clientIPHeader string) *APIRequestContext {
	c := &APIRequestContext{ResponseWriter: w, request: r, began: time.Now(), id: requestID(r), route: "none"}
	c.caller.Address = host(r.RemoteAddr)
	c.client = c.caller.Address
	if clientIPHeader != "" {
		if ip, err := netip.ParseAddr(strings.TrimSpace(r.Header.Get(clientIPHeader))); err == nil {
			c.client = ip.String()
		}
	}
	c.headers.id[0] = c.id
	h := w.Header()
	h[requestIDHeader] = c.headers.id[:]
	h["X-Content-Type-Options"] = noSniff
	return c
}

// requestID is the client's id for its request, unless it could spoil a log.
func requestID(r *http.Request) string {
	const longest = 128
	sent := r.Header[requestIDHeader]
	if len(sent) == 0 || sent[0] == "" || len(sent[0]) > longest {
		return newRequestID()
	}
	id := sent[0]
	for i := range len(id) {
		if id[i] <= ' ' || id[i] > '~' {
			return newRequestID()
		}
	}
	return id
}

// newRequestID is a random UUID.
//
//nolint:gosec // it has to be another one each time, and is no secret
func newRequestID() string {
	var u uuid.UUID
	binary.NativeEndian.PutUint64(u[:8], rand.Uint64())
	binary.NativeEndian.PutUint64(u[8:], rand.Uint64())
	u[6] = u[6]&0x0f | 0x40 // version 4
	u[8] = u[8]&0x3f | 0x80 // variant of RFC 9562
	return u.String()
}

func host(address string) string {
	h, _, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	return h
}

// serverAddress is the IP address at which the request came in.
func (c *APIRequestContext) serverAddress() string {
	if a, ok := c.request.Context().Value(http.LocalAddrContextKey).(net.Addr); ok {
		return host(a.String())
	}
	return ""
}

// context is the request's context, with the caller in it as soon as he is known.
func (c *APIRequestContext) context() context.Context {
	if !c.known {
		return c.request.Context()
	}
	if c.called == nil {
		c.called = auth.NewContext(c.request.Context(), c.caller)
	}
	return c.called
}

// WriteHeader begins the answer.
func (c *APIRequestContext) WriteHeader(status int) {
	if c.status == 0 && status >= http.StatusOK {
		c.status = status
	}
	c.ResponseWriter.WriteHeader(status)
}

// Write sends a part of the answer's body.
func (c *APIRequestContext) Write(b []byte) (int, error) {
	if c.status == 0 {
		c.status = http.StatusOK
	}
	n, err := c.ResponseWriter.Write(b)
	c.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (c *APIRequestContext) Unwrap() http.ResponseWriter { return c.ResponseWriter }

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// json answers with v as JSON.
func (c *APIRequestContext) json(status int, v any) error {
	buf, _ := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(buf)
	buf.Reset()
	enc := json.NewEncoder(buf)
	enc.SetEscapeHTML(false) // it is no HTML, and SQL is full of < and >
	if err := enc.Encode(v); err != nil {
		return err
	}
	c.body(status, "application/json", bytes.TrimRight(buf.Bytes(), "\n"))
	return nil
}

// text answers with a sentence.
func (c *APIRequestContext) text(s string) error {
	c.body(http.StatusOK, "text/plain", []byte(s))
	return nil
}

// toldAnyway is a size of bodies to which net/http tells their length by itself, and
// cheaper than a handler can.
const toldAnyway = 1 << 10

// body answers with ready bytes.
func (c *APIRequestContext) body(status int, mediaType string, b []byte) {
	h := c.Header()
	c.headers.mediaType[0] = mediaType
	h["Content-Type"] = c.headers.mediaType[:]
	if len(b) > toldAnyway {
		h["Content-Length"] = []string{strconv.Itoa(len(b))}
	}
	c.WriteHeader(status)
	_, _ = c.Write(b)
}

// empty answers 200 without a body, as Kyuubi does.
func (c *APIRequestContext) empty() error {
	c.WriteHeader(http.StatusOK)
	return nil
}

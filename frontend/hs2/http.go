package hs2

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/apache/thrift/lib/go/thrift"
	"github.com/google/uuid"

	"github.com/nekomata-sql/nekomata/api"
	"github.com/nekomata-sql/nekomata/auth"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// HTTPOptions configures a handler of Thrift over HTTP.
type HTTPOptions struct {
	// Path is where calls are posted to, and everything below it; empty means
	// "cliservice".
	Path string
	// Cookies says how logins are remembered.
	Cookies CookieOptions
	// Tokens takes delegation tokens, as bearer tokens and in Hive's own header; nil
	// takes none there.
	Tokens TokenAuthenticator
	// WantXSRFHeader refuses requests without the header X-XSRF-HEADER, which no form
	// of a web page can send.
	WantXSRFHeader bool
	// NoSubstitution refuses the parameter doAs.
	NoSubstitution bool
	// ClientIPHeader names the header in which a proxy tells the client's IP address.
	// It is believed whoever sends it. Empty means none.
	ClientIPHeader string
	// Admit is asked about every request before anything else, unless nil. Its error is
	// the answer.
	Admit func(*http.Request) error
	// Observe is called after every answer, unless nil.
	Observe func(status int, took time.Duration)
}

// path is where calls are posted to.
func (o HTTPOptions) path() string {
	path := "/" + strings.Trim(o.Path, "/")
	if path == "/" {
		path = "/cliservice"
	}
	return path
}

// TokenAuthenticator says whom a delegation token stands for.
type TokenAuthenticator interface {
	AuthenticateToken(ctx context.Context, text string) (auth.Principal, error)
}

// Media types of a call. The first is Hive's, and that of the answer.
const mediaThrift = "application/x-thrift"

var mediaTypes = []string{mediaThrift, "application/vnd.apache.thrift.binary"}

// httpHandler serves one call for each POST. Sessions opened here belong to no
// connection: they live until they are closed or idle for too long.
type httpHandler struct {
	*Handler
	opts    HTTPOptions
	path    string
	cookies *cookies
	conns   sync.Pool
}

// HTTP returns a handler that serves the same calls as h over HTTP: one message in
// the body of each POST.
func (h *Handler) HTTP(opts HTTPOptions) http.Handler {
	s := &httpHandler{Handler: h, opts: opts, path: opts.path(), cookies: newCookies(opts.Cookies)}
	s.conns.New = func() any { return s.newConn() }
	return s
}

// httpConn is what serves one request after the other.
type httpConn struct{ conn }

func (c *httpConn) begin() {} // the request's context ends when its client leaves
func (c *httpConn) end()   {}

func (s *httpHandler) newConn() *httpConn {
	c := &httpConn{conn{h: s.Handler, frontend: "THRIFT_HTTP"}}
	c.carrier = c
	c.wire.framed, c.wire.lender = true, &s.buffers
	c.proto = thrift.NewTBinaryProtocolConf(&c.wire, s.conf)
	return c
}

// ServeHTTP answers one request.
func (s *httpHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	status := http.StatusOK
	if err := s.serve(w, r); err != nil {
		status = s.refuse(w, r, err)
	}
	if s.opts.Observe != nil {
		s.opts.Observe(status, time.Since(began))
	}
}

// serve answers with Thrift, or fails for reasons that HTTP has words for.
func (s *httpHandler) serve(w http.ResponseWriter, r *http.Request) error {
	if err := s.admit(w, r); err != nil {
		return err
	}
	id, fresh, err := s.login(r)
	if err != nil {
		return err
	}
	c, _ := s.conns.Get().(*httpConn)
	defer func() {
		c.delivered()
		c.wire.done()
		c.id, c.opened, c.recent = identity{}, nil, recent{}
		s.conns.Put(c)
	}()
	c.id, c.client, c.server = id, s.clientAddress(r), localAddress(r)
	if err := s.readCall(c, r); err != nil {
		return err
	}
	c.wire.reset()
	if err := c.answer(auth.NewContext(r.Context(), id.principal)); err != nil {
		return err
	}
	if fresh && !s.opts.Cookies.Disabled {
		http.SetCookie(w, s.cookies.make(id.principal, r.TLS != nil))
	}
	w.Header().Set("Content-Type", mediaThrift)
	w.Header().Set("Content-Length", strconv.Itoa(len(c.wire.out)))
	_, _ = w.Write(c.wire.out) // a client that is gone can't be told
	return nil
}

// admit looks at what needs no login.
func (s *httpHandler) admit(w http.ResponseWriter, r *http.Request) error {
	if s.opts.Admit != nil {
		if err := s.opts.Admit(r); err != nil {
			return err
		}
	}
	if r.URL.Path != s.path && !strings.HasPrefix(r.URL.Path, s.path+"/") {
		return sqlerr.New(sqlerr.NotFound, "there is nothing at %s: this port serves HiveServer2's Thrift protocol at %s", r.URL.Path, s.path)
	}
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return sqlerr.New(sqlerr.Method, "%s does not take %s, only POST with a Thrift call", r.URL.Path, r.Method)
	}
	if s.opts.WantXSRFHeader && len(r.Header.Values("X-XSRF-HEADER")) == 0 {
		return sqlerr.New(sqlerr.Invalid, "the header X-XSRF-HEADER is missing (kyuubi.frontend.thrift.http.xsrf.filter.enabled)")
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || !slices.Contains(mediaTypes, kind) {
		return sqlerr.New(sqlerr.MediaType, "the Content-Type must be %s, not %q", mediaThrift, r.Header.Get("Content-Type"))
	}
	if packed := r.Header.Get("Content-Encoding"); packed != "" {
		return sqlerr.New(sqlerr.MediaType, "the Content-Encoding %q is not taken, only gzip", packed)
	}
	return nil
}

// readCall reads the body, which must be the beginning of a call at least.
func (s *httpHandler) readCall(c *httpConn, r *http.Request) error {
	limit := s.Handler.opts.MaxMessageSize
	tooLarge := sqlerr.New(sqlerr.TooLarge, "the call is larger than %d bytes (kyuubi.frontend.thrift.max.message.size)", limit)
	if r.ContentLength > int64(limit) {
		return tooLarge
	}
	b := c.wire.buf[:0]
	for {
		if len(b) == cap(b) {
			b = slices.Grow(b, max(cap(b), 512))
		}
		n, err := r.Body.Read(b[len(b):min(cap(b), limit+1)])
		b = b[:len(b)+n]
		if len(b) > limit {
			return tooLarge
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return unreadable(err)
		}
	}
	if len(b) == 0 || b[0] != byteRaw {
		return sqlerr.New(sqlerr.Invalid, "the body is no message of Thrift's strict binary protocol")
	}
	c.wire.buf, c.wire.frame = b, b
	return nil
}

// unreadable is why a body could not be read.
func unreadable(err error) error {
	if e, ok := errors.AsType[*sqlerr.Error](err); ok {
		return e
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return sqlerr.Wrap(err, sqlerr.Invalid, "the body did not come in time")
	}
	return sqlerr.Wrap(err, sqlerr.Invalid, "the body can't be read: %v", err)
}

// challenge tells clients how to log in.
const challenge = `Basic realm="Nekomata", charset="UTF-8"`

// refuse answers with err as JSON and returns the status.
func (s *httpHandler) refuse(w http.ResponseWriter, r *http.Request, err error) int {
	e := sqlerr.From(err)
	h := w.Header()
	if e.Kind == sqlerr.Unauthenticated {
		h.Set("WWW-Authenticate", challenge)
	}
	id := uuid.NewString()
	log := s.log.With("client", host(remote(r)), "method", r.Method, "path", r.URL.Path, "requestId", id)
	if level, ok := e.ForOperators(); ok {
		log.Log(r.Context(), level, "a request failed", "err", err)
	} else {
		log.Info("HTTP request refused", "reason", e.Message)
	}
	body, _ := json.Marshal(api.Error{Message: e.Message, Kind: e.Kind.String(), SQLState: e.SQLState(), RequestID: id})
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("X-Request-Id", id)
	w.WriteHeader(e.Kind.HTTPStatus())
	_, _ = w.Write(body)
	return e.Kind.HTTPStatus()
}

// textAddress is an address that is known as text.
type textAddress string

// Network is TCP.
func (a textAddress) Network() string { return "tcp" }

// String is the address.
func (a textAddress) String() string { return string(a) }

func remote(r *http.Request) net.Addr { return textAddress(r.RemoteAddr) }

// localAddress is where the request came in.
func localAddress(r *http.Request) net.Addr {
	if a, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok {
		return a
	}
	return textAddress(r.Host)
}

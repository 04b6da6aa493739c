package rest

import (
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// server routes requests to the resources. Each resource is a type of its own
// that embeds it.
type server struct {
	Options

	router    *mux.Router
	resources map[*mux.Route]*resource
	paths     paths
}

// New returns the handler of the REST API. It starts nothing. It panics without
// a backend.
func New(opts Options) http.Handler { return newServer(opts) }

func newServer(opts Options) *server {
	if opts.Backend == nil {
		panic("rest: Options.Backend is missing")
	}
	s := &server{Options: opts.withDefaults()}
	s.route()
	return s
}

// ServeHTTP answers one request.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := newContext(w, r, s.ClientIPHeader)
	c.bearer = s.Tokens != nil
	defer s.finish(c)
	defer s.rescue(c)
	if err := s.serve(c); err != nil {
		s.fail(c, err)
	}
}

func (s *server) serve(c *APIRequestContext) error {
	if s.Admit != nil {
		if err := s.Admit(c.request); err != nil {
			return err
		}
	}
	if strings.HasPrefix(c.request.URL.Path, "/api/v1/") {
		p, err := s.authenticate(c.context(), c.request.Header.Get("Authorization"))
		if err != nil {
			return err
		}
		p.Address = c.caller.Address
		c.caller, c.known = p, true
	}
	endpoint, err := s.find(c)
	if err != nil {
		return err
	}
	if raw := c.request.URL.RawQuery; raw != "" {
		// What can't be read would be taken for what wasn't sent.
		if _, err := url.ParseQuery(raw); err != nil {
			return sqlerr.New(sqlerr.Invalid, "the URL's query can't be read (%s): write %%25 for a percent sign and %%3B for a semicolon", err)
		}
	}
	return endpoint(c)
}

// find is the endpoint for the request's path and method.
func (s *server) find(c *APIRequestContext) (endpoint, error) {
	res, values := s.paths.find(c.request.URL.Path)
	if res == nil {
		var m mux.RouteMatch
		if !s.router.Match(c.request, &m) {
			return nil, sqlerr.New(sqlerr.NotFound, "there is nothing at %s; /api/openapi.json lists what there is", c.request.URL.Path)
		}
		res, values = s.resources[m.Route], nil
		for _, name := range res.variables {
			values = append(values, m.Vars[name])
		}
	}
	c.route, c.variables, c.values = res.path, res.variables, values
	if e := res.methods[c.request.Method]; e != nil {
		return e, nil
	}
	c.Header().Set("Allow", res.allow)
	return nil, sqlerr.New(sqlerr.Method, "%s does not take %s, only %s", c.request.URL.Path, c.request.Method, res.allow)
}

// rescue turns a panic into an answer, or cuts the connection when the answer
// has begun, so that half of one is not taken for the whole.
func (s *server) rescue(c *APIRequestContext) {
	v := recover()
	switch v {
	case nil:
		return
	case http.ErrAbortHandler:
		panic(v)
	}
	s.Log.Error("a request panicked", "panic", v, "route", c.route, "requestId", c.id, "stack", string(debug.Stack()))
	if c.status != 0 {
		panic(http.ErrAbortHandler)
	}
	c.render(sqlerr.From(errPanic))
}

// finish writes the line for the access log and counts the request.
func (s *server) finish(c *APIRequestContext) {
	c.took = time.Since(c.began)
	level := slog.LevelInfo
	if s.QuietAccess && c.status < http.StatusBadRequest {
		level = slog.LevelDebug
	}
	// Not by the Logger, which would look for this line's place in the source each time.
	if ctx, h := c.request.Context(), s.Log.Handler(); h.Enabled(ctx, level) {
		line := slog.NewRecord(c.began.Add(c.took), level, "request", 0)
		line.AddAttrs(slog.Any("", (*accessLine)(c)))
		_ = h.Handle(ctx, line) // there is nobody to tell that the log can't be written
	}
	if s.Observe != nil {
		s.Observe(c.route, methodLabel(c.request.Method), c.status, c.took)
	}
}

// methodLabel keeps strangers from inventing labels.
func methodLabel(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	default:
		return "OTHER"
	}
}

// instance is the host:port that clients reach us at.
func (s *server) instance(c *APIRequestContext) string {
	if s.Instance == nil {
		return c.request.Host
	}
	return s.Instance()
}

package frontend

import (
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// anyOrigin stands for all web origins.
const anyOrigin = "*"

// What pages of other origins may use. Their requests never carry cookies or
// remembered passwords: a page that has to log in sets Authorization itself.
const (
	corsMethods = "GET, HEAD, POST, PUT, PATCH, DELETE"
	corsHeaders = "Accept, Authorization, Content-Type, X-Request-Id"
	corsExposed = "Allow, Content-Disposition, Location, Retry-After, X-Request-Id"
	corsMaxAge  = "600"
)

// cors tells browsers which pages may call.
type cors struct {
	next    http.Handler
	any     bool
	origins []string
	log     *slog.Logger
}

func newCORS(next http.Handler, origins []string, log *slog.Logger) http.Handler {
	c := &cors{next: next, any: slices.Contains(origins, anyOrigin), log: log}
	for _, o := range origins {
		c.origins = append(c.origins, strings.ToLower(o))
	}
	return c
}

// ServeHTTP answers a browser's question whether a page may call, and passes on
// everything else.
func (c *cors) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	origin := r.Header.Get("Origin")
	h := w.Header()
	if !c.any {
		h.Add("Vary", "Origin")
	}
	if allowed := c.allow(origin); allowed != "" {
		h.Set("Access-Control-Allow-Origin", allowed)
		h.Set("Access-Control-Expose-Headers", corsExposed)
	}
	if origin == "" || r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
		c.next.ServeHTTP(w, r)
		return
	}
	began := time.Now()
	if h.Get("Access-Control-Allow-Origin") != "" {
		h.Del("Access-Control-Expose-Headers")
		h.Set("Access-Control-Allow-Methods", corsMethods)
		h.Set("Access-Control-Allow-Headers", corsHeaders)
		h.Set("Access-Control-Max-Age", corsMaxAge)
	}
	w.WriteHeader(http.StatusNoContent)
	c.log.Debug("request", "method", r.Method, "path", r.URL.Path, "status", http.StatusNoContent,
		"took", time.Since(began), "origin", origin, "client", r.RemoteAddr)
}

// allow is the origin to name in the answer, "" for a page that may not call.
func (c *cors) allow(origin string) string {
	switch {
	case origin == "":
		return ""
	case c.any:
		return anyOrigin
	case slices.Contains(c.origins, strings.ToLower(origin)):
		return origin
	default:
		return ""
	}
}

// CrossOrigin returns a check that refuses what pages of other origins send by
// unsafe methods, unless they are among origins. Programs other than browsers name
// no origin and pass. It fails when one of origins is none.
func CrossOrigin(origins []string) (func(*http.Request) error, error) {
	if slices.Contains(origins, anyOrigin) {
		return func(*http.Request) error { return nil }, nil
	}
	p := http.NewCrossOriginProtection()
	for _, o := range origins {
		if err := p.AddTrustedOrigin(o); err != nil {
			return nil, sqlerr.Wrap(err, sqlerr.Invalid, "%q is no web origin: write it as https://host or https://host:port", o)
		}
	}
	return func(r *http.Request) error {
		if err := p.Check(r); err != nil {
			return sqlerr.Wrap(err, sqlerr.Denied, "a page of %s may not do this: it comes from another origin", originOf(r))
		}
		return nil
	}, nil
}

func originOf(r *http.Request) string {
	if o := r.Header.Get("Origin"); o != "" {
		return o
	}
	return "another site"
}

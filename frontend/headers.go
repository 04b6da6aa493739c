package frontend

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// The values of headers that are the same for all answers. They are shared: nobody
// may change their elements.
var (
	noSniff    = []string{"nosniff"}
	noReferrer = []string{"no-referrer"}
	denyFrames = []string{"DENY"}
)

// pagePolicy lets a page load what this server has, and nobody put it in a frame.
// A handler whose pages need more sets its own.
var pagePolicy = []string{"default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; " +
	"object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"}

// headers sets the headers by which browsers do less harm.
func headers(next http.Handler, hsts time.Duration) http.Handler {
	insist := []string{fmt.Sprintf("max-age=%d", int64(hsts.Seconds()))}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h["X-Content-Type-Options"] = noSniff
		if hsts > 0 && r.TLS != nil && !isLocalhost(r.Host) {
			h["Strict-Transport-Security"] = insist
		}
		next.ServeHTTP(&answer{ResponseWriter: w}, r)
	})
}

// isLocalhost tells a name that all programs of a machine share: what a browser
// learns of it would hold for the others as well.
func isLocalhost(host string) bool {
	name, _, _ := strings.Cut(host, ":")
	return name == "localhost" || strings.HasSuffix(name, ".localhost")
}

// answer adds the headers that only pages need, once it is known that it is one.
type answer struct {
	http.ResponseWriter
	begun bool
}

func (a *answer) begin() {
	if a.begun {
		return
	}
	a.begun = true
	h := a.Header()
	// An answer of an unnamed type may be a page as well.
	if kind := h["Content-Type"]; len(kind) > 0 && !strings.HasPrefix(kind[0], "text/html") {
		return
	}
	if h.Get("Content-Security-Policy") == "" {
		h["Content-Security-Policy"] = pagePolicy
	}
	h["X-Frame-Options"] = denyFrames
	h["Referrer-Policy"] = noReferrer
}

// WriteHeader begins the answer.
func (a *answer) WriteHeader(status int) {
	if status >= http.StatusOK {
		a.begin()
	}
	a.ResponseWriter.WriteHeader(status)
}

// Write sends a part of the answer.
func (a *answer) Write(b []byte) (int, error) {
	a.begin()
	return a.ResponseWriter.Write(b)
}

// Flush sends what was written so far.
func (a *answer) Flush() { _ = a.FlushError() }

// FlushError is Flush for an http.ResponseController.
func (a *answer) FlushError() error {
	a.begin()
	return http.NewResponseController(a.ResponseWriter).Flush()
}

// Unwrap lets an http.ResponseController reach the connection.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

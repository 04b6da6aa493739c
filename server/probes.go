package server

import (
	"io"
	"net/http"
)

// Where load balancers and Kubernetes ask, on the port of the metrics.
const (
	livePath  = "/healthz"
	readyPath = "/readyz"
)

// probes answers how the gateway is, and leaves the rest to next. The gateway lives as
// long as anything answers; it is ready from when all ports are open until it is told to
// stop. A database that is away doesn't make it unready: it would be away for all
// gateways at once, and most of what they do goes on without.
func (s *Server) probes(metricsPath string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "only GET and HEAD", http.StatusMethodNotAllowed)
			return
		}
		switch r.URL.Path {
		case metricsPath: // first, so that it may be any path
			next.ServeHTTP(w, r)
		case livePath:
			probe(w, http.StatusOK, "alive")
		case readyPath:
			if s.ready.Load() {
				probe(w, http.StatusOK, "ready")
				return
			}
			probe(w, http.StatusServiceUnavailable, "starting or stopping")
		default:
			http.NotFound(w, r)
		}
	})
}

func probe(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text+"\n") // whoever has gone need not know
}

// beginStop is the first thing at a stop: load balancers are told to look elsewhere, and
// no more batches are taken.
func (s *Server) beginStop() {
	s.ready.Store(false)
	s.runner.Pause()
}

package frontend

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"
)

// gate counts an http.Server's connections and turns those beyond a limit away. Some
// of them may say what they want, and are told why they don't get it.
type gate struct {
	counts *Connections
	limit  int
	onFull func() // called when the limit is reached, once until it no longer is
	wg     sync.WaitGroup

	mu      sync.Mutex
	full    bool
	telling int                      // how many are told
	refused map[net.Conn]*time.Timer // what cuts those off who are told; nil for the others
}

// turnedAway is the key of a mark on the requests of connections beyond the limit.
type turnedAway struct{}

// admit is the server's ConnContext hook, called for each connection before state.
func (g *gate) admit(ctx context.Context, conn net.Conn) context.Context {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.counts.enter(g.limit) {
		g.full = false
		return ctx
	}
	if !g.full {
		g.full = true
		g.onFull()
	}
	if g.telling == maxTold {
		g.refused[conn] = nil
		_ = conn.Close()
		return ctx
	}
	g.telling++
	g.refused[conn] = time.AfterFunc(toldWithin, func() { _ = conn.Close() })
	return context.WithValue(ctx, turnedAway{}, true)
}

// state is the server's ConnState hook. The server calls it with StateNew before
// it goes on accepting, and with StateClosed at the end of the connection's
// goroutine, also for a connection that was closed here.
func (g *gate) state(conn net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		g.wg.Add(1)
	case http.StateClosed, http.StateHijacked:
		g.leave(conn)
		g.wg.Done()
	case http.StateActive, http.StateIdle:
	}
}

func (g *gate) leave(conn net.Conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	cut, refused := g.refused[conn]
	if !refused {
		g.counts.leave()
		return
	}
	delete(g.refused, conn)
	if cut != nil {
		cut.Stop()
		g.telling--
	}
}

// door lets requests of connections that were admitted in, and has words for the others.
func door(inside, words http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Context().Value(turnedAway{}) == nil {
			inside.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Connection", "close")
		words.ServeHTTP(w, r)
	})
}

// tooMany has the words where the service has none of its own.
func tooMany(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Retry-After", "5")
	http.Error(w, "there are as many connections as there may be: try again later", http.StatusServiceUnavailable)
}

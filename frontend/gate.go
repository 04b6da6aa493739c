package frontend

import (
	"net"
	"net/http"
	"sync"
)

// gate counts an http.Server's connections and closes those beyond a limit.
type gate struct {
	counts *Connections
	limit  int
	onFull func() // called when the limit is reached, once until it no longer is
	wg     sync.WaitGroup

	mu      sync.Mutex
	full    bool
	refused map[net.Conn]bool
}

// state is the server's ConnState hook. The server calls it with StateNew before
// it goes on accepting, and with StateClosed at the end of the connection's
// goroutine, also for a connection that was closed here.
func (g *gate) state(conn net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		g.wg.Add(1)
		g.enter(conn)
	case http.StateClosed, http.StateHijacked:
		g.leave(conn)
		g.wg.Done()
	case http.StateActive, http.StateIdle:
	}
}

func (g *gate) enter(conn net.Conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.counts.enter(g.limit) {
		g.full = false
		return
	}
	g.refused[conn] = true
	_ = conn.Close()
	if !g.full {
		g.full = true
		g.onFull()
	}
}

func (g *gate) leave(conn net.Conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.refused[conn] {
		delete(g.refused, conn)
		return
	}
	g.counts.leave()
}

package hs2

import (
	"bufio"
	"errors"
	"net"
	"os"
	"sync"
	"time"
)

// watchAfter is how long a call may take before somebody looks whether its client
// is still there.
const watchAfter = time.Second

var (
	past       = time.Unix(1, 0) // a deadline that ends a blocked read at once
	noDeadline time.Time
)

// watch notices that a client is gone while its call is being served, when nobody
// reads from the connection. Short calls cost it no more than a timer.
type watch struct {
	nc    net.Conn
	r     *bufio.Reader
	gone  func() // called when the client has left
	timer *time.Timer
	ended chan struct{}

	mu   sync.Mutex
	stop bool
}

// begin is called before a call is served.
func (w *watch) begin() {
	w.stop = false // nobody else is there between end and begin
	if w.timer == nil {
		w.ended = make(chan struct{}, 1)
		w.timer = time.AfterFunc(watchAfter, w.look)
		return
	}
	w.timer.Reset(watchAfter)
}

// end is called after a call was served. It reports whether the read deadline is
// as it was; otherwise the caller has to set it.
func (w *watch) end() bool {
	if w.timer.Stop() {
		return true
	}
	w.mu.Lock()
	w.stop = true
	_ = w.nc.SetReadDeadline(past)
	w.mu.Unlock()
	<-w.ended
	return false
}

// look waits for bytes, which stay where they are, or for the end of the connection.
func (w *watch) look() {
	defer func() { w.ended <- struct{}{} }()
	for {
		_, err := w.r.Peek(1)
		switch {
		case err == nil: // the next call is there already, so the client is
			return
		case !errors.Is(err, os.ErrDeadlineExceeded):
			w.gone()
			return
		case !w.goOn():
			return
		}
	}
}

// goOn lifts a deadline that was not set by end.
func (w *watch) goOn() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stop {
		return false
	}
	_ = w.nc.SetReadDeadline(noDeadline)
	return true
}

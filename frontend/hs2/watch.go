package hs2

import (
	"bufio"
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// watchAfter is how long a call may take before somebody looks whether its client
// is still there; sometimes it is twice as long.
const watchAfter = time.Second

var (
	past       = time.Unix(1, 0) // a deadline that ends a blocked read at once
	noDeadline time.Time
)

// watch notices that a client is gone while its call is being served, when nobody
// reads from the connection. The timer that it has for that goes on from call to call
// and stops when it finds none: to set one for each took as long as a small call's work.
type watch struct {
	nc    net.Conn
	r     *bufio.Reader
	gone  func() // called when the client has left
	timer *time.Timer
	ended chan struct{}

	// call is the number of the call, times four, with inCall and looking.
	call atomic.Uint64
	set  atomic.Bool // the timer is, or its function runs
	last uint64      // the call at the timer's last end; its own

	mu   sync.Mutex
	stop bool
}

const (
	inCall   = 1 // a call is being served
	looking  = 2 // and somebody looks whether its client is there
	nextCall = 4
)

// begin is called before a call is served.
func (w *watch) begin() {
	w.call.Add(nextCall + inCall)
	if w.set.Load() || !w.set.CompareAndSwap(false, true) {
		return
	}
	w.start()
}

// start sets the timer.
func (w *watch) start() {
	w.last = w.call.Load()
	if w.timer == nil {
		w.ended = make(chan struct{}, 1)
		w.timer = time.AfterFunc(watchAfter, w.tick)
		return
	}
	w.timer.Reset(watchAfter)
}

// end is called after a call was served. It reports whether the read deadline is
// as it was; otherwise the caller has to set it.
func (w *watch) end() bool {
	for {
		call := w.call.Load()
		if !w.call.CompareAndSwap(call, call&^(inCall|looking)) {
			continue
		}
		if call&looking == 0 {
			return true
		}
		break
	}
	w.mu.Lock()
	w.stop = true
	_ = w.nc.SetReadDeadline(past)
	w.mu.Unlock()
	<-w.ended
	w.stop = false // nobody else is there
	return false
}

// tick is the timer's end. A call that was there at its beginning has taken long.
func (w *watch) tick() {
	call := w.call.Load()
	switch {
	case call&inCall == 0:
		w.set.Store(false)
		// One that has just begun has found the timer set.
		if w.call.Load()&inCall == 0 || !w.set.CompareAndSwap(false, true) {
			return
		}
	case call == w.last && w.call.CompareAndSwap(call, call|looking):
		w.look()
		w.set.Store(false)
		w.ended <- struct{}{}
		return
	}
	w.start()
}

// look waits for bytes, which stay where they are, or for the end of the connection.
func (w *watch) look() {
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

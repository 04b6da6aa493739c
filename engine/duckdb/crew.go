package duckdb

import (
	"sync"
	"time"
)

// The times of a crew.
const (
	// patience is the time between two looks, and what work must have cost in time of
	// the processor until it is helped.
	patience = time.Millisecond
	// enough is how many looks later work is helped however little it has cost: it may
	// wait for the disk.
	enough = 20
	// staying is how many looks without need helpers stay.
	staying = 20
	// leisure is the time until the next look while there is nothing but brief work: each
	// look wakes a thread, and a stream's next rows are there in less than patience.
	leisure = 20 * patience
)

// crew decides when DuckDB works with more threads than those that wait for its
// answers. Left to itself DuckDB wakes its threads for every statement and for every
// chunk of a stream, where they and the caller race for the one piece of work that
// there is, and who loses spins until it is done; a machine that is busy otherwise,
// with the clients' own work for example, has no time for that. So the database has
// no threads of its own. A caller does its work alone, and helpers come when it lasts.
type crew struct {
	// enlist gets helpers; dismiss sends them home, and gone is called when the last
	// has left. Nil for a database that is to work with one thread.
	enlist func(gone func()) (dismiss func())
	// used is the time of the processor that a thread has had.
	used func(thread int) time.Duration

	mu          sync.Mutex
	first, last *work // those under way, the oldest first
	now         int   // looks so far
	watched     bool  // somebody looks
	brief       bool  // brief work has begun since the last look
	atLeisure   bool  // the next look is a while away
	hurry       chan struct{}
	dismiss     func()
	unused      int // looks since helpers were needed
	times       int // how often they came
	closed      bool
	quit        chan struct{} // closed to end the looking
	afoot       sync.WaitGroup
}

// work is what one caller has DuckDB do at a time.
type work struct {
	prev, next *work
	thread     int           // that of the caller
	since      int           // the look before it began
	cost       time.Duration // used by the thread when the work was first seen
	begun      bool
}

func newCrew(enlist func(gone func()) (dismiss func())) *crew {
	return &crew{enlist: enlist, used: threadTime, hurry: make(chan struct{}, 1), quit: make(chan struct{})}
}

// begin says that w is under way, on this thread, if that hasn't been said. Work that is
// known to be brief mostly is helped later when it isn't.
func (c *crew) begin(w *work, brief bool) {
	if c.enlist == nil || w.begun {
		return
	}
	thread := threadID()
	c.mu.Lock()
	defer c.mu.Unlock()
	*w = work{prev: c.last, thread: thread, since: c.now, begun: true}
	if c.last == nil {
		c.first = w
	} else {
		c.last.next = w
	}
	c.last = w
	c.brief = c.brief || brief
	switch {
	case c.closed:
	case !c.watched:
		c.watched, c.atLeisure = true, brief
		c.afoot.Go(c.watch)
	case c.atLeisure && !brief:
		c.atLeisure = false
		select {
		case c.hurry <- struct{}{}:
		default: // somebody has said so already
		}
	}
}

// end says that w is done, if it was begun.
func (c *crew) end(w *work) {
	if !w.begun {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if w.prev == nil {
		c.first = w.next
	} else {
		w.prev.next = w.next
	}
	if w.next == nil {
		c.last = w.prev
	} else {
		w.next.prev = w.prev
	}
	*w = work{}
}

// watch looks until nothing is under way and no helper is there.
func (c *crew) watch() {
	timer := time.NewTimer(c.pause())
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
		case <-c.hurry:
			timer.Reset(patience)
			continue
		case <-c.quit:
		}
		if !c.look() {
			return
		}
		timer.Reset(c.pause())
	}
}

// pause is the time until the next look.
func (c *crew) pause() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.atLeisure {
		return leisure
	}
	return patience
}

// look gets helpers for what lasts, and sends them home when nothing has lasted for
// a while. It reports whether to look again.
func (c *crew) look() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now++
	c.unused++
	if c.lasts(c.first) {
		c.unused = 0
	}
	switch {
	case c.dismiss != nil && (c.closed || c.unused > staying):
		c.dismiss()
		c.dismiss = nil
	case c.dismiss == nil && c.unused == 0 && !c.closed:
		c.times++
		c.afoot.Add(1)
		c.dismiss = c.enlist(c.afoot.Done)
	}
	busy := c.first != nil || c.dismiss != nil
	c.atLeisure = !busy && c.brief
	c.watched = !c.closed && (busy || c.brief)
	c.brief = false
	return c.watched
}

// lasts says whether w, the oldest work, has cost so much that it should be helped.
// A thread that waits for its turn on a processor, of which others make use, would
// not have it sooner for company.
func (c *crew) lasts(w *work) bool {
	if w == nil {
		return false
	}
	age := c.now - w.since
	switch cost := c.used(w.thread); {
	case age == 1: // from now on, or a little before
		w.cost = cost
		return false
	case cost-w.cost >= patience:
		return true
	}
	return age > enough
}

// close sends the helpers home and waits until they have gone.
func (c *crew) close() {
	c.mu.Lock()
	if !c.closed {
		c.closed = true
		close(c.quit)
	}
	c.mu.Unlock()
	c.afoot.Wait()
}

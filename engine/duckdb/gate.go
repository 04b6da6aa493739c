package duckdb

import (
	"container/list"
	"context"
	"errors"
	"sync"
	"time"
)

var (
	// errFull says that nobody more may wait at a gate.
	errFull = errors.New("the queue is full")
	// errSlow says that the wait would be a long one.
	errSlow = errors.New("the queue does not move")
)

// gate lets so many in at a time; the others wait in the order in which they
// came.
type gate struct {
	mu      sync.Mutex
	room    int
	inside  int
	most    int       // waiting at a time, 0 for any number
	waiting list.List // of *waiter
	patient int       // who of them waits however long it takes
	left    time.Time // when somebody last went out
}

// waiter is one who waits.
type waiter struct {
	turn    chan struct{} // closed to let him in
	patient bool
}

func newGate(room, most int) *gate { return &gate{room: room, most: most} }

// try goes in when there is room and nobody waits.
func (g *gate) try() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.goIn()
}

// goIn is try for who holds the mutex.
func (g *gate) goIn() bool {
	if g.inside >= g.room || g.waiting.Len() > 0 {
		return false
	}
	g.inside++
	return true
}

// enter waits for room. It calls queued, when that isn't nil and there is no
// room, with the number of those who wait before. It fails with errFull, with
// ctx's error, or with errQuit when quit is closed.
func (g *gate) enter(ctx context.Context, quit <-chan struct{}, queued func(ahead int)) error {
	g.mu.Lock()
	if g.goIn() {
		g.mu.Unlock()
		return nil
	}
	ahead := g.waiting.Len()
	if g.most > 0 && g.patient >= g.most { // the others are only having a look
		g.mu.Unlock()
		return errFull
	}
	place := g.line(true)
	g.mu.Unlock()
	if queued != nil {
		queued(ahead)
	}
	return g.wait(ctx, quit, nil, place)
}

// enterSoon is enter for who waits only where people have just been going in and out,
// and no longer than patience; else it fails with errSlow.
func (g *gate) enterSoon(ctx context.Context, quit <-chan struct{}, patience time.Duration) error {
	const brisk = time.Millisecond
	g.mu.Lock()
	if g.patient > 0 || time.Since(g.left) > brisk {
		g.mu.Unlock()
		return errSlow
	}
	place := g.line(false)
	g.mu.Unlock()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	return g.wait(ctx, quit, timer.C, place)
}

// line takes the last place in the line, or goes in if that is empty and there is room.
// The caller holds the mutex.
func (g *gate) line(patient bool) *list.Element {
	if patient {
		g.patient++
	}
	place := g.waiting.PushBack(&waiter{make(chan struct{}), patient})
	g.admit()
	return place
}

// wait waits for the turn of who has a place.
func (g *gate) wait(ctx context.Context, quit <-chan struct{}, late <-chan time.Time, place *list.Element) error {
	w, _ := place.Value.(*waiter)
	var err error
	select {
	case <-w.turn:
		return nil
	case <-ctx.Done():
		err = ctx.Err()
	case <-quit:
		err = errQuit
	case <-late:
		err = errSlow
	}
	g.mu.Lock()
	select {
	case <-w.turn: // let in at the last moment: pass it on
		g.mu.Unlock()
		g.leave()
	default:
		g.remove(place)
		g.mu.Unlock()
	}
	return err
}

// remove takes somebody out of the line. The caller holds the mutex.
func (g *gate) remove(place *list.Element) *waiter {
	w, _ := g.waiting.Remove(place).(*waiter)
	if w.patient {
		g.patient--
	}
	return w
}

// force goes in whether there is room or not; newcomers wait until those who are
// too many have left.
func (g *gate) force() {
	g.mu.Lock()
	g.inside++
	g.mu.Unlock()
}

// leave makes room for the next one.
func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inside--
	g.left = time.Now()
	g.admit()
}

// admit lets in whom there is room for. The caller holds the mutex.
func (g *gate) admit() {
	for g.inside < g.room && g.waiting.Len() > 0 {
		g.inside++
		close(g.remove(g.waiting.Front()).turn)
	}
}

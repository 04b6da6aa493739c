package duckdb

import (
	"container/list"
	"context"
	"errors"
	"sync"
)

// errFull says that nobody more may wait at a gate.
var errFull = errors.New("the queue is full")

// gate lets so many in at a time; the others wait in the order in which they
// came.
type gate struct {
	mu      sync.Mutex
	room    int
	inside  int
	most    int       // waiting at a time, 0 for any number
	waiting list.List // of chan struct{}, closed to let one in
}

func newGate(room, most int) *gate { return &gate{room: room, most: most} }

// try goes in when there is room and nobody waits.
func (g *gate) try() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
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
	if g.inside < g.room && g.waiting.Len() == 0 {
		g.inside++
		g.mu.Unlock()
		return nil
	}
	ahead := g.waiting.Len()
	if g.most > 0 && ahead >= g.most {
		g.mu.Unlock()
		return errFull
	}
	turn := make(chan struct{})
	place := g.waiting.PushBack(turn)
	g.mu.Unlock()
	if queued != nil {
		queued(ahead)
	}
	var err error
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
		err = ctx.Err()
	case <-quit:
		err = errQuit
	}
	g.mu.Lock()
	select {
	case <-turn: // let in at the last moment: pass it on
		g.mu.Unlock()
		g.leave()
	default:
		g.waiting.Remove(place)
		g.mu.Unlock()
	}
	return err
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
	for g.inside < g.room && g.waiting.Len() > 0 {
		turn, _ := g.waiting.Remove(g.waiting.Front()).(chan struct{})
		g.inside++
		close(turn)
	}
}

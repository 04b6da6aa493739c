package duckdb

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// admission decides who may work at the same time, so that many heavy statements
// drown neither the small ones nor the machine: each that works occupies a thread
// of the operating system for as long, and DuckDB's own threads besides.
//
// A statement holds a slot from the beginning of Run until its first rows are
// there. While slots are free nobody asks any questions, and while they change hands
// all the time it is worth while to wait a little for one. When there is none, a
// statement is prepared in one of a few slots for small ones, and judged by
// DuckDB's own estimate: a small one runs right there, the others queue. Who was
// misjudged, and keeps such a slot for too long, is counted among the heavy ones
// from then on, over their number if need be, and his slot is free again.
//
// The rest of the rows is fetched through a gate of its own: a chunk takes
// microseconds to come, mostly, and a reader in the midst of his rows must not
// wait behind other people's statements.
type admission struct {
	statements *gate
	small      *gate
	fetches    *gate
	lentTime   time.Duration
}

// soon is how long a statement waits for a slot before it is judged. To judge one takes
// about as long as to run a small one.
const soon = 20 * time.Millisecond

func newAdmission(o Options) *admission {
	return &admission{
		statements: newGate(o.MaxRunning, o.MaxQueued),
		small:      newGate(max(2, runtime.NumCPU()), 0),
		fetches:    newGate(o.MaxRunning, 0),
		lentTime:   o.lentTime,
	}
}

// pass is a statement's leave to work.
type pass struct {
	admission *admission
	mu        sync.Mutex
	gate      *gate // where a slot is held; nil for none
	timer     *time.Timer
	judged    bool // the statement has been
}

// admit waits for a slot, of whatever kind.
func (c *conn) admit(ctx context.Context) (*pass, error) {
	a := c.engine.admission
	if a.statements.try() {
		return &pass{admission: a, gate: a.statements}, nil
	}
	defer c.status.stage(c.status.stage(stageQueued))
	switch err := a.statements.enterSoon(ctx, c.closing, soon); {
	case err == nil:
		return &pass{admission: a, gate: a.statements}, nil
	case !errors.Is(err, errSlow):
		return nil, c.turnedAway(ctx, err)
	}
	if err := a.small.enter(ctx, c.closing, nil); err != nil {
		return nil, c.turnedAway(ctx, err)
	}
	return &pass{admission: a, gate: a.small}, nil
}

// judge tells whether it matters if the statement is a small one: it has a slot
// for small ones, and nobody has asked before.
func (p *pass) judge() bool {
	first := !p.judged && p.gate == p.admission.small
	p.judged = true
	return first
}

// stay lets a small statement run in the slot for small ones, for a while.
func (p *pass) stay() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.timer = time.AfterFunc(p.admission.lentTime, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.gate == p.admission.small {
			p.admission.statements.force()
			p.gate.leave()
			p.gate = p.admission.statements
		}
	})
}

// wait gives the slot back and queues for one among the heavy statements.
func (p *pass) wait(ctx context.Context, c *conn) error {
	p.end()
	defer c.status.stage(c.status.stage(stageQueued))
	began := time.Now()
	queued := false
	err := p.admission.statements.enter(ctx, c.closing, func(ahead int) {
		queued = true
		c.status.say(fmt.Sprintf("Waiting for a free slot: %d statements are running, %d wait before this one",
			p.admission.statements.room, ahead))
	})
	if err != nil {
		return c.turnedAway(ctx, err)
	}
	p.gate = p.admission.statements
	if queued {
		c.status.say(fmt.Sprintf("Started after %.1f seconds in the queue", time.Since(began).Seconds()))
	}
	return nil
}

// end gives the slot back. A second call does nothing.
func (p *pass) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.timer != nil {
		p.timer.Stop()
	}
	if p.gate != nil {
		p.gate.leave()
		p.gate = nil
	}
}

// turnedAway is the error of who wasn't let in.
func (c *conn) turnedAway(ctx context.Context, err error) error {
	switch {
	case errors.Is(err, errFull):
		return sqlerr.New(sqlerr.Exhausted, "too many statements wait for their turn "+
			"(kyuubi.engine.duckdb.max.queued.statements=%d): try again later", c.engine.opts.MaxQueued)
	case errors.Is(err, errQuit):
		return c.gone()
	default:
		return ended(ctx)
	}
}

package duckdb

import (
	"sync"
	"time"

	native "github.com/duckdb/duckdb-go-bindings"

	"github.com/nekomata-sql/nekomata/engine"
)

// Stages of a connection.
const (
	stageIdle    = ""
	stageQueued  = "Queued"
	stageRunning = "Query"
)

// progressWait is how long Status waits for DuckDB to answer.
const progressWait = 5 * time.Millisecond

// maxLog is how many lines are kept when nobody calls for them.
const maxLog = 1000

// status is what a connection tells about its statement.
type status struct {
	mu     sync.Mutex
	now    string
	log    []string
	asking bool             // a question for progress is under way
	last   *engine.Progress // the latest answer
}

// stage sets the stage and returns the one before, so that
//
//	defer s.stage(s.stage(x))
//
// sets it for the length of a function.
func (s *status) stage(name string) (before string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before, s.now = s.now, name
	if before == stageIdle {
		s.last = nil
	}
	return before
}

// say adds lines to the log.
func (s *status) say(lines ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log = append(s.log, lines...)
	if extra := len(s.log) - maxLog; extra > 0 {
		s.log = append([]string(nil), s.log[extra:]...)
	}
}

// Status tells the stage, DuckDB's own figures and the lines of the log. It
// doesn't wait for a DuckDB that is slow to answer, but gives the answer before.
func (c *conn) Status() engine.Status {
	s := &c.status
	s.mu.Lock()
	st := engine.Status{Log: s.log}
	s.log = nil
	now := s.now
	s.mu.Unlock()
	switch now {
	case stageQueued:
		st.Progress = &engine.Progress{Stage: stageQueued}
	case stageRunning:
		st.Progress = c.progress()
	}
	return st
}

// progress asks DuckDB in a goroutine of its own, one at a time, because the
// answer can take as long as a lock of the connection is held.
func (c *conn) progress() *engine.Progress {
	s := &c.status
	s.mu.Lock()
	if s.asking {
		defer s.mu.Unlock()
		return s.last
	}
	s.asking = true
	s.mu.Unlock()
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		p := c.askProgress()
		s.mu.Lock()
		defer s.mu.Unlock()
		s.asking = false
		if s.now == stageRunning {
			s.last = p
		}
	}()
	timer := time.NewTimer(progressWait)
	defer timer.Stop()
	select {
	case <-answered:
	case <-timer.C:
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last
}

func (c *conn) askProgress() *engine.Progress {
	c.alive.RLock()
	defer c.alive.RUnlock()
	if c.handle.Ptr == nil {
		return nil
	}
	p := native.QueryProgress(c.handle)
	percent, done, total := native.QueryProgressTypeMembers(&p)
	if percent < 0 { // DuckDB doesn't know
		return nil
	}
	return &engine.Progress{
		Stage: stageRunning, Total: int64(total), Completed: int64(done), Fraction: min(1, percent/100),
	}
}

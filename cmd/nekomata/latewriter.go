package main

import (
	"io"
	"sync"
	"time"
)

const (
	// logDelay is how long a line below WARN may wait to be written with others: one
	// write for each request's line costs a quarter of what the gateway can answer.
	logDelay = 100 * time.Millisecond
	// lateSize is how many bytes of lines are written without waiting for more.
	lateSize = 64 << 10
	// logPatience is how long anybody waits for a write. Whoever has standard error as a
	// pipe and does not read it holds neither requests nor the end of the program up.
	logPatience = 2 * time.Second
	// lateMost is how many bytes of lines are kept while nobody reads.
	lateMost = 16 * lateSize
)

// lateWriter collects lines and writes them within logDelay. A write holds nobody up
// but whose line was one too many, and those whose lines come faster than they can be
// written. When one takes longer than logPatience, nobody waits any more until it is
// done, and lines that there is no room for are lost and counted.
type lateWriter struct {
	out io.Writer
	// tell logs that so many lines are lost, by the writer's own quiet; nil tells nobody.
	tell func(lost int)

	mu      sync.Mutex
	lines   []byte        // those that wait
	written chan struct{} // closed once they are written; nil when nobody waits for that
	waiting bool          // for the end of logDelay
	spare   []byte
	lost    int // lines

	writing bool          // there is somebody who writes
	under   chan struct{} // closed once what he writes just now is written
	stuck   bool          // he has been at it for longer than logPatience
}

// Write takes a line.
func (l *lateWriter) Write(line []byte) (int, error) {
	l.add(func(b []byte) ([]byte, bool) { return append(b, line...), true })
	return len(line), nil
}

// add takes what line appends, unless that reports false.
func (l *lateWriter) add(line func(b []byte) ([]byte, bool)) bool {
	ok, full := l.take(line)
	if full {
		l.flush()
	}
	return ok
}

func (l *lateWriter) take(line func(b []byte) ([]byte, bool)) (ok, full bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	b, ok := line(l.lines)
	if !ok {
		return false, false
	}
	if len(b) > lateMost && l.stuck {
		l.lost++
		return true, false
	}
	l.lines = b
	if !l.waiting {
		l.waiting = true
		time.AfterFunc(logDelay, l.late)
	}
	return true, len(b) >= lateSize
}

// quiet takes lines for a lateWriter of which nobody waits to be written.
type quiet struct{ *lateWriter }

// Write takes a line.
func (q quiet) Write(line []byte) (int, error) {
	q.take(func(b []byte) ([]byte, bool) { return append(b, line...), true })
	return len(line), nil
}

// late writes what has waited for logDelay.
func (l *lateWriter) late() {
	l.mu.Lock()
	l.waiting = false
	mine := !l.writing
	l.writing = true
	l.mu.Unlock()
	if mine {
		l.write()
	}
}

// flush writes what waits, and waits for that unless it takes too long.
func (l *lateWriter) flush() {
	l.mu.Lock()
	written := l.under // of who writes just now
	if len(l.lines) > 0 {
		if l.written == nil {
			l.written = make(chan struct{})
		}
		written = l.written
	}
	if !l.writing {
		l.writing = true
		go l.write()
	}
	stuck := l.stuck
	l.mu.Unlock()
	if written == nil || stuck {
		return
	}
	patience := time.NewTimer(logPatience)
	defer patience.Stop()
	select {
	case <-written:
	case <-patience.C:
		l.giveUp(written)
	}
}

// giveUp notes that a write takes too long, if it is not done by now.
func (l *lateWriter) giveUp(written <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-written:
	default:
		l.stuck = l.writing
	}
}

// write writes until nothing waits. Lines that come meanwhile wait in the spare buffer.
func (l *lateWriter) write() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.lines) > 0 {
		b, done := l.lines, l.written
		if done == nil {
			done = make(chan struct{})
		}
		l.lines, l.written, l.under = l.spare[:0], nil, done
		l.mu.Unlock()
		_, _ = l.out.Write(b) // there is nobody to tell that the log can't be written
		l.mu.Lock()
		close(done)
		l.under, l.stuck = nil, false
		if l.spare = nil; cap(b) <= 4*lateSize { // else a line as long as a book was in it
			l.spare = b
		}
		if n := l.lost; n > 0 && l.tell != nil {
			l.lost = 0
			l.mu.Unlock()
			l.tell(n)
			l.mu.Lock()
		}
	}
	l.writing = false
}

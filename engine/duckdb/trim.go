package duckdb

/*
#include <stdlib.h>

#if defined(__GLIBC__)
#include <malloc.h>

static void trim(void) { malloc_trim(0); }

// The bytes that were freed and wait to be used again, resident or not.
static size_t unused(void) {
#if __GLIBC_PREREQ(2, 33)
	return mallinfo2().fordblks;
#else
	return 0;
#endif
}
#else
static void trim(void) {}
static size_t unused(void) { return 0; }
#endif
*/
import "C"

import (
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// trimAfter is how long after the end of a statement the memory is looked at: those
	// that come one after the other use again what the one before has freed.
	trimAfter = 5 * time.Second
	// trimFrom is by how many bytes the memory must have grown to be trimmed.
	trimFrom = 64 << 20
)

// trimmer has the C library give back memory that was freed. Each thread frees into a
// part of memory of its own, which stays as large as it ever was: DuckDB's parser
// leaves a hundred times the length of a long statement there, on every thread that
// has read one. DuckDB's own buffers are not there, nor is Go's memory.
type trimmer struct {
	measure func() footprint
	trim    func()

	due     atomic.Bool // a look is to come
	mu      sync.Mutex  // of what follows; nobody holds it for long
	timer   *time.Timer
	closed  bool
	pending sync.WaitGroup // looks to come and under way

	looking sync.Mutex // held by who looks, as long as that takes
	least   footprint  // since the last trim
}

// footprint is the memory of a process, in bytes.
type footprint struct {
	resident int64 // what is in memory and no file's
	free     int64 // what was freed and not used again, in memory or not
}

func newTrimmer() *trimmer {
	t := &trimmer{measure: measureMemory, trim: func() { C.trim() }}
	t.least = t.measure()
	return t
}

// later has the memory looked at in a while. It is made for the end of each
// statement: all but the first since the last look return at once.
func (t *trimmer) later() {
	if t.due.Load() {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed || !t.due.CompareAndSwap(false, true) {
		return
	}
	t.pending.Add(1)
	t.timer = time.AfterFunc(trimAfter, t.look)
}

// look trims if memory has grown, or if much was freed that was still in use the last
// time. No statement waits for it but those that want memory of the very part at hand.
func (t *trimmer) look() {
	defer t.pending.Done()
	t.due.Store(false) // whatever ends from now on needs another look
	t.looking.Lock()
	defer t.looking.Unlock()
	now := t.measure()
	if now.resident-t.least.resident > trimFrom || now.free-t.least.free > trimFrom {
		t.trim()
		t.least = t.measure()
		return
	}
	t.least = footprint{resident: min(t.least.resident, now.resident), free: min(t.least.free, now.free)}
}

// close waits for a look that is under way, and nobody looks any more.
func (t *trimmer) close() {
	t.mu.Lock()
	t.closed = true
	if t.timer != nil && t.timer.Stop() {
		t.pending.Done()
	}
	t.mu.Unlock()
	t.pending.Wait()
}

// measureMemory measures this process. What the system doesn't tell is 0.
func measureMemory() footprint {
	m := footprint{free: int64(C.unused())}
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return m
	}
	if fields := strings.Fields(string(text)); len(fields) > 2 {
		resident, _ := strconv.ParseInt(fields[1], 10, 64)
		shared, _ := strconv.ParseInt(fields[2], 10, 64)
		m.resident = (resident - shared) * int64(os.Getpagesize())
	}
	return m
}

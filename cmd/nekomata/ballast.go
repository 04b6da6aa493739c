package main

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
)

// Sizes of the live heap, the ballast included, with and without which it is wanted.
const (
	ballastSize = 32 << 20
	dropFrom    = 56 << 20
	takeBelow   = 16 << 20
)

// How many percent a heap grows until it is collected: a small one as Go has it, a
// large one by less, since that is many sessions' and most of it stays.
const (
	smallGrowth = 100
	largeGrowth = 40
)

// ballast makes a small heap look larger than it is to the garbage collector, which
// runs when the heap has doubled: a gateway's is only some MB, and under load it was
// collected a hundred times a second, which took a quarter of the CPU. The memory is
// never touched, so the system never provides it; what can grow is the garbage
// between two collections, by as much. A large heap does without: many sessions must
// not take more memory than they need. Whoever sets GOGC has his way with the growth.
type ballast struct {
	mu      sync.Mutex
	held    []byte
	grows   bool // the growth may be changed
	stopped bool
}

// newBallast returns a ballast that follows the heap until it is stopped.
func newBallast() *ballast {
	given := debug.SetGCPercent(smallGrowth)
	if given != smallGrowth {
		debug.SetGCPercent(given)
	}
	b := &ballast{grows: given == smallGrowth}
	b.weigh(liveHeap())
	b.afterCollection()
	return b
}

// afterCollection weighs after each collection from now on.
func (b *ballast) afterCollection() {
	// It is garbage at once, and so is found by the next collection.
	runtime.AddCleanup(new([64]byte), func(b *ballast) {
		if b.weigh(liveHeap()) {
			b.afterCollection()
		}
	}, b)
}

// weigh takes or drops the ballast as the live heap wants it. It reports false once
// the ballast is stopped.
func (b *ballast) weigh(live uint64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.stopped:
	case b.held != nil && live >= dropFrom:
		b.held = nil
		b.grow(largeGrowth)
	case b.held == nil && live < takeBelow:
		b.held = make([]byte, ballastSize)
		b.grow(smallGrowth)
	}
	return !b.stopped
}

func (b *ballast) grow(percent int) {
	if b.grows {
		debug.SetGCPercent(percent)
	}
}

func (b *ballast) stop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.held, b.stopped = nil, true
	b.grow(smallGrowth)
}

// liveHeap is what the last collection has left.
func liveHeap() uint64 {
	s := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(s)
	if s[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return s[0].Value.Uint64()
}

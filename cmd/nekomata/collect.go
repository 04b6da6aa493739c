package main

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync/atomic"
)

const (
	// leastHeap is what the heap may grow to before it is collected.
	leastHeap = 64 << 20
	// usualGrowth is Go's own rule: the heap may double.
	usualGrowth = 100
)

// collectLess keeps the garbage collector from running all the time while the heap is
// small, and returns what ends that. The heap of a gateway without much to do has a
// few MB: under load it doubled, and was collected, a hundred times a second, which took
// a quarter of the CPU. From 32 MB of live heap on, Go's own rule holds, so that many
// sessions take no more memory than they need. Whoever has set GOGC has his way.
func collectLess() (stop func()) {
	if given := debug.SetGCPercent(usualGrowth); given != usualGrowth {
		debug.SetGCPercent(given)
		return func() {}
	}
	var stopped atomic.Bool
	last := usualGrowth
	var adjust func(struct{})
	adjust = func(struct{}) {
		if stopped.Load() {
			return
		}
		if now := growth(liveHeap()); now != last {
			debug.SetGCPercent(now)
			last = now
		}
		// It is garbage at once, and so is found by the next collection.
		runtime.AddCleanup(new([64]byte), adjust, struct{}{})
	}
	adjust(struct{}{})
	return func() {
		stopped.Store(true)
		debug.SetGCPercent(usualGrowth)
	}
}

// growth is by how many percent a heap may grow until it is collected.
func growth(live uint64) int {
	if live >= leastHeap/2 {
		return usualGrowth
	}
	const least = 1 << 20 // what is less is not known yet
	return int(leastHeap/max(live, least))*100 - 100
}

// liveHeap is what the last collection has left.
func liveHeap() uint64 {
	s := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(s)
	if s[0].Value.Kind() != metrics.KindUint64 {
		return leastHeap
	}
	return s[0].Value.Uint64()
}

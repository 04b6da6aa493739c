package main

import (
	"runtime"
	"runtime/debug"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestGrowth(t *testing.T) {
	for live, want := range map[uint64]int{0: 6300, 1 << 20: 6300, 4 << 20: 1500, 20 << 20: 200, 32 << 20: 100, 1 << 40: 100} {
		require.Equal(t, want, growth(live), live)
	}
}

// TestCollectLess watches the rule follow the heap, and end.
func TestCollectLess(t *testing.T) {
	percent := func() int {
		now := debug.SetGCPercent(usualGrowth)
		debug.SetGCPercent(now)
		return now
	}
	before := percent()
	stop := collectLess()
	collected := func(right func(int) bool) func() bool {
		return func() bool {
			runtime.GC()
			return right(percent())
		}
	}
	require.Eventually(t, collected(func(p int) bool { return p > 2*usualGrowth }), 10*time.Second, time.Millisecond)
	large := make([]byte, 2*leastHeap)
	require.Eventually(t, collected(func(p int) bool { return p == usualGrowth }), 10*time.Second, time.Millisecond)
	runtime.KeepAlive(large)
	stop()
	runtime.GC()
	require.Equal(t, usualGrowth, percent())
	debug.SetGCPercent(before)
}

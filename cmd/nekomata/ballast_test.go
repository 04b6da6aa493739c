package main

import (
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestBallastFollowsTheHeap is there for a small heap and not for a large one.
func TestBallastFollowsTheHeap(t *testing.T) {
	b := newBallast()
	becomes := func(want bool) {
		t.Helper()
		require.Eventually(t, func() bool {
			runtime.GC()
			b.mu.Lock()
			defer b.mu.Unlock()
			return want == (b.held != nil)
		}, 10*time.Second, time.Millisecond)
	}
	becomes(true)
	large := make([]byte, dropFrom)
	becomes(false)
	runtime.KeepAlive(large)
	becomes(true)
	b.stop()
	becomes(false)
	require.False(t, b.weigh(0))
	becomes(false)
}

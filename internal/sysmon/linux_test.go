//go:build linux && cgo

package sysmon

import (
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// waits is how often a thread has gone to sleep by itself.
func waits(t *testing.T, thread int) int {
	t.Helper()
	text, err := os.ReadFile("/proc/self/task/" + strconv.Itoa(thread) + "/status")
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(text), "\nvoluntary_ctxt_switches:\t")
	require.True(t, found)
	number, _, _ := strings.Cut(rest, "\n")
	n, err := strconv.Atoi(number)
	require.NoError(t, err)
	return n
}

// looks is how often the monitor looks while the program is idle and busy in turn.
func looks(t *testing.T, thread int) int {
	t.Helper()
	before := waits(t, thread)
	for began := time.Now(); time.Since(began) < 300*time.Millisecond; {
		time.Sleep(time.Millisecond) // idle
		_, _ = os.Getwd()            // in a system call
	}
	return waits(t, thread) - before
}

// The thread that was found is the one that looks, and it looks less often afterwards.
func TestTheMonitorLooksLessOften(t *testing.T) {
	thread, err := find()
	require.NoError(t, err)
	before := looks(t, thread)
	require.Greater(t, before, 50, "that is the monitor")
	require.NoError(t, Slacken(5*time.Millisecond))
	for range 10 { // a busy machine disturbs
		after := looks(t, thread)
		t.Logf("%d looks, then %d", before, after)
		if after < before*2/3 {
			return
		}
	}
	t.Fatal("it looks as often as before")
}

// The signal that it is told by is nobody's afterwards.
func TestTheSignalIsGivenBack(t *testing.T) {
	require.NoError(t, Slacken(time.Millisecond))
	heard := make(chan os.Signal, 1)
	last := syscall.Signal(64)
	signal.Notify(heard, last)
	defer signal.Stop(heard)
	require.NoError(t, syscall.Kill(os.Getpid(), last))
	select {
	case <-heard:
	case <-time.After(10 * time.Second):
		t.Fatal("the runtime does not hear of it")
	}
}

// A thread that is not there is an error.
func TestNoSuchThread(t *testing.T) {
	require.ErrorIs(t, tell(1<<30, time.Millisecond), syscall.ESRCH)
}

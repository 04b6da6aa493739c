package duckdb

import (
	"time"

	"golang.org/x/sys/unix"
)

// threadID is the calling thread as the system knows it.
func threadID() int { return unix.Gettid() }

// threadTime is the time of the processor that a thread of this process has had, or
// 0 when it has ended.
func threadTime(thread int) time.Duration {
	const perThread, scheduled = 4, 2 // the kernel's numbers for clocks of its own making
	var t unix.Timespec
	if unix.ClockGettime(int32(^thread<<3|perThread|scheduled), &t) != nil {
		return 0
	}
	return time.Duration(t.Nano())
}

package operation

import "golang.org/x/sys/unix"

// giveWay lets threads that wait for this one's core have it first.
func giveWay() { _, _, _ = unix.Syscall(unix.SYS_SCHED_YIELD, 0, 0, 0) }

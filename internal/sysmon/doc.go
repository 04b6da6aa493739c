// Package sysmon has the Go runtime's monitor thread rest longer between its looks.
//
// The monitor takes processors from goroutines that are in a system call or in C for
// long, and preempts those that run for long. It looks every 20 µs as long as there is
// something to take, and for another 50 looks after each time that the program was idle,
// which are about 75 µs apart, since the kernel may let a thread sleep 50 µs longer than
// it asked for (its timer slack). A gateway is idle between two requests and in C in
// each, so it is looked at thousands of times a second, and each look wakes a thread.
//
// The runtime has no setting for that. But timer slack belongs to a thread, which may set
// its own. It must not know what the program does otherwise.
package sysmon

import "time"

// Slacken has the monitor's thread sleep by up to so much longer than it means to. It
// takes some milliseconds. An error leaves everything as it was: the thread was not found,
// or it is not Linux that the program runs on.
func Slacken(by time.Duration) error { return slacken(by) }

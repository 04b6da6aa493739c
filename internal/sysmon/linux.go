//go:build linux && cgo

package sysmon

/*
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static unsigned long slack;
static atomic_int outcome; // 0 until the handler has run, then 1, or -errno

static void handle(int signal) {
	int before = errno;
	atomic_store(&outcome, prctl(PR_SET_TIMERSLACK, slack, 0, 0, 0) == 0 ? 1 : -errno);
	errno = before;
}

// slacken has the thread set its own timer slack: nobody else may without privileges.
// It returns 0, an errno, or ETIMEDOUT when the thread does not listen.
static int slacken(int thread, unsigned long nanoseconds) {
	struct sigaction ours, before;
	memset(&ours, 0, sizeof ours);
	ours.sa_handler = handle;
	ours.sa_flags = SA_ONSTACK | SA_RESTART;
	sigfillset(&ours.sa_mask);
	slack = nanoseconds;
	atomic_store(&outcome, 0);
	if (sigaction(SIGRTMAX, &ours, &before) != 0) return errno;
	int failed = 0;
	if (syscall(SYS_tgkill, getpid(), thread, SIGRTMAX) != 0) failed = errno;
	struct timespec tenth = {0, 100000};
	for (int i = 0; !failed && atomic_load(&outcome) == 0; i++) {
		if (i == 1000) failed = ETIMEDOUT;
		nanosleep(&tenth, NULL);
	}
	sigaction(SIGRTMAX, &before, NULL);
	if (failed) return failed;
	int got = atomic_load(&outcome);
	return got > 0 ? 0 : -got;
}
*/
import "C"

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// slacken finds the monitor's thread and tells it.
func slacken(by time.Duration) error {
	thread, err := find()
	if err != nil {
		return err
	}
	return tell(thread, by)
}

// tell has a thread set its timer slack.
func tell(thread int, slack time.Duration) error {
	if errno := C.slacken(C.int(thread), C.ulong(slack.Nanoseconds())); errno != 0 {
		return syscall.Errno(errno)
	}
	return nil
}

var errNotFound = errors.New("the runtime's monitor was not found among the threads")

// find looks for the one thread that sleeps by nanosleep again and again: all others
// of a Go program wait by futex or epoll. A worker may do so once, for microseconds.
func find() (int, error) {
	const looks, enough = 200, 8
	seen := map[string]int{}
	next := time.NewTicker(100 * time.Microsecond)
	defer next.Stop()
	for range looks {
		threads, err := os.ReadDir("/proc/self/task")
		if err != nil {
			return 0, err
		}
		for _, thread := range threads {
			if !naps(thread.Name()) {
				continue
			}
			if seen[thread.Name()]++; seen[thread.Name()] == enough {
				return strconv.Atoi(thread.Name())
			}
		}
		<-next.C // which wakes the monitor, too, when it rests
	}
	return 0, errNotFound
}

// naps says whether a thread is inside of nanosleep.
func naps(thread string) bool {
	text, err := os.ReadFile("/proc/self/task/" + thread + "/syscall")
	number, _, _ := strings.Cut(string(text), " ")
	return err == nil && number == strconv.Itoa(unix.SYS_NANOSLEEP)
}

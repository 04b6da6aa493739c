package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"

	"golang.org/x/sys/unix"
)

// cores are those that this program may use, and their two halves. A client and a
// gateway seldom share a machine: on the same cores each takes time from the other,
// and a figure is of both.
type cores struct {
	all, server, client unix.CPUSet
}

// partCores finds them; with a single one the halves are empty.
func partCores() (*cores, error) {
	c := &cores{}
	if err := unix.SchedGetaffinity(0, &c.all); err != nil {
		return nil, os.NewSyscallError("sched_getaffinity", err)
	}
	taken, half := 0, c.all.Count()/2
	for cpu := 0; half > 0 && taken < c.all.Count(); cpu++ {
		switch {
		case !c.all.IsSet(cpu):
			continue
		case taken < half:
			c.server.Set(cpu)
		default:
			c.client.Set(cpu)
		}
		taken++
	}
	return c, nil
}

// keepTo holds all threads of a running server to these cores; those that it makes
// later take after the one that makes them.
func (t *target) keepTo(cores *unix.CPUSet) error {
	threads, err := filepath.Glob("/proc/" + strconv.Itoa(t.cmd.Process.Pid) + "/task/*")
	if err != nil {
		return err
	}
	for _, thread := range threads {
		id, err := strconv.Atoi(filepath.Base(thread))
		if err != nil {
			return err
		}
		if err := unix.SchedSetaffinity(id, cores); err != nil && !errors.Is(err, unix.ESRCH) {
			return os.NewSyscallError("sched_setaffinity", err)
		}
	}
	return nil
}

// startOn starts a command whose threads stay on these cores from the first
// instruction on: a JVM counts its cores when it starts.
func startOn(cmd *exec.Cmd, cores *unix.CPUSet) (err error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var all unix.CPUSet
	if err := unix.SchedGetaffinity(0, &all); err != nil {
		return os.NewSyscallError("sched_getaffinity", err)
	}
	if err := unix.SchedSetaffinity(0, cores); err != nil {
		return os.NewSyscallError("sched_setaffinity", err)
	}
	err = cmd.Start()
	return errors.Join(err, os.NewSyscallError("sched_setaffinity", unix.SchedSetaffinity(0, &all)))
}

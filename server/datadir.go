package server

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// dataDir is the one directory that a gateway keeps its state in. It belongs to
// one process at a time.
type dataDir struct {
	path string
	lock *os.File
}

// open makes the directory and its parts, and takes its lock. It fails with
// Exists when another process has it.
func (d *dataDir) open() error {
	for _, dir := range []string{d.path, d.temp()} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return sqlerr.Wrap(err, sqlerr.Invalid, "the data directory %s can't be made (kyuubi.server.data.dir, --data-dir): %v", dir, errors.Unwrap(err))
		}
	}
	name := filepath.Join(d.path, "lock")
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return sqlerr.Wrap(err, sqlerr.Invalid, "the data directory %s can't be written to (kyuubi.server.data.dir, --data-dir): %v", d.path, errors.Unwrap(err))
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		holder, _ := os.ReadFile(name)
		_ = f.Close()
		return sqlerr.Wrap(err, sqlerr.Exists, "the data directory %s is in use by another nekomata (pid %s): stop it, or give this one a directory of its own with --data-dir",
			d.path, strings.TrimSpace(string(holder)))
	}
	if err := errors.Join(f.Truncate(0), writePID(f)); err != nil {
		_ = f.Close()
		return sqlerr.Wrap(err, sqlerr.Exhausted, "the data directory %s can't be written to", d.path)
	}
	d.lock = f
	return d.sweep()
}

func writePID(f *os.File) error {
	_, err := fmt.Fprintln(f, os.Getpid())
	return err
}

// temp is where results and the engine put what doesn't fit in memory.
func (d *dataDir) temp() string { return filepath.Join(d.path, "tmp") }

// sweep removes what a crash has left in the temporary directory.
func (d *dataDir) sweep() error {
	left, err := os.ReadDir(d.temp())
	if err != nil {
		return sqlerr.Wrap(err, sqlerr.Internal, "the temporary directory %s can't be read", d.temp())
	}
	for _, e := range left {
		if err := os.RemoveAll(filepath.Join(d.temp(), e.Name())); err != nil {
			return sqlerr.Wrap(err, sqlerr.Internal, "a left-over in %s can't be removed", d.temp())
		}
	}
	return nil
}

// close gives the directory free. The lock goes by itself with the last copy of the
// file, which a program that is being started right now may have for a moment.
func (d *dataDir) close() {
	_ = unix.Flock(int(d.lock.Fd()), unix.LOCK_UN)
	_ = d.lock.Close()
}

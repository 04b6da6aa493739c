package process

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// place is the directory of one job: what its supervisor writes, and all that
// others know.
type place struct{ id, dir string }

// Names in a place. Whoever holds the lock is the supervisor; the kernel frees it
// when he dies.
const (
	lockName   = "lock"
	recordName = "record.json"
	exitName   = "exit.json"
	killName   = "kill"
	filesName  = "files"
)

// phase is how far a supervisor has come.
type phase string

const (
	claiming phase = "claiming" // nothing was started, and won't be if the supervisor dies
	starting phase = "starting" // the start is claimed: the job may run
	running  phase = "running"  // Job is known
)

// record is what a supervisor says of itself and its job.
type record struct {
	Boot       string    `json:"boot"`
	Phase      phase     `json:"phase"`
	Supervisor ident     `json:"supervisor"`
	Job        ident     `json:"job"`
	Begun      time.Time `json:"begun,omitzero"`
}

// exit is how a job ended.
type exit struct {
	Code int `json:"code"`
	// Signal ended the job, such as "killed"; empty is none.
	Signal string `json:"signal,omitempty"`
	// Killed says that somebody had asked for it.
	Killed bool `json:"killed,omitempty"`
	// Trouble is why there was no job.
	Trouble string    `json:"trouble,omitempty"`
	Begun   time.Time `json:"begun,omitzero"`
	Ended   time.Time `json:"ended"`
	// Tail is what the job said last.
	Tail string `json:"tail,omitempty"`
}

func placeOf(root, id string) place { return place{id: id, dir: filepath.Join(root, "run", id)} }

func (p place) path(name string) string { return filepath.Join(p.dir, name) }

func (p place) file(name string) string { return filepath.Join(p.dir, filesName, filepath.Base(name)) }

func (p place) exists() bool { return exists(p.dir) }

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// make makes the directory, for its user alone.
func (p place) make() error { return os.MkdirAll(p.dir, 0o700) }

// remove removes everything, the lock last.
func (p place) remove() error {
	for _, name := range []string{filesName, recordName, exitName, killName} {
		if err := os.RemoveAll(p.path(name)); err != nil {
			return sqlerr.Wrap(err, sqlerr.Internal, "what is left of the batch %s can't be removed", p.id)
		}
	}
	if err := os.RemoveAll(p.dir); err != nil {
		return sqlerr.Wrap(err, sqlerr.Internal, "what is left of the batch %s can't be removed", p.id)
	}
	return nil
}

// markKill notes that somebody wants the job to end. It makes no place.
func (p place) markKill() error {
	f, err := os.OpenFile(p.path(killName), os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		err = f.Close()
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func (p place) killed() bool { return exists(p.path(killName)) }

// close records that the job was killed: nothing starts here any more. The caller
// has the lock.
func (p place) close() error {
	return p.writeJSON(exitName, exit{Killed: true, Trouble: "the job was ended on request", Ended: time.Now()})
}

// errTaken says that somebody else has the lock.
var errTaken = errors.New("the place is taken")

// lock takes the place, or fails with errTaken.
func (p place) lock() (*os.File, error) {
	f, err := os.OpenFile(p.path(lockName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		_ = f.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, errTaken
		}
		return nil, err
	}
	// Another one may have removed the place in between: the lock would be of a
	// file that nobody sees.
	held, err := f.Stat()
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	if seen, err := os.Stat(p.path(lockName)); err != nil || !os.SameFile(held, seen) {
		_ = f.Close()
		return nil, errTaken
	}
	return f, nil
}

// locked says whether a supervisor lives, without being in anybody's way for long.
func (p place) locked() (bool, error) {
	f, err := os.Open(p.path(lockName))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	err = unix.Flock(int(f.Fd()), unix.LOCK_SH|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return true, nil
	}
	if err == nil {
		// Closing is not enough while a child of ours is between fork and exec.
		err = unix.Flock(int(f.Fd()), unix.LOCK_UN)
	}
	return false, err
}

// readJSON reads a file of the place; false is that there is none.
func (p place) readJSON(name string, into any) (bool, error) {
	b, err := os.ReadFile(p.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err == nil {
		err = json.Unmarshal(b, into)
	}
	return err == nil, err
}

// writeJSON replaces a file of the place: after a crash it is the old one or the
// new one, whole.
func (p place) writeJSON(name string, value any) error {
	b, err := json.Marshal(value)
	if err != nil {
		return err
	}
	temp := p.path("." + name)
	if err := writeSynced(temp, b); err != nil {
		return err
	}
	if err := os.Rename(temp, p.path(name)); err != nil {
		return err
	}
	return syncDir(p.dir)
}

func writeSynced(path string, b []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Sync(), f.Close())
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

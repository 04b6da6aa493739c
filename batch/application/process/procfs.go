package process

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// ident is one process for all time: numbers are used again, but not with the
// same start. The zero ident is none.
type ident struct {
	PID int `json:"pid"`
	// Start is when it started, in ticks since boot.
	Start uint64 `json:"start"`
}

// stat is what the kernel says of a process.
type stat struct {
	ident
	state          byte
	group, session int
}

// proc is where the kernel says it.
const proc = "/proc"

// bootID tells one run of the machine from another.
func bootID() (string, error) {
	b, err := os.ReadFile(filepath.Join(proc, "sys/kernel/random/boot_id"))
	return strings.TrimSpace(string(b)), err
}

// readStat reads what the kernel says of a process; false is that there is none.
func readStat(pid int) (stat, bool) {
	b, err := os.ReadFile(filepath.Join(proc, strconv.Itoa(pid), "stat"))
	if err != nil {
		return stat{}, false
	}
	// The name, in parentheses, may hold anything; numbers begin after the last one.
	_, rest, ok := bytes.Cut(b[max(0, bytes.LastIndexByte(b, ')')):], []byte(") "))
	f := strings.Fields(string(rest))
	const group, session, start = 2, 3, 19 // counted from the state
	if !ok || len(f) <= start {
		return stat{}, false
	}
	s := stat{ident: ident{PID: pid}, state: f[0][0]}
	s.group, _ = strconv.Atoi(f[group])
	s.session, _ = strconv.Atoi(f[session])
	s.Start, err = strconv.ParseUint(f[start], 10, 64)
	return s, err == nil
}

// dead says that a process has ended and only waits for its parent to notice.
func (s stat) dead() bool { return s.state == 'Z' || s.state == 'X' }

// self is the calling process.
func self() ident {
	s, _ := readStat(os.Getpid())
	return s.ident
}

// tagged says whether a process has the job's id in its environment. Other users'
// processes can't be read, and are not ours.
func tagged(pid int, id string) bool {
	b, err := os.ReadFile(filepath.Join(proc, strconv.Itoa(pid), "environ"))
	if err != nil {
		return false
	}
	want := []byte(Tag + "=" + id)
	for entry := range bytes.SplitSeq(b, []byte{0}) {
		if bytes.Equal(entry, want) {
			return true
		}
	}
	return false
}

// members are the living processes of a job: those with its id in their
// environment, and those in its process group or in its supervisor's session. The
// supervisor is none.
func members(id string, r record) ([]stat, error) {
	entries, err := os.ReadDir(proc)
	if err != nil {
		return nil, err
	}
	boot, err := bootID()
	if err != nil {
		return nil, err
	}
	var found []stat
	me := os.Getpid()
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil || pid == me {
			continue
		}
		s, ok := readStat(pid)
		if !ok || s.dead() || s.ident == r.Supervisor && boot == r.Boot {
			continue
		}
		if boot == r.Boot && r.owns(s) || tagged(pid, id) {
			found = append(found, s)
		}
	}
	return found, nil
}

// owns says whether a process is in the job's group or the supervisor's session.
// These have the numbers of their first processes, which the kernel gives to no
// other process while the group or session lasts.
func (r record) owns(s stat) bool {
	if r.Supervisor.PID == 0 || s.Start < r.Supervisor.Start {
		return false
	}
	return r.Job.PID != 0 && s.group == r.Job.PID && !taken(r.Job) ||
		s.session == r.Supervisor.PID && !taken(r.Supervisor)
}

// taken says that a number belongs to another process by now.
func taken(i ident) bool {
	s, ok := readStat(i.PID)
	return ok && s.Start != i.Start
}

// send sends a signal to the processes: to the job's group as a whole, so that
// none is missed that is being made, and to the others one by one.
func send(found []stat, group int, sig unix.Signal) error {
	var errs []error
	sent := false
	for _, s := range found {
		target := s.PID
		if group != 0 && s.group == group {
			if sent {
				continue
			}
			target, sent = -group, true
		}
		if err := unix.Kill(target, sig); err != nil && !errors.Is(err, unix.ESRCH) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

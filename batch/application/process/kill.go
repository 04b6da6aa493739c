package process

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"github.com/nekomata-sql/nekomata/batch/application"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

const (
	// pollEvery is how often a job that was told to end is looked at.
	pollEvery = 20 * time.Millisecond
	// patience is how long a job may take to vanish after SIGKILL, and how long its
	// supervisor to notice.
	patience = 5 * time.Second
)

// Kill ends the job: SIGTERM to its process group and to whatever else carries its
// id, and after the grace SIGKILL, until nothing is left. It fails with Unavailable
// when something is.
func (p *Process) Kill(ctx context.Context, job application.Job) (string, error) {
	pl, err := p.place(job)
	if err != nil {
		return "", err
	}
	s, err := pl.look()
	if err != nil {
		return "", err
	}
	switch {
	case s.ended:
		return "the job had ended already", nil
	case !pl.exists() && len(s.members) == 0:
		return "there is no such job on this machine", nil
	case !s.supervised && len(s.members) == 0 && (s.record.Phase == starting || s.record.Phase == running):
		return "there is no process of the job any more", nil
	}
	if err := pl.markKill(); err != nil {
		return "", sqlerr.Wrap(err, sqlerr.Unavailable, "the job of the batch %s can't be ended now", job.ID)
	}
	n, err := pl.end(ctx, p.opts.Grace)
	if err != nil {
		return "", err
	}
	p.opts.Log.Info("a job was ended", "batch", job.ID, "processes", n)
	if n == 0 {
		return "the job was kept from starting", nil
	}
	return fmt.Sprintf("the job was ended: %d of its processes", n), nil
}

// end ends everything that belongs to a job, the supervisor last, and sees to it
// that an exit is recorded. It returns how many processes it found at first.
func (p place) end(ctx context.Context, grace time.Duration) (int, error) {
	e := ender{place: p, grace: grace, began: time.Now()}
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		over, err := e.step()
		if err != nil || over {
			return e.found, err
		}
		select {
		case <-ctx.Done():
			return e.found, sqlerr.Wrap(ctx.Err(), sqlerr.Unavailable, "the job of the batch %s was told to end and has not yet", p.id)
		case <-tick.C:
		}
	}
}

// ender is one attempt to end a job.
type ender struct {
	place place
	grace time.Duration
	began time.Time
	told  map[ident]bool // who got SIGTERM
	found int
}

// step does what is due, and says whether nothing is left to do.
func (e *ender) step() (bool, error) {
	supervised, err := e.place.locked()
	if err != nil {
		return false, e.failed(err)
	}
	var r record
	if _, err := e.place.readJSON(recordName, &r); err != nil {
		return false, e.failed(err)
	}
	left, err := members(e.place.id, r)
	if err != nil {
		return false, e.failed(err)
	}
	if err := e.tell(left, r.Job.PID); err != nil {
		return false, e.failed(err)
	}
	waited := time.Since(e.began)
	switch {
	case len(left) == 0 && !supervised:
		return true, e.close()
	case len(left) == 0 && waited > e.grace && (r.Phase == claiming || waited > e.grace+patience):
		// It had its time to notice: it is stopped, or waits for its claim.
		e.killSupervisor(r)
	case waited > e.grace+2*patience:
		return false, sqlerr.New(sqlerr.Unavailable, "the job of the batch %s was killed and does not vanish", e.place.id)
	}
	return false, nil
}

// tell sends SIGTERM to those who have not got it, and SIGKILL when time is over.
func (e *ender) tell(left []stat, group int) error {
	e.found = max(e.found, len(left))
	if time.Since(e.began) > e.grace {
		return send(left, group, unix.SIGKILL)
	}
	var fresh []stat
	for _, s := range left {
		if !e.told[s.ident] {
			fresh = append(fresh, s)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	if e.told == nil {
		e.told = map[ident]bool{}
	} else {
		group = 0 // those who were told are not told again
	}
	for _, s := range left {
		e.told[s.ident] = true
	}
	if err := send(fresh, group, unix.SIGTERM); err != nil {
		return err
	}
	return send(fresh, group, unix.SIGCONT) // a stopped process hears nothing else
}

func (e *ender) killSupervisor(r record) {
	boot, err := bootID()
	if s, ok := readStat(r.Supervisor.PID); err == nil && ok && boot == r.Boot && s.ident == r.Supervisor {
		_ = unix.Kill(s.PID, unix.SIGKILL)
	}
}

// close records that the job was killed, unless its supervisor has said more. A
// place that was closed starts nothing any more.
func (e *ender) close() error {
	if !e.place.exists() {
		return nil
	}
	lock, err := e.place.lock()
	if errors.Is(err, errTaken) {
		return nil // another one does it
	}
	if err != nil {
		return e.failed(err)
	}
	defer lock.Close()
	if exists(e.place.path(exitName)) {
		return nil
	}
	if err := e.place.close(); err != nil {
		return e.failed(err)
	}
	return nil
}

func (e *ender) failed(err error) error {
	return sqlerr.Wrap(err, sqlerr.Unavailable, "the job of the batch %s can't be ended now", e.place.id)
}

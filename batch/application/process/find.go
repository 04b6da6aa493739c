package process

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/nekomata-sql/nekomata/batch/application"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// sight is all that can be seen of a job.
type sight struct {
	record     record
	recorded   bool
	exit       exit
	ended      bool // exit is there
	supervised bool // the supervisor lives
	rebooted   bool // the record is of another run of the machine
	// members are the job's living processes; they are looked for only where
	// neither supervisor nor exit says how it stands.
	members []stat
}

// look sees how a job stands.
func (p place) look() (sight, error) {
	var s sight
	fail := func(err error) (sight, error) {
		return s, sqlerr.Wrap(err, sqlerr.Unavailable, "how the job of the batch %s stands can't be read on this machine", p.id)
	}
	var err error
	// In this order: the supervisor records the exit before it goes.
	if s.supervised, err = p.locked(); err != nil {
		return fail(err)
	}
	if s.ended, err = p.readJSON(exitName, &s.exit); err != nil {
		return fail(err)
	}
	if s.recorded, err = p.readJSON(recordName, &s.record); err != nil {
		return fail(err)
	}
	boot, err := bootID()
	if err != nil {
		return fail(err)
	}
	s.rebooted = s.recorded && boot != s.record.Boot
	if s.supervised || s.ended {
		return s, nil
	}
	if s.members, err = members(p.id, s.record); err != nil {
		return fail(err)
	}
	return s, nil
}

// Find says how a job stands. What this machine knows is final: only a job whose
// supervisor is still about to claim its start is Unknown. A job whose end nobody
// saw, since the machine was restarted or the supervisor killed, is NotFound.
func (p *Process) Find(_ context.Context, job application.Job) (application.Info, error) {
	pl, err := p.place(job)
	if err != nil {
		return application.Info{}, err
	}
	s, err := pl.look()
	if err != nil {
		return application.Info{}, err
	}
	info := s.info()
	info.Name = job.Name
	return info, nil
}

func (s *sight) info() application.Info {
	info := application.Info{State: application.NotFound}
	if s.record.Job.PID != 0 {
		info.ID = strconv.Itoa(s.record.Job.PID)
	}
	switch {
	case s.ended:
		info.State, info.Diagnostic = s.exit.verdict()
	case s.supervised && s.record.Phase == running:
		info.State = application.Running
	case s.supervised && s.record.Phase == starting:
		info.State = application.Pending
	case s.supervised:
		info.State = application.Unknown
	case len(s.members) > 0:
		info.State = application.Running
		if info.ID == "" {
			info.ID = strconv.Itoa(s.members[0].PID)
		}
	case s.rebooted:
		info.Diagnostic = "the machine was restarted while the job ran"
	case s.recorded && s.record.Phase == running:
		info.Diagnostic = "the job has ended, but its supervisor had been killed before, so nobody knows how"
	case s.recorded && s.record.Phase == starting:
		info.Diagnostic = "the job's supervisor was killed while it started the job"
	default:
		info.Diagnostic = "this machine knows of no such job"
	}
	return info
}

// verdict is the state that an exit means, with what went wrong.
func (e *exit) verdict() (application.State, string) {
	var what string
	switch {
	case e.Trouble != "" && e.Killed:
		return application.Killed, e.Trouble
	case e.Trouble != "":
		return application.Failed, e.Trouble
	case e.Code == 0 && e.Signal == "":
		return application.Finished, ""
	case e.Killed:
		return application.Killed, "the job was ended on request"
	case e.Signal != "":
		what = "the job was ended by a signal from outside: " + e.Signal
	default:
		what = fmt.Sprintf("the job ended with exit code %d", e.Code)
	}
	if tail := strings.TrimSpace(e.Tail); tail != "" {
		what += "; it said last:\n" + tail
	}
	return application.Failed, what
}

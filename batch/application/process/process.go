package process

import (
	"context"
	"encoding/json"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/google/uuid"

	"github.com/nekomata-sql/nekomata/batch/application"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// Tag is the variable in a job's environment that holds its batch's id.
const Tag = "KYUUBI_BATCH_ID"

// Command is what runs.
type Command struct {
	// Argv is the program, looked up in PATH of Env, and its arguments. Anybody on
	// the machine can read them: keep secrets in Files or Env.
	Argv []string
	// Env is the whole environment, NAME=value.
	Env []string
	// Dir is the working directory; empty is the job's own place, which goes when
	// the job is forgotten.
	Dir string
	// Files are put into the job's place before it starts, for its user alone, and
	// removed when it ends; see [Process.File].
	Files map[string]string
	// Preface begins the job's log.
	Preface []string
	// Verdict begins the line of the log from which on it says why the job failed;
	// empty is that nobody knows which.
	Verdict string
}

// Options is what a Process is made of.
type Options struct {
	// Dir is where the jobs have their places, below run/. The jobs of another gateway
	// of this machine with another Dir are found when their logs are Dir/log/<id>.log.
	Dir string
	// Self is the command that runs [Supervise].
	Self []string
	// Secret is what the supervisor's Claimer needs. Only a pipe carries it.
	Secret json.RawMessage
	// Host is the machine to which a started job is bound; empty is none, for jobs
	// that only submit something elsewhere.
	Host string
	// Build makes the command of a job. It fails with Invalid when it can't.
	Build func(context.Context, application.Job) (Command, error)
	// Window is how long a supervisor tries to claim the start; 0 means 20 s.
	Window time.Duration
	// Grace is how long a job has between SIGTERM and SIGKILL; 0 means 10 s.
	Grace time.Duration
	// Log is where it says what it does; nil discards it.
	Log *slog.Logger
}

// Process is the application whose jobs are processes of this machine.
type Process struct{ opts Options }

var _ application.Application = (*Process)(nil)

// New returns a Process. It starts and reads nothing.
func New(o Options) *Process {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Window == 0 {
		o.Window = 20 * time.Second
	}
	if o.Grace == 0 {
		o.Grace = 10 * time.Second
	}
	return &Process{opts: o}
}

// Bound says whether jobs are bound to this machine.
func (p *Process) Bound() bool { return p.opts.Host != "" }

// File is the path that a file of a command has once the job runs.
func (p *Process) File(id, name string) string { return placeOf(p.opts.Dir, id).file(name) }

// place is where a job is. Ids become paths, so they must be canonical.
func (p *Process) place(job application.Job) (place, error) {
	if id, err := uuid.Parse(job.ID); err != nil || id.String() != job.ID {
		return place{}, sqlerr.New(sqlerr.Invalid, "%q is no batch's id", job.ID)
	}
	return placeOf(p.root(job), job.ID), nil
}

// root is the directory of a job's place. A gateway that started it may have had
// another one than ours; the log, which lies beside the places, says which.
func (p *Process) root(job application.Job) string {
	dir := filepath.Dir(job.Log)
	if job.Started.IsZero() || filepath.Base(job.Log) != job.ID+".log" || filepath.Base(dir) != "log" || !filepath.IsAbs(dir) {
		return p.opts.Dir
	}
	return filepath.Dir(dir)
}

// Forget removes the job's place. It fails with Conflict while the job or its
// supervisor lives.
func (p *Process) Forget(_ context.Context, job application.Job) error {
	pl, err := p.place(job)
	if err != nil || !pl.exists() {
		return err
	}
	s, err := pl.look()
	if err != nil {
		return err
	}
	if s.supervised || len(s.members) > 0 {
		return sqlerr.New(sqlerr.Conflict, "the job of the batch %s has not ended", job.ID)
	}
	return pl.remove()
}

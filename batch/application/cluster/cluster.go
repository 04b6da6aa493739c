// Package cluster is what jobs on a cluster have in common: a program on some
// gateway's machine submits them, and the cluster runs them elsewhere.
//
// It must not know any cluster, nor how a program is started.
package cluster

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nekomata-sql/nekomata/batch/application"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// Submitter runs the program that submits a job, on this machine. What it knows of
// a program elsewhere is NotFound.
type Submitter interface {
	Launch(ctx context.Context, job application.Job) error
	Find(ctx context.Context, job application.Job) (application.Info, error)
	Kill(ctx context.Context, job application.Job) (string, error)
	Forget(ctx context.Context, job application.Job) error
}

// Applications are what a cluster runs.
type Applications interface {
	// Look finds a job's application; false says that there surely is none now.
	Look(ctx context.Context, job application.Job) (application.Info, bool, error)
	// End tells all of a job's applications that have not ended to end, and names
	// them.
	End(ctx context.Context, job application.Job) ([]string, error)
}

// Submission is a job's way onto a cluster, and back what became of it.
type Submission struct {
	// Submitter is the program here, Applications the cluster.
	Submitter    Submitter
	Applications Applications
	// Timeout is how long after its start a job may take to turn up.
	Timeout time.Duration
	// Linger is how long the program may go on after its job has ended; 0 means 5 s.
	Linger time.Duration
}

// Find says how a job stands. The cluster's word counts first. Before it has one,
// the program that submits tells: as long as it lives the job is Pending, and its
// failure is the job's. A program that ended well, or runs on another machine, is
// Unknown until the timeout, and NotFound from then on.
func (s Submission) Find(ctx context.Context, job application.Job) (application.Info, error) {
	if info, there, err := s.Applications.Look(ctx, job); err != nil || there {
		return info, err
	}
	program, err := s.Submitter.Find(ctx, job)
	if err != nil {
		return application.Info{}, err
	}
	switch program.State {
	case application.Pending, application.Running:
		return application.Info{State: application.Pending}, nil
	case application.Unknown:
		return application.Info{State: application.Unknown}, nil
	case application.Finished, application.Failed, application.Killed, application.NotFound:
	}
	// It may have submitted the job after the look, as the last thing it did.
	if info, there, err := s.Applications.Look(ctx, job); err != nil || there {
		return info, err
	}
	switch {
	case program.State == application.Failed, program.State == application.Killed:
		return application.Info{State: program.State, Diagnostic: program.Diagnostic}, nil
	case job.Started.IsZero(), time.Since(job.Started) < s.Timeout:
		return application.Info{State: application.Unknown}, nil
	}
	return application.Info{State: application.NotFound, Diagnostic: s.missing(program)}, nil
}

func (s Submission) missing(program application.Info) string {
	why := fmt.Sprintf("the cluster knows of no application of the batch %s after its start", s.Timeout)
	if program.State == application.Finished {
		why += ", although the program that submits it has ended well"
	} else if program.Diagnostic != "" {
		why += ": " + program.Diagnostic
	}
	return why
}

// Kill ends a job's applications, the program that submits, and what it submitted
// at the last moment. It fails with Unavailable as long as a program on another
// machine may still submit the job: try again.
func (s Submission) Kill(ctx context.Context, job application.Job) (string, error) {
	ended, lookErr := s.Applications.End(ctx, job)
	note, err := s.Submitter.Kill(ctx, job)
	if err != nil {
		return "", err
	}
	if lookErr != nil {
		return "", lookErr // nobody knows what still runs
	}
	if len(ended) == 0 {
		if ended, err = s.Applications.End(ctx, job); err != nil {
			return "", err
		}
	}
	if len(ended) == 0 {
		if err := s.expected(ctx, job); err != nil {
			return "", err
		}
		return "no application ran on the cluster; of the program that submits: " + note, nil
	}
	return strings.Join(ended, ", ") + " was told to end; of the program that submits: " + note, nil
}

// expected fails when a job may still turn up: who submits it is not known here, and
// its time is not over.
func (s Submission) expected(ctx context.Context, job application.Job) error {
	program, err := s.Submitter.Find(ctx, job)
	if err != nil || program.State != application.NotFound || job.Started.IsZero() {
		return err
	}
	if left := s.Timeout - time.Since(job.Started); left > 0 {
		return sqlerr.New(sqlerr.Unavailable,
			"the batch %s is being submitted on another machine, and may turn up on the cluster within %s", job.ID, left.Round(time.Second))
	}
	return nil
}

// Forget removes what the program that submits has left. The program has a moment
// to notice the end of its job and say so in the log; then it is ended.
func (s Submission) Forget(ctx context.Context, job application.Job) error {
	err := s.Submitter.Forget(ctx, job)
	if !errors.Is(err, sqlerr.Conflict) {
		return err
	}
	linger := s.Linger
	if linger == 0 {
		linger = 5 * time.Second
	}
	limit := time.NewTimer(linger)
	defer limit.Stop()
	again := time.NewTicker(linger / 20)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return err
		case <-limit.C:
			if _, err = s.Submitter.Kill(ctx, job); err != nil {
				return err
			}
			return s.Submitter.Forget(ctx, job)
		case <-again.C:
			if err = s.Submitter.Forget(ctx, job); !errors.Is(err, sqlerr.Conflict) {
				return err
			}
		}
	}
}

// Put sets a setting of Spark. Such settings may be written without their spark.,
// which would say something else then.
func Put(conf map[string]string, key, value string) {
	delete(conf, strings.TrimPrefix(key, sparkPrefix))
	conf[key] = value
}

// Setting is a setting of Spark, however it is written.
func Setting(conf map[string]string, key string) string {
	if v := strings.TrimSpace(conf[key]); v != "" {
		return v
	}
	return strings.TrimSpace(conf[strings.TrimPrefix(key, sparkPrefix)])
}

const sparkPrefix = "spark."

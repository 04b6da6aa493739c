package process

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/nekomata-sql/nekomata/batch/application"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// Launch starts a supervisor for the job and returns when that has claimed the
// start. The supervisor goes on when ctx ends or the gateway dies; then, and when
// no answer comes, the error is ErrUnsure.
func (p *Process) Launch(ctx context.Context, job application.Job) error {
	pl, err := p.place(job)
	if err != nil {
		return err
	}
	if len(p.opts.Self) == 0 {
		return sqlerr.New(sqlerr.Unsupported, "this gateway was started in a way in which it can start no processes")
	}
	command, err := p.opts.Build(ctx, job)
	if err != nil {
		return err
	}
	//nolint:gosec // the pipe is for secrets
	input, err := json.Marshal(spec{
		Root: p.opts.Dir, ID: pl.id, Claim: job.Claim, Secret: p.opts.Secret, Host: p.opts.Host,
		Log: job.Log, Command: command, Window: p.opts.Window, Grace: p.opts.Grace,
	})
	if err != nil {
		return sqlerr.Wrap(err, sqlerr.Internal, "the batch %s can't be started", job.ID)
	}
	answers, wait, err := p.spawn(ctx, input)
	if err != nil {
		return sqlerr.Wrap(err, sqlerr.Unavailable, "the batch %s can't be started on this machine now: no process can be made", job.ID)
	}
	go func() { // a child must be waited for
		if err := wait(); err != nil {
			p.opts.Log.Warn("a job's supervisor failed", "batch", job.ID, "error", err)
		}
	}()
	limit := time.NewTimer(p.opts.Window + margin)
	defer limit.Stop()
	select {
	case a, ok := <-answers:
		if !ok {
			return unsure(job.ID, "its supervisor ended without an answer")
		}
		return a.err()
	case <-ctx.Done():
		return unsure(job.ID, "its supervisor had not answered when the gateway stopped waiting")
	case <-limit.C:
		return unsure(job.ID, "its supervisor has not answered in time")
	}
}

// margin is how much longer than the window for claims a supervisor may take.
const margin = 10 * time.Second

func unsure(id, why string) error {
	return sqlerr.Wrap(application.ErrUnsure, sqlerr.Unavailable, "the batch %s may have been started: %s", id, why)
}

// spawn starts a supervisor in a session of its own. Its answer comes through the
// channel, which is closed without one when it dies.
func (p *Process) spawn(ctx context.Context, input []byte) (<-chan answer, func() error, error) {
	out, theirs, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	cmd := exec.CommandContext(context.WithoutCancel(ctx), p.opts.Self[0], p.opts.Self[1:]...)
	cmd.Env = CleanEnviron(os.Environ())
	cmd.Stdin, cmd.Stdout = bytes.NewReader(input), theirs
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	err = cmd.Start()
	_ = theirs.Close()
	if err != nil {
		_ = out.Close()
		return nil, nil, err
	}
	answers := make(chan answer, 1)
	go func() {
		defer out.Close()
		defer close(answers)
		var a answer
		if json.NewDecoder(out).Decode(&a) == nil {
			answers <- a
		}
	}()
	return answers, func() error {
		if err := cmd.Wait(); err != nil && !brokenInput(err) {
			return fmt.Errorf("supervisor %d: %w", cmd.Process.Pid, err)
		}
		return nil
	}, nil
}

// brokenInput tells that a supervisor went before it had read everything.
func brokenInput(err error) bool { return errors.Is(err, syscall.EPIPE) }

// CleanEnviron is an environment without the gateway's own settings, which may be
// secrets, and without the tag of a batch that the gateway itself may run in.
func CleanEnviron(environ []string) []string {
	clean := make([]string, 0, len(environ))
	for _, e := range environ {
		if !strings.HasPrefix(e, "NEKOMATA_") && !strings.HasPrefix(e, Tag+"=") {
			clean = append(clean, e)
		}
	}
	return clean
}

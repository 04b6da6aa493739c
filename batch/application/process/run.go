package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// run runs the job, whose start is claimed, and records how it ended.
func (s *supervisor) run(ctx context.Context) error {
	s.record.Begun = time.Now()
	x := s.job(ctx)
	x.Begun, x.Ended = s.record.Begun, time.Now()
	_ = os.RemoveAll(s.place.path(filesName)) // they may hold secrets
	if x.Trouble != "" {
		_, _ = fmt.Fprintln(s.log, x.Trouble)
	}
	return s.end(ctx, x)
}

// end records how the job ended. A full disk may have room again a little later.
func (s *supervisor) end(ctx context.Context, x exit) error {
	const often, long = time.Second, time.Minute
	tick := time.NewTicker(often)
	defer tick.Stop()
	for began := time.Now(); ; {
		err := s.place.writeJSON(exitName, x)
		if err == nil || time.Since(began) > long || ctx.Err() != nil {
			return err
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}

// job starts the job, waits for it, and ends what it leaves behind.
func (s *supervisor) job(ctx context.Context) exit {
	if err := s.note(starting); err != nil {
		return exit{Trouble: "the job was not started: the start can't be recorded on this machine: " + err.Error()}
	}
	if s.place.killed() || ctx.Err() != nil {
		return exit{Killed: true, Trouble: "the job was ended before it started"}
	}
	cmd, err := s.command()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return exit{Trouble: "the job can't be started: " + err.Error()}
	}
	st, _ := readStat(cmd.Process.Pid)
	s.record.Job = st.ident
	if s.record.Job.PID == 0 {
		s.record.Job.PID = cmd.Process.Pid
	}
	// Without the record the job is still found by its tag.
	noteErr := s.note(running)
	over := make(chan struct{})
	told := make(chan bool, 1)
	go func() {
		select {
		case <-over:
			told <- false
		case <-ctx.Done():
			told <- true
			s.stragglers(context.WithoutCancel(ctx), s.spec.Grace)
		}
	}()
	waitErr := cmd.Wait()
	close(over)
	x := exit{Killed: s.place.killed() || <-told}
	if noteErr != nil {
		_, _ = fmt.Fprintln(s.log, "the job's process could not be recorded:", noteErr)
	}
	x.take(cmd.ProcessState, waitErr)
	s.stragglers(context.WithoutCancel(ctx), min(s.spec.Grace, shortGrace))
	x.Tail = tail(s.spec.Log, s.from, s.spec.Command.Verdict)
	return x
}

// shortGrace is how long what a job left behind may take to end.
const shortGrace = 2 * time.Second

// take reads how the process ended.
func (e *exit) take(state *os.ProcessState, err error) {
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		e.Trouble = "how the job ended can't be told: " + err.Error()
		return
	}
	e.Code = state.ExitCode()
	if w, ok := state.Sys().(syscall.WaitStatus); ok && w.Signaled() {
		e.Signal = w.Signal().String()
	}
}

// command prepares the process: its files, the head of its log, its environment.
func (s *supervisor) command() (*exec.Cmd, error) {
	c := s.spec.Command
	if len(c.Argv) == 0 {
		return nil, errors.New("there is no command")
	}
	if err := os.MkdirAll(s.place.path(filesName), 0o700); err != nil {
		return nil, err
	}
	for name, text := range c.Files {
		if err := os.WriteFile(s.place.file(name), []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	if len(c.Preface) > 0 {
		if _, err := s.log.WriteString(strings.Join(c.Preface, "\n") + "\n"); err != nil {
			return nil, err
		}
	}
	info, err := s.log.Stat()
	if err != nil {
		return nil, err
	}
	s.from = info.Size()
	path, err := lookPath(c.Argv[0], c.Env)
	if err != nil {
		return nil, err
	}
	dir := c.Dir
	if dir == "" {
		dir = filepath.Join(s.place.dir, "work")
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, err
		}
	}
	return &exec.Cmd{
		Path: path, Args: c.Argv, Dir: dir, Env: append(CleanEnviron(c.Env), Tag+"="+s.spec.ID),
		Stdout: s.log, Stderr: s.log, SysProcAttr: &syscall.SysProcAttr{Setpgid: true},
	}, nil
}

// stragglers ends the processes of the job that still live.
func (s *supervisor) stragglers(ctx context.Context, grace time.Duration) {
	e := ender{place: s.place, grace: grace, began: time.Now()}
	ctx, cancel := context.WithTimeout(ctx, grace+patience)
	defer cancel()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		left, err := members(s.place.id, s.record)
		if err != nil || len(left) == 0 {
			return
		}
		if err := e.tell(left, s.record.Job.PID); err != nil {
			_, _ = fmt.Fprintln(s.log, "a process of the job can't be ended:", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

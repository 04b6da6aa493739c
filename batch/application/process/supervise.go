package process

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// Supervise is a supervisor's whole life. It reads from in what to run, claims the
// start, says on out how that went, and runs the job to its end. A refused start
// is no failure.
func Supervise(ctx context.Context, in io.Reader, out io.Writer, claim Claimer) error {
	var sp spec
	if err := json.NewDecoder(in).Decode(&sp); err != nil {
		return fmt.Errorf("read what to run: %w", err)
	}
	// The gateway may be gone when we answer, and a terminal may hang up. Handlers,
	// unlike ignored signals, are not passed on to the job.
	noise := make(chan os.Signal, 1)
	signal.Notify(noise, syscall.SIGPIPE, syscall.SIGHUP, syscall.SIGINT)
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM)
	defer stop()
	s := &supervisor{spec: sp, place: placeOf(sp.Root, sp.ID), claim: claim}
	lock, err := s.prepare(ctx)
	if err != nil {
		return json.NewEncoder(out).Encode(refusal(err))
	}
	// Held until this process is gone, whatever kills it.
	defer lock.Close()
	defer s.log.Close()
	_ = json.NewEncoder(out).Encode(answer{Claimed: true}) // to whoever still listens
	return s.run(ctx)
}

// supervisor runs one job.
type supervisor struct {
	spec   spec
	place  place
	claim  Claimer
	record record
	log    *os.File
	from   int64 // where the job's part of the log begins
}

// prepare does all that may fail, and last claims the start. When it fails,
// nothing was started.
func (s *supervisor) prepare(ctx context.Context) (_ *os.File, err error) {
	limited, cancel := context.WithTimeout(ctx, s.spec.Window)
	defer cancel()
	lock, err := s.acquire(limited)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			s.abandon()
			_ = lock.Close()
		}
	}()
	if err := s.fresh(); err != nil {
		return nil, err
	}
	if s.log, err = openLog(s.spec.Log); err != nil {
		return nil, sqlerr.Wrap(err, sqlerr.Unavailable, "the log of the batch %s can't be written: %v", s.spec.ID, errors.Unwrap(err))
	}
	if s.record.Boot, err = bootID(); err != nil {
		return nil, s.broken(err)
	}
	s.record.Supervisor = self()
	if err := s.note(claiming); err != nil {
		return nil, s.broken(err)
	}
	if err := s.claimStart(limited); err != nil {
		return nil, err
	}
	// From here on the batch counts as started, and no failure can take that back.
	return lock, nil
}

func (s *supervisor) broken(err error) error {
	return sqlerr.Wrap(err, sqlerr.Unavailable, "the place of the batch %s on this machine can't be written", s.spec.ID)
}

// acquire takes the place; one that is being given up is waited for.
func (s *supervisor) acquire(ctx context.Context) (*os.File, error) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		if err := s.place.make(); err != nil {
			return nil, s.broken(err)
		}
		lock, err := s.place.lock()
		if err == nil {
			return lock, nil
		}
		if !errors.Is(err, errTaken) && !errors.Is(err, fs.ErrNotExist) {
			return nil, s.broken(err)
		}
		if there, err := s.started(); err == nil && there {
			return nil, sqlerr.New(sqlerr.Conflict, "the batch %s runs on this machine already", s.spec.ID)
		}
		select {
		case <-ctx.Done():
			return nil, sqlerr.New(sqlerr.Unavailable, "another supervisor of this machine is at the batch %s", s.spec.ID)
		case <-tick.C:
		}
	}
}

// fresh refuses a place where something was started or ended before.
func (s *supervisor) fresh() error {
	if exists(s.place.path(exitName)) {
		return sqlerr.New(sqlerr.Conflict, "the batch %s has ended on this machine", s.spec.ID)
	}
	there, err := s.started()
	if err != nil {
		return s.broken(err)
	}
	if there {
		return sqlerr.New(sqlerr.Conflict, "the batch %s was started on this machine before", s.spec.ID)
	}
	return s.wanted()
}

// started says whether a supervisor before has come as far as a start.
func (s *supervisor) started() (bool, error) {
	var before record
	_, err := s.place.readJSON(recordName, &before)
	return before.Phase == starting || before.Phase == running, err
}

// wanted refuses a job that somebody has ended before its start.
func (s *supervisor) wanted() error {
	if s.place.killed() {
		return sqlerr.New(sqlerr.Canceled, "the batch %s was ended before it started", s.spec.ID)
	}
	return nil
}

// abandon leaves a place as if we had never been there, unless a job was or
// somebody has closed it.
func (s *supervisor) abandon() {
	if s.log != nil {
		_ = s.log.Close()
	}
	there, err := s.started()
	switch {
	case err != nil, there, exists(s.place.path(exitName)):
	case s.place.killed():
		_ = s.place.close()
	default:
		_ = s.place.remove()
	}
}

// claimStart asks for the start until there is an answer or the window is over.
func (s *supervisor) claimStart(ctx context.Context) error {
	start := Start{ID: s.spec.ID, Claim: s.spec.Claim, Host: s.spec.Host, Log: s.spec.Log}
	const first, longest = 100 * time.Millisecond, 2 * time.Second
	for pause := first; ; pause = min(2*pause, longest) {
		if err := s.wanted(); err != nil {
			return err
		}
		err := s.claim(ctx, s.spec.Secret, start)
		again := errors.Is(err, sqlerr.Unavailable) || errors.Is(err, sqlerr.Timeout)
		if err == nil || !again && ctx.Err() == nil {
			return err
		}
		select {
		case <-ctx.Done():
			return sqlerr.Wrap(err, sqlerr.Unavailable, "the start of the batch %s can't be claimed now: %s", s.spec.ID, sqlerr.From(err).Message)
		case <-time.After(pause):
		}
	}
}

// note records how far we are.
func (s *supervisor) note(p phase) error {
	s.record.Phase = p
	return s.place.writeJSON(recordName, s.record)
}

// openLog opens a job's log for appending, and makes its directory.
func openLog(path string) (*os.File, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	return os.OpenFile(filepath.Clean(path), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
}

// lookPath finds a program as the job's own environment has it.
func lookPath(name string, env []string) (string, error) {
	if strings.Contains(name, "/") {
		return name, nil
	}
	for _, e := range env {
		list, ok := strings.CutPrefix(e, "PATH=")
		if !ok {
			continue
		}
		for _, dir := range filepath.SplitList(list) {
			path := filepath.Join(dir, name)
			if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
				return path, nil
			}
		}
	}
	return "", &exec.Error{Name: name, Err: exec.ErrNotFound}
}

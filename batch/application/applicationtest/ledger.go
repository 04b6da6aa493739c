package applicationtest

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/batch/application"
	"github.com/nekomata-sql/nekomata/batch/application/process"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// Argument makes the test binary a supervisor; see [Main].
const Argument = "supervise"

// Main runs the tests of a package, or a supervisor when the test binary was
// started as one, and returns the exit code. TestMain is os.Exit of it.
func Main(m *testing.M) int {
	if len(os.Args) != 2 || os.Args[1] != Argument {
		return m.Run()
	}
	//nolint:forbidigo // the program's own context
	if err := process.Supervise(context.Background(), os.Stdin, os.Stdout, claim); err != nil {
		return 1
	}
	return 0
}

// Ledger plays who keeps the leases, in a directory that supervisors reach.
type Ledger struct {
	tb  testing.TB
	dir string
}

// NewLedger returns an empty Ledger.
func NewLedger(tb testing.TB) *Ledger {
	tb.Helper()
	return &Ledger{tb: tb, dir: tb.TempDir()}
}

// Options are those of a Process whose supervisors ask the ledger; its jobs have
// their places in dir.
func (l *Ledger) Options(dir string) process.Options {
	self, err := os.Executable()
	require.NoError(l.tb, err)
	secret, err := json.Marshal(l.dir)
	require.NoError(l.tb, err)
	return process.Options{Dir: dir, Self: []string{self, Argument}, Secret: secret, Host: "here"}
}

// Lease makes a job whose start may be claimed.
func (l *Ledger) Lease(job application.Job) application.Job {
	l.tb.Helper()
	if job.ID == "" {
		job.ID = uuid.NewString()
	}
	if job.Log == "" {
		job.Log = filepath.Join(l.tb.TempDir(), "logs", job.ID+".log")
	}
	job.Claim = application.Claim{Owner: "tests", Version: job.Claim.Version + 1}
	l.write(job.ID+".lease", job.Claim)
	return job
}

// Lose gives the job's lease to somebody else.
func (l *Ledger) Lose(job application.Job) {
	l.tb.Helper()
	l.write(job.ID+".lease", application.Claim{Owner: "others", Version: job.Claim.Version + 1})
}

// Away makes the ledger unreachable, or reachable again.
func (l *Ledger) Away(away bool) {
	l.tb.Helper()
	name := filepath.Join(l.dir, "away")
	if away {
		require.NoError(l.tb, os.WriteFile(name, nil, 0o600))
		return
	}
	require.NoError(l.tb, os.Remove(name))
}

// Claimed returns the start that was claimed; nil is none.
func (l *Ledger) Claimed(id string) *process.Start {
	l.tb.Helper()
	b, err := os.ReadFile(filepath.Join(l.dir, id+".start"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	require.NoError(l.tb, err)
	var s process.Start
	require.NoError(l.tb, json.Unmarshal(b, &s))
	return &s
}

func (l *Ledger) write(name string, value any) {
	l.tb.Helper()
	b, err := json.Marshal(value)
	require.NoError(l.tb, err)
	temp := filepath.Join(l.dir, "."+name)
	require.NoError(l.tb, os.WriteFile(temp, b, 0o600))
	require.NoError(l.tb, os.Rename(temp, filepath.Join(l.dir, name)))
}

// claim is the ledger's side in a supervisor.
func claim(_ context.Context, secret json.RawMessage, s process.Start) error {
	var dir string
	if err := json.Unmarshal(secret, &dir); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(dir, "away")); err == nil {
		return sqlerr.New(sqlerr.Unavailable, "the ledger is away")
	}
	b, err := os.ReadFile(filepath.Join(dir, s.ID+".lease"))
	if err != nil {
		return sqlerr.New(sqlerr.NotFound, "there is no batch %s", s.ID)
	}
	var held application.Claim
	if err := json.Unmarshal(b, &held); err != nil {
		return err
	}
	if held != s.Claim {
		return sqlerr.New(sqlerr.Conflict, "the batch %s is another gateway's", s.ID)
	}
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(dir, s.ID+".start"), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return sqlerr.New(sqlerr.Conflict, "the batch %s was started before", s.ID)
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Close())
}

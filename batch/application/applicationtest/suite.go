package applicationtest

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/batch/application"
	"github.com/nekomata-sql/nekomata/batch/application/process"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// Subject is an application under test.
type Subject struct {
	// New makes an instance as a gateway would. Its supervisors must be made with
	// the given options, which differ from test to test; instances with the same ones
	// are gateways of one machine that share what they know.
	New func(tb testing.TB, o process.Options) application.Application
	// Succeeds, Fails and Waits fill in what a job runs: one that says "hello" in its
	// log and ends well, one that ends badly, and one that runs until it is killed.
	Succeeds, Fails, Waits func(tb testing.TB) application.Job
	// Diagnostic is part of what is said of the job that fails.
	Diagnostic string
	// Patience is how long a job may take to get anywhere; 0 means 20 s.
	Patience time.Duration
	// Outlives says that a job is found even after what its place held is forgotten,
	// as a cluster's are.
	Outlives bool
}

// Run holds the application to what the batch rule counts on.
func Run(t *testing.T, s Subject) {
	t.Helper()
	if s.Patience == 0 {
		s.Patience = 20 * time.Second
	}
	for name, test := range map[string]func(*suite, *testing.T){
		"Succeeds":            (*suite).succeeds,
		"Fails":               (*suite).fails,
		"IsKilled":            (*suite).isKilled,
		"IsFoundByOthers":     (*suite).isFoundByOthers,
		"Unknown":             (*suite).unknown,
		"BadIDs":              (*suite).badIDs,
		"NothingWithoutLease": (*suite).nothingWithoutLease,
		"NothingTwice":        (*suite).nothingTwice,
		"ClaimImpossible":     (*suite).claimImpossible,
		"IsForgotten":         (*suite).isForgotten,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := NewLedger(t)
			x := &suite{Subject: s, Ledger: l, options: l.Options(t.TempDir())}
			x.app = s.New(t, x.options)
			test(x, t)
		})
	}
}

type suite struct {
	Subject
	*Ledger

	options process.Options
	app     application.Application
}

// launch starts a job and sees to it that it ends with the test.
func (s *suite) launch(t *testing.T, what func(testing.TB) application.Job) application.Job {
	t.Helper()
	job := s.Lease(what(t))
	require.NoError(t, s.app.Launch(t.Context(), job))
	job.Started = time.Now()
	s.endAtEnd(t, job)
	return job
}

// endAtEnd ends a job whatever became of the test, and waits until its supervisor
// writes no more where the test's files are removed.
func (s *suite) endAtEnd(t *testing.T, job application.Job) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	t.Cleanup(func() {
		_, _ = s.app.Kill(ctx, job)
		require.Eventually(t, func() bool { return s.app.Forget(ctx, job) == nil }, s.Patience, 20*time.Millisecond)
	})
}

// until waits for a state and returns what is known then.
func (s *suite) until(t *testing.T, a application.Application, job application.Job, want application.State) application.Info {
	t.Helper()
	var got application.Info
	require.Eventually(t, func() bool {
		info, err := a.Find(t.Context(), job)
		require.NoError(t, err)
		if info.State.Ended() && info.State != want {
			require.Failf(t, "the job has ended otherwise", "%+v", info)
		}
		got = info
		return info.State == want
	}, s.Patience, 20*time.Millisecond, "the last was %+v", &got)
	return got
}

func (s *suite) succeeds(t *testing.T) {
	job := s.launch(t, s.Succeeds)
	start := s.Claimed(job.ID)
	require.NotNil(t, start, "Launch returns when the start is claimed")
	require.Equal(t, job.Log, start.Log)
	require.Equal(t, s.app.Bound(), start.Host != "")
	info := s.until(t, s.app, job, application.Finished)
	require.Empty(t, info.Diagnostic)
	require.NotEmpty(t, info.ID)
	text, err := os.ReadFile(job.Log)
	require.NoError(t, err)
	require.Contains(t, string(text), "hello")
	said, err := s.app.Kill(t.Context(), job)
	require.NoError(t, err, "a job that has ended is no failure")
	require.NotEmpty(t, said)
	s.until(t, s.app, job, application.Finished)
}

func (s *suite) fails(t *testing.T) {
	job := s.launch(t, s.Fails)
	require.Contains(t, s.until(t, s.app, job, application.Failed).Diagnostic, s.Diagnostic)
}

func (s *suite) isKilled(t *testing.T) {
	job := s.launch(t, s.Waits)
	require.NotEmpty(t, s.until(t, s.app, job, application.Running).ID)
	for range 2 {
		said, err := s.app.Kill(t.Context(), job)
		require.NoError(t, err)
		require.NotEmpty(t, said)
		s.until(t, s.app, job, application.Killed)
	}
}

func (s *suite) isFoundByOthers(t *testing.T) {
	job := s.launch(t, s.Waits)
	id := s.until(t, s.app, job, application.Running).ID
	other := s.New(t, s.options)
	require.Equal(t, id, s.until(t, other, job, application.Running).ID)
	_, err := other.Kill(t.Context(), job)
	require.NoError(t, err)
	s.until(t, s.app, job, application.Killed)
	s.until(t, other, job, application.Killed)
}

func (s *suite) unknown(t *testing.T) {
	job := s.Lease(s.Succeeds(t))
	job.Started = time.Now().Add(-24 * time.Hour)
	s.until(t, s.app, job, application.NotFound)
	said, err := s.app.Kill(t.Context(), job)
	require.NoError(t, err)
	require.NotEmpty(t, said)
	require.NoError(t, s.app.Forget(t.Context(), job))
}

func (s *suite) badIDs(t *testing.T) {
	for _, id := range []string{"", ".", "../" + uuid.NewString(), "{" + uuid.NewString() + "}"} {
		job := s.Succeeds(t)
		job.ID, job.Log = id, t.TempDir()+"/log"
		require.ErrorIs(t, s.app.Launch(t.Context(), job), sqlerr.Invalid, id)
	}
}

func (s *suite) nothingWithoutLease(t *testing.T) {
	job := s.Lease(s.Succeeds(t))
	s.Lose(job)
	err := s.app.Launch(t.Context(), job)
	require.ErrorIs(t, err, sqlerr.Conflict)
	require.NotErrorIs(t, err, application.ErrUnsure)
	require.Nil(t, s.Claimed(job.ID))
	job.Started = time.Now().Add(-24 * time.Hour)
	s.until(t, s.app, job, application.NotFound)
}

func (s *suite) nothingTwice(t *testing.T) {
	job := s.launch(t, s.Waits)
	again := s.Lease(job)
	require.ErrorIs(t, s.New(t, s.options).Launch(t.Context(), again), sqlerr.Conflict)
	s.until(t, s.app, job, application.Running)
	elsewhere := s.options
	elsewhere.Dir = t.TempDir()
	require.ErrorIs(t, s.New(t, elsewhere).Launch(t.Context(), again), sqlerr.Conflict)
}

func (s *suite) claimImpossible(t *testing.T) {
	s.options.Window = 500 * time.Millisecond
	s.app = s.New(t, s.options)
	job := s.Lease(s.Waits(t))
	s.Away(true)
	err := s.app.Launch(t.Context(), job)
	require.ErrorIs(t, err, sqlerr.Unavailable)
	require.NotErrorIs(t, err, application.ErrUnsure)
	s.Away(false)
	require.Nil(t, s.Claimed(job.ID))
	require.NoError(t, s.app.Launch(t.Context(), s.Lease(job)), "nothing was started, so it may be tried again")
	s.endAtEnd(t, job)
	s.until(t, s.app, job, application.Running)
}

func (s *suite) isForgotten(t *testing.T) {
	job := s.launch(t, s.Succeeds)
	s.until(t, s.app, job, application.Finished)
	require.Eventually(t, func() bool { return s.app.Forget(t.Context(), job) == nil }, s.Patience, 20*time.Millisecond)
	require.NoError(t, s.app.Forget(t.Context(), job))
	require.FileExists(t, job.Log)
	if !s.Outlives {
		job.Started = time.Now().Add(-24 * time.Hour)
		s.until(t, s.app, job, application.NotFound)
	}
}

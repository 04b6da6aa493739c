package cluster

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/batch/application"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// fake is a program and a cluster.
type fake struct {
	Submitter // what a test does not need

	program application.Info
	answers []answer // of the cluster, one for each look; the last one stays
	looks   int
	lives   int // how often Forget fails yet
	killed  int
	ends    [][]string
}

type answer struct {
	info  application.Info
	there bool
	err   error
}

func (f *fake) Find(context.Context, application.Job) (application.Info, error) {
	return f.program, nil
}

func (f *fake) Kill(context.Context, application.Job) (string, error) {
	f.killed++
	f.lives = 0
	return "it was ended", nil
}

func (f *fake) Forget(context.Context, application.Job) error {
	if f.lives > 0 {
		f.lives--
		return sqlerr.New(sqlerr.Conflict, "it lives")
	}
	return nil
}

func (f *fake) Look(context.Context, application.Job) (application.Info, bool, error) {
	a := f.answers[min(f.looks, len(f.answers)-1)]
	f.looks++
	return a.info, a.there, a.err
}

func (f *fake) End(context.Context, application.Job) ([]string, error) {
	if len(f.ends) == 0 {
		return nil, nil
	}
	ended := f.ends[0]
	f.ends = f.ends[1:]
	return ended, nil
}

func TestFind(t *testing.T) {
	t.Parallel()
	none := answer{}
	there := answer{info: application.Info{ID: "a1", State: application.Running}, there: true}
	down := answer{err: sqlerr.New(sqlerr.Unavailable, "down")}
	program := func(s application.State) application.Info {
		return application.Info{ID: "4711", State: s, Diagnostic: "as it said"}
	}
	failed := application.Info{State: application.Failed, Diagnostic: "as it said"}
	killed := application.Info{State: application.Killed, Diagnostic: "as it said"}
	for _, test := range []struct {
		name    string
		program application.Info
		answers []answer
		started time.Duration // before now; 0 is not yet
		want    application.Info
		down    bool
	}{
		{"the cluster's word counts", program(application.Failed), []answer{there}, time.Hour, there.info, false},
		{"the cluster can't be asked", program(application.Failed), []answer{down}, time.Hour, application.Info{}, true},
		{"the program lives", program(application.Running), []answer{none}, time.Hour, application.Info{State: application.Pending}, false},
		{"the program begins", program(application.Pending), []answer{none}, time.Hour, application.Info{State: application.Pending}, false},
		{"the start is being claimed", program(application.Unknown), []answer{none}, time.Hour, application.Info{State: application.Unknown}, false},
		{"the program failed", program(application.Failed), []answer{none}, time.Second, failed, false},
		{"the program was killed", program(application.Killed), []answer{none}, time.Second, killed, false},
		{"submitted at the last moment", program(application.Finished), []answer{none, there}, time.Hour, there.info, false},
		{"failed after it submitted", program(application.Failed), []answer{none, there}, time.Hour, there.info, false},
		{"the second look fails", program(application.Finished), []answer{none, down}, time.Hour, application.Info{}, true},
		{"not there yet", program(application.Finished), []answer{none}, 29 * time.Second, application.Info{State: application.Unknown}, false},
		{"elsewhere, not there yet", program(application.NotFound), []answer{none}, 29 * time.Second, application.Info{State: application.Unknown}, false},
		{"never started", program(application.NotFound), []answer{none}, 0, application.Info{State: application.Unknown}, false},
		{
			"never came", program(application.Finished),
			[]answer{none},
			30 * time.Second,
			application.Info{State: application.NotFound, Diagnostic: "the cluster knows of no application of the batch 30s after its start, although the program that submits it has ended well"},
			false,
		},
		{
			"never came from elsewhere", program(application.NotFound),
			[]answer{none},
			30 * time.Second,
			application.Info{State: application.NotFound, Diagnostic: "the cluster knows of no application of the batch 30s after its start: as it said"},
			false,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { // time stands still
				f := &fake{program: test.program, answers: test.answers}
				job := application.Job{ID: "b1"}
				if test.started != 0 {
					job.Started = time.Now().Add(-test.started)
				}
				info, err := Submission{Submitter: f, Applications: f, Timeout: 30 * time.Second}.Find(t.Context(), job)
				require.Equal(t, test.down, err != nil, "%v", err)
				require.Equal(t, test.want, info)
			})
		})
	}
}

func TestKillEndsWhatCameAtTheLastMoment(t *testing.T) {
	t.Parallel()
	for want, ends := range map[string][][]string{
		"a1 was told to end; of the program that submits: it was ended":                {{"a1"}},
		"a2 was told to end; of the program that submits: it was ended":                {nil, {"a2"}},
		"no application ran on the cluster; of the program that submits: it was ended": nil,
	} {
		f := &fake{ends: ends}
		note, err := Submission{Submitter: f, Applications: f}.Kill(t.Context(), application.Job{})
		require.NoError(t, err)
		require.Equal(t, want, note)
		require.Equal(t, 1, f.killed)
	}
}

func TestKillWaitsForWhatIsSubmittedElsewhere(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fake{program: application.Info{State: application.NotFound}}
		job := application.Job{ID: "b1", Started: time.Now()}
		s := Submission{Submitter: f, Applications: f, Timeout: 30 * time.Second}
		_, err := s.Kill(t.Context(), job)
		require.ErrorIs(t, err, sqlerr.Unavailable)
		f.ends = [][]string{{"a1"}}
		note, err := s.Kill(t.Context(), job)
		require.NoError(t, err)
		require.Contains(t, note, "a1 was told to end")
		time.Sleep(30 * time.Second)
		note, err = s.Kill(t.Context(), job)
		require.NoError(t, err)
		require.Contains(t, note, "no application ran")
	})
}

func TestForgetLetsTheProgramEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		soon := &fake{lives: 5}
		require.NoError(t, Submission{Submitter: soon, Applications: soon}.Forget(t.Context(), application.Job{}))
		require.Zero(t, soon.killed)
		never := &fake{lives: 1000}
		began := time.Now()
		require.NoError(t, Submission{Submitter: never, Applications: never}.Forget(t.Context(), application.Job{}))
		require.Equal(t, 1, never.killed)
		require.Equal(t, 5*time.Second, time.Since(began))
	})
}

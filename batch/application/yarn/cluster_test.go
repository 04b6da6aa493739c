package yarn_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/batch/application"
	"github.com/nekomata-sql/nekomata/batch/application/applicationtest"
	"github.com/nekomata-sql/nekomata/batch/application/process"
	"github.com/nekomata-sql/nekomata/batch/application/yarn"
	"github.com/nekomata-sql/nekomata/batch/application/yarn/yarntest"
)

// soon is how long a busy machine may take for what should be quick.
const soon = time.Minute

// TestCluster is a cluster's life, against real daemons.
func TestCluster(t *testing.T) {
	t.Parallel()
	c := yarntest.Start(t)
	for _, test := range []struct {
		name string
		run  func(*testing.T, *bench)
	}{
		{"waits and is killed", waitsAndIsKilled},
		{"runs and finishes", runsAndFinishes},
		{"fails as its master says", failsAsItsMasterSays},
		{"ends as killed, its master says", endsAsKilledByItsMaster},
		{"is refused by the cluster", isRefused},
		{"never turns up", neverTurnsUp},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.run(t, newBench(t, c))
		})
	}
	t.Run("as every application", func(t *testing.T) {
		t.Parallel()
		applicationtest.Run(t, subject(c))
	})
}

// TestMain runs the supervisors of the programs that submit, too.
func TestMain(m *testing.M) { os.Exit(applicationtest.Main(m)) }

// subject is a YARN whose jobs are submitted by a process of their own.
func subject(c *yarntest.Cluster) applicationtest.Subject {
	job := func(verdict string) func(testing.TB) application.Job {
		return func(tb testing.TB) application.Job {
			tb.Helper()
			file := filepath.Join(tb.TempDir(), "verdict")
			if verdict != "" {
				require.NoError(tb, os.WriteFile(file, []byte(verdict), 0o600))
			}
			return application.Job{Name: "conforming", User: "alice", Resource: file}
		}
	}
	return applicationtest.Subject{
		New: func(tb testing.TB, o process.Options) application.Application {
			tb.Helper()
			o.Host = "" // who submits is bound to no machine
			o.Build = func(_ context.Context, job application.Job) (process.Command, error) {
				submit := c.Submit(job.Name, job.Conf["spark.yarn.tags"], 128, c.Master(job.Resource))
				return process.Command{
					Argv: append([]string{"sh", "-c", `echo hello; exec "$@"`, "spark-submit"}, submit...),
					Env:  os.Environ(),
				}, nil
			}
			y, err := yarn.New(yarn.Options{Submitter: process.New(o), ResourceManagers: c.Addresses, User: yarn.AsOwner})
			require.NoError(tb, err)
			return y
		},
		Succeeds:   job("SUCCEEDED"),
		Fails:      job("FAILED the words can't be counted"),
		Waits:      job(""),
		Diagnostic: "the words can't be counted",
		Patience:   soon,
		Outlives:   true,
	}
}

// bench is a YARN that submits what a test wants, and one job of it.
type bench struct {
	*yarn.YARN
	cluster *yarntest.Cluster
	program *program
	job     application.Job
	verdict string // the file that ends the master
}

func newBench(t *testing.T, c *yarntest.Cluster) *bench {
	t.Helper()
	dir := t.TempDir()
	b := &bench{cluster: c, program: &program{cluster: c, memory: 128}, verdict: filepath.Join(dir, "verdict")}
	var err error
	b.YARN, err = yarn.New(yarn.Options{
		Submitter: b.program,
		// The one on standby answers as well, and knows of nothing.
		ResourceManagers: []string{c.Addresses[1], c.Addresses[0]},
		User:             yarn.AsOwner,
		SubmitTimeout:    time.Hour,
	})
	require.NoError(t, err)
	b.job = application.Job{
		ID: uuid.NewString(), User: "alice", Name: "count words", Log: filepath.Join(dir, "log"), Started: time.Now(),
	}
	return b
}

func (b *bench) launch(t *testing.T, command string) {
	t.Helper()
	b.program.command = command
	require.NoError(t, b.Launch(t.Context(), b.job))
}

func (b *bench) find(t *testing.T) application.Info {
	t.Helper()
	info, err := b.Find(t.Context(), b.job)
	require.NoError(t, err)
	return info
}

// becomes waits for a state that must come with an application's id.
func (b *bench) becomes(t *testing.T, want application.State) application.Info {
	t.Helper()
	var info application.Info
	require.Eventually(t, func() bool {
		info = b.find(t)
		return info.State == want && info.ID != "" || info.State.Ended()
	}, soon, 50*time.Millisecond)
	require.Equal(t, want, info.State, "%+v", info)
	return info
}

func (b *bench) end(t *testing.T, verdict string) {
	t.Helper()
	require.NoError(t, os.WriteFile(b.verdict+".new", []byte(verdict), 0o600))
	require.NoError(t, os.Rename(b.verdict+".new", b.verdict))
}

func waitsAndIsKilled(t *testing.T, b *bench) {
	require.Equal(t, application.Unknown, b.find(t).State, "before it is there, and before the timeout")
	b.launch(t, "exec sleep 300")
	require.Equal(t, application.Pending, b.find(t).State, "while it is submitted")
	info := b.becomes(t, application.Pending)
	require.Regexp(t, `^application_\d+_\d+$`, info.ID)
	require.Equal(t, "count words", info.Name)
	require.Empty(t, info.URL)

	note, err := b.Kill(t.Context(), b.job)
	require.NoError(t, err)
	require.Contains(t, note, info.ID+" was told to end")
	info = b.becomes(t, application.Killed)
	require.Contains(t, info.Diagnostic, "was killed by user alice")
	note, err = b.Kill(t.Context(), b.job)
	require.NoError(t, err)
	require.Contains(t, note, "no application ran")
	require.NoError(t, b.Forget(t.Context(), b.job))
}

func runsAndFinishes(t *testing.T, b *bench) {
	b.launch(t, b.cluster.Master(b.verdict))
	info := b.becomes(t, application.Running)
	require.Regexp(t, `^http://.*/proxy/`+info.ID, info.URL)
	require.Empty(t, info.Diagnostic)
	b.end(t, "SUCCEEDED all is well")
	info = b.becomes(t, application.Finished)
	require.Empty(t, info.Diagnostic)
	require.NotEmpty(t, info.URL)
}

func failsAsItsMasterSays(t *testing.T, b *bench) {
	b.launch(t, b.cluster.Master(b.verdict))
	b.end(t, "FAILED User class threw an exception")
	require.Equal(t, "User class threw an exception", b.becomes(t, application.Failed).Diagnostic)
}

func endsAsKilledByItsMaster(t *testing.T, b *bench) {
	b.launch(t, b.cluster.Master(b.verdict))
	b.end(t, "KILLED")
	b.becomes(t, application.Failed) // FINISHED+KILLED is no pair that means more
}

func isRefused(t *testing.T, b *bench) {
	b.program.memory = 1 << 20
	b.launch(t, "exec sleep 300")
	var info application.Info
	require.Eventually(t, func() bool {
		info = b.find(t)
		return info.State.Ended()
	}, soon, 50*time.Millisecond)
	require.Equal(t, application.Failed, info.State)
	require.Empty(t, info.ID)
	require.Contains(t, info.Diagnostic, "exit status 1")
}

func neverTurnsUp(t *testing.T, b *bench) {
	require.Equal(t, application.Unknown, b.find(t).State)
	b.job.Started = time.Now().Add(-2 * time.Hour)
	info := b.find(t)
	require.Equal(t, application.NotFound, info.State)
	require.Contains(t, info.Diagnostic, "knows of no application")
	note, err := b.Kill(t.Context(), b.job)
	require.NoError(t, err)
	require.Contains(t, note, "no application ran")
}

// program is a Submitter that runs a YARN client in spark-submit's place.
type program struct {
	cluster *yarntest.Cluster
	memory  int
	command string

	mu   sync.Mutex
	jobs map[string]*application.Info
}

func (p *program) Launch(ctx context.Context, job application.Job) error {
	args := p.cluster.Submit(job.Name, job.Conf["spark.yarn.tags"], p.memory, p.command)
	cmd := exec.CommandContext(context.WithoutCancel(ctx), args[0], args[1:]...)
	log, err := os.Create(job.Log)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Env = append(os.Environ(), "HADOOP_USER_NAME="+job.User)
	info := &application.Info{State: application.Running}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.jobs == nil {
		p.jobs = map[string]*application.Info{}
	}
	p.jobs[job.ID] = info
	if err := cmd.Start(); err != nil {
		return err
	}
	go func() {
		err := cmd.Wait()
		p.mu.Lock()
		defer p.mu.Unlock()
		info.State = application.Finished
		if err != nil {
			info.State, info.Diagnostic = application.Failed, err.Error()
		}
	}()
	return nil
}

func (p *program) Find(_ context.Context, job application.Job) (application.Info, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if info := p.jobs[job.ID]; info != nil {
		return *info, nil
	}
	return application.Info{State: application.NotFound}, nil
}

func (p *program) Kill(context.Context, application.Job) (string, error) {
	return "it ends by itself", nil
}

func (p *program) Forget(_ context.Context, job application.Job) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.jobs, job.ID)
	return nil
}

package process_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/batch/application"
	"github.com/nekomata-sql/nekomata/batch/application/applicationtest"
	"github.com/nekomata-sql/nekomata/batch/application/process"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// gateway is one instance, and what a test does to its machine.
type gateway struct {
	*applicationtest.Ledger

	t       *testing.T
	options process.Options
	app     application.Application
}

func newGateway(t *testing.T) *gateway {
	t.Helper()
	l := applicationtest.NewLedger(t)
	o := l.Options(t.TempDir())
	o.Grace = 300 * time.Millisecond
	return &gateway{Ledger: l, t: t, options: o, app: newShell(t, o)}
}

// launch starts a script that is killed with the test at the latest.
func (g *gateway) launch(text string, args ...string) application.Job {
	g.t.Helper()
	job := g.Lease(application.Job{Resource: text, Args: args})
	g.end(job)
	require.NoError(g.t, g.app.Launch(g.t.Context(), job))
	job.Started = time.Now()
	return job
}

func (g *gateway) end(job application.Job) {
	ctx := context.WithoutCancel(g.t.Context())
	g.t.Cleanup(func() {
		_, _ = g.app.Kill(ctx, job)
		for _, pid := range tagged(g.t, job.ID) {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	})
}

func (g *gateway) until(job application.Job, want application.State) application.Info {
	g.t.Helper()
	var got application.Info
	require.Eventually(g.t, func() bool {
		info, err := g.app.Find(g.t.Context(), job)
		require.NoError(g.t, err)
		got = info
		return info.State == want
	}, 20*time.Second, 10*time.Millisecond, "the last was %+v", &got)
	return got
}

// record is what the supervisor has written of itself, by field.
func (g *gateway) record(job application.Job) map[string]any {
	g.t.Helper()
	path := filepath.Join(g.options.Dir, "run", job.ID, "record.json")
	require.Eventually(g.t, func() bool { _, err := os.Stat(path); return err == nil }, 10*time.Second, 5*time.Millisecond)
	b, err := os.ReadFile(path)
	require.NoError(g.t, err)
	var r map[string]any
	require.NoError(g.t, json.Unmarshal(b, &r))
	return r
}

// change changes the record.
func (g *gateway) change(job application.Job, change func(r map[string]any)) {
	g.t.Helper()
	r := g.record(job)
	change(r)
	b, err := json.Marshal(r)
	require.NoError(g.t, err)
	require.NoError(g.t, os.WriteFile(filepath.Join(g.options.Dir, "run", job.ID, "record.json"), b, 0o600))
}

func (g *gateway) supervisor(job application.Job) int {
	g.t.Helper()
	who, ok := g.record(job)["supervisor"].(map[string]any)
	require.True(g.t, ok)
	pid, ok := who["pid"].(float64)
	require.True(g.t, ok)
	return int(pid)
}

func (g *gateway) signalSupervisor(job application.Job, sig syscall.Signal) {
	g.t.Helper()
	pid := g.supervisor(job)
	require.NoError(g.t, syscall.Kill(pid, sig))
	if sig == syscall.SIGKILL {
		require.Eventually(g.t, func() bool { return syscall.Kill(pid, 0) != nil }, 10*time.Second, 5*time.Millisecond)
	}
}

// tagged are the processes with a batch's id in their environment.
func tagged(tb testing.TB, id string) []int {
	tb.Helper()
	var found []int
	dirs, err := filepath.Glob("/proc/[0-9]*/environ")
	require.NoError(tb, err)
	for _, path := range dirs {
		env, err := os.ReadFile(path)
		if err != nil || !strings.Contains("\x00"+string(env), "\x00"+process.Tag+"="+id+"\x00") {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path))); err == nil {
			found = append(found, pid)
		}
	}
	return found
}

func (g *gateway) processes(job application.Job, want int) {
	g.t.Helper()
	require.Eventually(g.t, func() bool { return len(tagged(g.t, job.ID)) == want }, 10*time.Second, 10*time.Millisecond)
}

func TestLongLinesLeaveRoomForTheReason(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	job := g.launch(`echo why; head -c 9000 /dev/zero | tr '\0' x; echo; echo more; exit 3`)
	said := g.until(job, application.Failed).Diagnostic
	require.Contains(t, said, "why\nxxx")
	require.Contains(t, said, "xxx...\nmore")
}

func TestSupervisorIsKilled(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	done := filepath.Join(t.TempDir(), "done")
	job := g.launch(`until [ -e "$1" ]; do sleep 0.02; done`, done)
	before := g.until(job, application.Running)
	g.signalSupervisor(job, syscall.SIGKILL)
	require.Equal(t, before, g.until(job, application.Running), "the job lives on")
	require.ErrorIs(t, g.app.Forget(t.Context(), job), sqlerr.Conflict)
	require.ErrorIs(t, g.app.Launch(t.Context(), g.Lease(job)), sqlerr.Conflict)
	require.NoError(t, os.WriteFile(done, nil, 0o600))
	require.Contains(t, g.until(job, application.NotFound).Diagnostic, "nobody knows how")
	require.NoError(t, g.app.Forget(t.Context(), job))
}

func TestKillWithoutSupervisor(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	job := g.launch("sleep 600 & sleep 600")
	g.until(job, application.Running)
	g.processes(job, 3)
	g.signalSupervisor(job, syscall.SIGKILL)
	said, err := g.app.Kill(t.Context(), job)
	require.NoError(t, err)
	require.Contains(t, said, "3 of its processes")
	g.until(job, application.Killed)
	g.processes(job, 0)
}

func TestKillEndsAll(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	job := g.launch(`trap '' TERM
		sleep 601 & setsid sleep 602 & env -i sleep 603 & (setsid sh -c "trap '' TERM; sleep 604; sleep 605") &
		sleep 606; sleep 607`)
	g.until(job, application.Running)
	g.processes(job, 6)
	_, err := g.app.Kill(t.Context(), job)
	require.NoError(t, err)
	g.until(job, application.Killed)
	g.processes(job, 0)
	lines, err := filepath.Glob("/proc/[0-9]*/cmdline")
	require.NoError(t, err)
	for _, path := range lines {
		text, _ := os.ReadFile(path)
		require.NotEqual(t, "sleep\x00603\x00", string(text), "it has no tag but is in the group")
	}
}

func TestWhatAJobLeavesBehindEndsWithIt(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	job := g.launch("sleep 600 & setsid sleep 600 & echo hello")
	g.until(job, application.Finished)
	require.Empty(t, tagged(t, job.ID))
}

func TestKillFromSeveralGateways(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	job := g.launch("trap '' TERM; sleep 600; sleep 600")
	g.until(job, application.Running)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			_, err := newShell(t, g.options).Kill(t.Context(), job)
			require.NoError(t, err)
		})
	}
	all.Wait()
	g.until(job, application.Killed)
	g.processes(job, 0)
}

func TestStoppedSupervisorIsKilled(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	job := g.launch("sleep 600")
	g.until(job, application.Running)
	g.signalSupervisor(job, syscall.SIGSTOP)
	_, err := g.app.Kill(t.Context(), job)
	require.NoError(t, err)
	g.until(job, application.Killed)
}

func TestSupervisorIsToldToEnd(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	job := g.launch("sleep 600")
	g.until(job, application.Running)
	g.signalSupervisor(job, syscall.SIGTERM)
	g.until(job, application.Killed)
	g.processes(job, 0)
}

func TestRestartedMachine(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	job := g.launch("sleep 600")
	g.until(job, application.Running)
	g.signalSupervisor(job, syscall.SIGKILL)
	for _, pid := range tagged(t, job.ID) {
		require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
	}
	g.processes(job, 0)
	// The numbers are other processes' by now: ours, which must survive this.
	g.change(job, func(r map[string]any) {
		r["boot"] = "another"
		r["job"] = map[string]any{"pid": os.Getpid(), "start": 0}
		r["supervisor"] = map[string]any{"pid": os.Getppid(), "start": 0}
	})
	require.Contains(t, g.until(job, application.NotFound).Diagnostic, "machine was restarted")
	said, err := g.app.Kill(t.Context(), job)
	require.NoError(t, err)
	require.Contains(t, said, "no process")
	g.until(job, application.NotFound)
}

func TestNumbersUsedAgain(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	job := g.launch("sleep 600")
	g.until(job, application.Running)
	g.signalSupervisor(job, syscall.SIGKILL)
	for _, pid := range tagged(t, job.ID) {
		require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
	}
	g.processes(job, 0)
	bystander := g.launch("sleep 600")
	g.until(bystander, application.Running)
	other := g.record(bystander)
	g.change(job, func(r map[string]any) {
		for _, who := range []string{"job", "supervisor"} {
			mine, ok := r[who].(map[string]any)
			require.True(t, ok)
			theirs, ok := other[who].(map[string]any)
			require.True(t, ok)
			mine["pid"] = theirs["pid"]
		}
	})
	g.until(job, application.NotFound)
	_, err := g.app.Kill(t.Context(), job)
	require.NoError(t, err)
	g.until(bystander, application.Running)
}

func TestGatewayStopsWaiting(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	g.Away(true)
	job := g.Lease(application.Job{Resource: "echo hello"})
	g.end(job)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, g.app.Launch(ctx, job), application.ErrUnsure)
	g.until(job, application.Unknown)
	g.Away(false)
	g.until(job, application.Finished)
}

func TestKillBeforeTheStart(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	g.Away(true)
	job := g.Lease(application.Job{Resource: "echo hello"})
	launched := make(chan error, 1)
	go func() { launched <- g.app.Launch(t.Context(), job) }()
	g.until(job, application.Unknown)
	said, err := g.app.Kill(t.Context(), job)
	require.NoError(t, err)
	require.Contains(t, said, "kept from starting")
	require.ErrorIs(t, <-launched, sqlerr.Canceled)
	g.Away(false)
	g.until(job, application.Killed)
	require.Nil(t, g.Claimed(job.ID))
	require.ErrorIs(t, g.app.Launch(t.Context(), g.Lease(job)), sqlerr.Conflict, "a killed job never starts")
}

func TestSupervisorDiesBeforeTheClaim(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	g.Away(true)
	job := g.Lease(application.Job{Resource: "echo hello"})
	g.end(job)
	launched := make(chan error, 1)
	go func() { launched <- g.app.Launch(t.Context(), job) }()
	g.until(job, application.Unknown)
	g.signalSupervisor(job, syscall.SIGKILL)
	require.ErrorIs(t, <-launched, application.ErrUnsure)
	g.until(job, application.NotFound)
	g.Away(false)
	require.NoError(t, g.app.Launch(t.Context(), g.Lease(job)), "nothing was claimed, so another may")
	g.until(job, application.Finished)
}

func TestLaunchesRace(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	out := filepath.Join(t.TempDir(), "out")
	job := g.Lease(application.Job{Resource: `echo ran >> "$1"; sleep 0.3`, Args: []string{out}})
	g.end(job)
	var (
		all     sync.WaitGroup
		started atomic.Int32
	)
	for range 8 {
		all.Go(func() {
			err := newShell(t, g.options).Launch(t.Context(), job)
			if err == nil {
				started.Add(1)
				return
			}
			require.ErrorIs(t, err, sqlerr.Conflict)
		})
	}
	all.Wait()
	require.EqualValues(t, 1, started.Load())
	g.until(job, application.Finished)
	text, err := os.ReadFile(out)
	require.NoError(t, err)
	require.Equal(t, "ran\n", string(text))
}

func TestSecretsStayInside(t *testing.T) {
	t.Setenv("NEKOMATA_KYUUBI_METADATA_STORE_JDBC_PASSWORD", "geheim")
	g := newGateway(t)
	g.options.Secret = json.RawMessage(`"` + strings.Trim(string(g.options.Secret), `"`) + `"`)
	job := g.launch(`env; sleep 600`)
	g.until(job, application.Running)
	file := process.New(g.options).File(job.ID, "secret")
	info, err := os.Stat(file)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode())
	for _, pid := range append(tagged(t, job.ID), g.supervisor(job)) {
		for _, name := range []string{"cmdline", "environ"} {
			text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), name))
			require.NoError(t, err)
			require.NotContains(t, string(text), "geheim")
			require.NotContains(t, string(text), strings.Trim(string(g.options.Secret), `"`))
		}
	}
	_, err = g.app.Kill(t.Context(), job)
	require.NoError(t, err)
	require.NoFileExists(t, file)
	text, err := os.ReadFile(job.Log)
	require.NoError(t, err)
	require.Contains(t, string(text), "# a shell script\n")
	require.Contains(t, string(text), process.Tag+"="+job.ID)
	require.NotContains(t, string(text), "geheim")
}

func TestWhatCannotStart(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	for _, argv := range [][]string{nil, {"no-such-program"}, {"/no/such/program"}, {"/etc/passwd"}} {
		o := g.options
		o.Build = func(context.Context, application.Job) (process.Command, error) {
			return process.Command{Argv: argv, Env: os.Environ()}, nil
		}
		job := g.Lease(application.Job{})
		require.NoError(t, process.New(o).Launch(t.Context(), job))
		require.Contains(t, g.until(job, application.Failed).Diagnostic, "the job can't be started")
	}
	o := g.options
	o.Self = []string{"/no/such/program"}
	err := newShell(t, o).Launch(t.Context(), g.Lease(application.Job{}))
	require.ErrorIs(t, err, sqlerr.Unavailable)
	require.NotErrorIs(t, err, application.ErrUnsure)
	o.Self = []string{"/bin/true"}
	require.ErrorIs(t, newShell(t, o).Launch(t.Context(), g.Lease(application.Job{})), application.ErrUnsure)
	job := g.Lease(application.Job{Log: "/proc/nowhere/log"})
	err = g.app.Launch(t.Context(), job)
	require.ErrorIs(t, err, sqlerr.Unavailable)
	require.Nil(t, g.Claimed(job.ID), "a job without a log is not started")
}

func TestJobOfAGatewayWithAnotherDirectory(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	other := &gateway{Ledger: g.Ledger, t: t, options: g.options}
	other.options.Dir = t.TempDir()
	other.app = newShell(t, other.options)
	launch := func(text string) application.Job {
		id := uuid.NewString()
		job := g.Lease(application.Job{ID: id, Resource: text, Log: filepath.Join(g.options.Dir, "log", id+".log")})
		g.end(job)
		require.NoError(t, g.app.Launch(t.Context(), job))
		job.Started = time.Now()
		return job
	}
	job := launch("exit 3")
	require.Contains(t, other.until(job, application.Failed).Diagnostic, "exit code 3")
	require.Eventually(t, func() bool { return other.app.Forget(t.Context(), job) == nil }, 10*time.Second, 10*time.Millisecond)
	require.NoDirExists(t, filepath.Join(g.options.Dir, "run", job.ID))

	job = launch("sleep 600")
	other.until(job, application.Running)
	_, err := other.app.Kill(t.Context(), job)
	require.NoError(t, err)
	other.until(job, application.Killed)
	g.until(job, application.Killed)
}

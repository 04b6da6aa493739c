package sql

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/batch/application"
	"github.com/nekomata-sql/nekomata/batch/application/applicationtest"
	"github.com/nekomata-sql/nekomata/batch/application/process"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

func TestMain(m *testing.M) { os.Exit(applicationtest.Main(m)) }

// TestConformance runs scripts of the shell's: what SQL does is tested with the
// real program.
func TestConformance(t *testing.T) {
	t.Parallel()
	job := func(text string) func(testing.TB) application.Job {
		return func(tb testing.TB) application.Job {
			tb.Helper()
			path := filepath.Join(tb.TempDir(), "x.sql")
			require.NoError(tb, os.WriteFile(path, []byte(text), 0o600))
			return application.Job{Type: "SQL", User: "ann", Name: "a job", Resource: "file://" + path}
		}
	}
	applicationtest.Run(t, applicationtest.Subject{
		New: func(_ testing.TB, o process.Options) application.Application {
			return New(Options{Process: o, Environ: os.Environ(), Databases: Databases{Anywhere: true}, Runner: []string{"sh", "-c", `. "$(sed 's/.*"script":"\([^"]*\)".*/\1/' "$0")"`}})
		},
		Succeeds:   job("echo hello"),
		Fails:      job("echo 'line 7, column 8' >&2; exit 1"),
		Waits:      job("sleep 600"),
		Diagnostic: "exit code 1; it said last:\nline 7, column 8",
	})
}

// TestCrash: when the engine takes its process down, what counts comes before stacks
// and registers.
func TestCrash(t *testing.T) {
	t.Parallel()
	l := applicationtest.NewLedger(t)
	o := l.Options(t.TempDir())
	app := New(Options{
		Process: o, Environ: os.Environ(), Databases: Databases{Anywhere: true}, Verdict: "prog: ",
		Runner: []string{"sh", "-c", `printf 'line 1> select 1\nSIGSEGV: segmentation violation\nPC=0x1\n\ngoroutine 1 gp=0x2 m=0 [syscall]:\n'; seq 1 100; exit 2`},
	})
	path := filepath.Join(t.TempDir(), "x.sql")
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	job := l.Lease(application.Job{Type: "SQL", User: "ann", Resource: path})
	require.NoError(t, app.Launch(t.Context(), job))
	job.Started = time.Now()
	var info application.Info
	require.Eventually(t, func() bool {
		var err error
		info, err = app.Find(t.Context(), job)
		require.NoError(t, err)
		return info.State == application.Failed
	}, 20*time.Second, 10*time.Millisecond)
	require.Equal(t, "the job ended with exit code 2; it said last:\nline 1> select 1\nSIGSEGV: segmentation violation\nPC=0x1", info.Diagnostic)
}

func TestDatabases(t *testing.T) {
	t.Parallel()
	root, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	require.NoError(t, os.Mkdir(filepath.Join(root, "data"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(root, "own.db"), nil, 0o600))
	require.NoError(t, os.Symlink(filepath.Join(root, "own.db"), filepath.Join(root, "data", "link.db")))
	require.NoError(t, os.Link(filepath.Join(root, "own.db"), filepath.Join(root, "data", "hard.db")))
	d := Databases{Own: filepath.Join(root, "own.db"), Root: root, Allowed: []string{filepath.Join(root, "data")}}
	for path, want := range map[string]string{"": "", ":memory:": "", "data/a.db": root + "/data/a.db", root + "/data/x/../b.db": root + "/data/b.db"} {
		got, err := d.Path(map[string]string{KeyPath: path})
		require.NoError(t, err, path)
		require.Equal(t, want, got)
	}
	for _, own := range []string{"own.db", "data/link.db", "data/hard.db", "data/../own.db"} {
		_, err := d.Path(map[string]string{KeyPath: own})
		require.ErrorIs(t, err, sqlerr.Invalid, own)
		require.ErrorContains(t, err, "the gateway itself has open")
	}
	for _, outside := range []string{"other.db", "data/../../x.db", "/etc/passwd", "data"} {
		_, err := d.Path(map[string]string{KeyPath: outside})
		require.ErrorIs(t, err, sqlerr.Denied, outside)
	}
	write := func(path string) string {
		require.NoError(t, os.WriteFile(path, nil, 0o600))
		return path
	}
	require.NoError(t, d.CheckScript("file://"+write(root+"/data/x.sql")))
	require.ErrorIs(t, d.CheckScript(write(root+"/secret")), sqlerr.Denied)
	more := d
	more.Scripts = []string{root}
	require.NoError(t, more.CheckScript(root+"/secret"))
	require.ErrorIs(t, d.CheckScript(root+"/data/link.db"), sqlerr.Denied)
	// The system follows the link before it goes up.
	require.NoError(t, os.Mkdir(filepath.Join(root, "elsewhere"), 0o700))
	require.NoError(t, os.Symlink(filepath.Join(root, "elsewhere"), filepath.Join(root, "data", "link")))
	require.ErrorIs(t, d.CheckScript(root+"/data/link/../secret"), sqlerr.Denied)
	require.NoError(t, d.CheckScript(write(root+"/data/10:30.sql")))
	require.ErrorIs(t, d.CheckScript(root+"/data/no.sql"), sqlerr.Invalid)
	d.Anywhere = true
	require.NoError(t, d.CheckScript(root+"/secret"))
	got, err := d.Path(map[string]string{KeyPath: "other.db"})
	require.NoError(t, err)
	require.Equal(t, root+"/other.db", got)
}

func TestScripts(t *testing.T) {
	t.Parallel()
	for _, resource := range []string{"hdfs:///x.sql", "file://elsewhere/x.sql", "x.sql", "/no/such.sql", "/tmp", "", ":"} {
		_, err := scriptPath(resource)
		require.ErrorIs(t, err, sqlerr.Invalid, resource)
	}
	require.Equal(t, map[string]string{"1": "day=2024-01-02", "day": "2024-01-02", "2": "x", "3": "=y"}, variables([]string{"day=2024-01-02", "x", "=y"}))
}

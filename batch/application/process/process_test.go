package process_test

import (
	"context"
	"os"
	"testing"

	"github.com/nekomata-sql/nekomata/batch/application"
	"github.com/nekomata-sql/nekomata/batch/application/applicationtest"
	"github.com/nekomata-sql/nekomata/batch/application/process"
)

func TestMain(m *testing.M) { os.Exit(applicationtest.Main(m)) }

// newShell is a Process whose jobs are shell scripts: the resource.
func newShell(_ testing.TB, o process.Options) application.Application {
	o.Build = func(_ context.Context, job application.Job) (process.Command, error) {
		return process.Command{
			Argv: append([]string{"sh", "-c", job.Resource, "job"}, job.Args...), Env: os.Environ(),
			Files: map[string]string{"secret": "geheim"}, Preface: []string{"# a shell script"},
		}, nil
	}
	return process.New(o)
}

func script(text string) func(testing.TB) application.Job {
	return func(testing.TB) application.Job { return application.Job{Name: "a job", Resource: text} }
}

func TestConformance(t *testing.T) {
	t.Parallel()
	applicationtest.Run(t, applicationtest.Subject{
		New:        newShell,
		Succeeds:   script("echo hello"),
		Fails:      script("echo it went wrong >&2; exit 3"),
		Waits:      script("sleep 600"),
		Diagnostic: "exit code 3; it said last:\nit went wrong",
	})
}

// Package spark submits batches of the types SPARK and PYSPARK with spark-submit,
// as a process of this machine.
//
// With a local master that process is the job. With a cluster it only submits, and
// package yarn or kubernetes wraps this one. The package must not know clusters,
// nor the metadata store.
package spark

import (
	"context"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/nekomata-sql/nekomata/batch/application"
	"github.com/nekomata-sql/nekomata/batch/application/process"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// Options is what an Application is made of.
type Options struct {
	// Process is where its processes live; Build is ours to set. Without a Host jobs
	// are not bound to this machine: the process only submits.
	Process process.Options
	// Environ is the gateway's own environment; the processes get it without the
	// gateway's settings.
	Environ []string
	// EngineEnv is added to it, and a batch's own kyuubi.engineEnv.* after that.
	EngineEnv map[string]string
	// ProxyUsers submits as the batch's user by --proxy-user, unless that is
	// ServerUser, whom the gateway runs as, or the batch brings a keytab.
	ProxyUsers bool
	ServerUser string
	// Redact is a setting's value as a log may show it.
	Redact func(key, value string) string
}

// Application is spark-submit. Where it runs says how its process stands: Running
// while spark-submit lives, Finished when it has ended with 0, Failed with its last
// words otherwise, and NotFound on a machine that knows nothing of it.
type Application struct {
	*process.Process

	opts Options
}

var _ application.Application = (*Application)(nil)

// New returns an Application. It starts and reads nothing.
func New(o Options) *Application {
	if o.Redact == nil {
		o.Redact = func(_, value string) string { return value }
	}
	a := &Application{opts: o}
	o.Process.Build = a.build
	a.Process = process.New(o.Process)
	return a
}

// build makes spark-submit's command line. Settings go into a file that only its
// user can read, since everybody can read a command line.
func (a *Application) build(_ context.Context, job application.Job) (process.Command, error) {
	env := newEnvironment(process.CleanEnviron(a.opts.Environ))
	maps.Copy(env, a.opts.EngineEnv)
	for key, value := range job.Conf {
		if name, ok := strings.CutPrefix(key, EnvPrefix); ok && name != "" {
			env[name] = value
		}
	}
	if err := Check(job); err != nil {
		return process.Command{}, err
	}
	submit, err := env.submit()
	if err != nil {
		return process.Command{}, err
	}
	conf := a.settings(job)
	defaults := env.defaults()
	if err := checkDefaults(conf, defaults, env["MASTER"]); err != nil {
		return process.Command{}, err
	}
	args := a.arguments(job)
	return process.Command{
		Argv:    append([]string{submit, "--properties-file", a.File(job.ID, propertiesName)}, args...),
		Env:     env.list(),
		Files:   map[string]string{propertiesName: defaults + properties(conf)},
		Preface: a.preface(job, submit, args, conf),
	}, nil
}

const propertiesName = "spark.properties"

// Check refuses what spark-submit would take for something else.
func Check(job application.Job) error {
	for name, value := range map[string]string{"resource": job.Resource, "className": job.ClassName, "the user": job.User} {
		if strings.HasPrefix(value, "-") {
			return sqlerr.New(sqlerr.Invalid, "%s must not begin with -, which %q does", name, value)
		}
	}
	if job.Resource == "" {
		return sqlerr.New(sqlerr.Invalid, "resource is a required parameter")
	}
	return nil
}

// arguments are those of spark-submit that are no settings.
func (a *Application) arguments(job application.Job) []string {
	var args []string
	if job.ClassName != "" {
		args = append(args, "--class", job.ClassName)
	}
	if a.opts.ProxyUsers && job.User != "" && job.User != a.opts.ServerUser && !hasKeytab(job.Conf) {
		args = append(args, "--proxy-user", job.User)
	}
	return append(append(args, job.Resource), job.Args...)
}

// hasKeytab says that a batch logs in by itself.
func hasKeytab(conf map[string]string) bool {
	return conf["spark.kerberos.keytab"] != "" && conf["spark.kerberos.principal"] != "" ||
		conf["spark.yarn.keytab"] != "" && conf["spark.yarn.principal"] != ""
}

// EnvPrefix begins settings that become variables of the environment.
const EnvPrefix = "kyuubi.engineEnv."

// environment is a process's environment by name.
type environment map[string]string

func newEnvironment(environ []string) environment {
	env := environment{}
	for _, e := range environ {
		if name, value, ok := strings.Cut(e, "="); ok {
			env[name] = value
		}
	}
	return env
}

func (e environment) list() []string {
	out := make([]string, 0, len(e))
	for name, value := range e {
		out = append(out, name+"="+value)
	}
	return out
}

// submit is the path of spark-submit.
func (e environment) submit() (string, error) {
	if home := e["SPARK_HOME"]; home != "" {
		path := filepath.Join(home, "bin", "spark-submit")
		if info, err := os.Stat(path); err != nil || info.IsDir() {
			return "", sqlerr.New(sqlerr.Invalid,
				"there is no bin/spark-submit in SPARK_HOME=%s on the gateway's machine: set kyuubi.engineEnv.SPARK_HOME to the directory of a Spark", home)
		}
		return path, nil
	}
	for _, dir := range filepath.SplitList(e["PATH"]) {
		if path, err := exec.LookPath(filepath.Join(dir, "spark-submit")); err == nil && filepath.IsAbs(path) {
			return path, nil
		}
	}
	return "", sqlerr.New(sqlerr.Invalid,
		"the gateway's machine has no Spark: install one and set kyuubi.engineEnv.SPARK_HOME to its directory, in the gateway's settings or in the batch's conf")
}

// defaults is the text of Spark's own default settings, which spark-submit would
// not read beside a properties file.
func (e environment) defaults() string {
	dir := e["SPARK_CONF_DIR"]
	if dir == "" && e["SPARK_HOME"] != "" {
		dir = filepath.Join(e["SPARK_HOME"], "conf")
	}
	if dir == "" {
		return ""
	}
	text, err := os.ReadFile(filepath.Join(dir, "spark-defaults.conf"))
	if err != nil {
		return ""
	}
	return string(text) + "\n\n" // the empty line ends one that is continued
}

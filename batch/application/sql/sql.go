// Package sql runs batches of the type SQL: the resource is a script, which the
// embedded engine runs in a process of its own, statement by statement.
//
// The gateway's side is [New], which launches that process; the process's side is
// [Script]. The package must not know the engine: whoever starts the process hands
// over a connection.
package sql

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/nekomata-sql/nekomata/batch/application"
	"github.com/nekomata-sql/nekomata/batch/application/process"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// KeyPath is the setting of a batch that names its database file.
const KeyPath = "kyuubi.engine.duckdb.path"

// Options is what an application is made of.
type Options struct {
	// Process is where its processes live; Build is ours to set.
	Process process.Options
	// Runner is the command that runs a script; the path of its [Job] follows.
	Runner []string
	// Environ is the gateway's environment.
	Environ []string
	// Databases says which files a batch may use.
	Databases Databases
	// Engine is what the process needs to know of the gateway's settings; only it
	// and whoever runs the process know its form.
	Engine json.RawMessage
	// Verdict begins what Runner says when a script fails.
	Verdict string
}

// Job is what a process is told, in a file.
type Job struct {
	ID     string            `json:"id"`
	User   string            `json:"user"`
	Script string            `json:"script"`
	Path   string            `json:"path"`
	Conf   map[string]string `json:"conf"`
	Vars   map[string]string `json:"vars"`
	Engine json.RawMessage   `json:"engine"`
}

const jobName = "job.json"

// New returns the application. It starts and reads nothing.
func New(o Options) *process.Process {
	b := &builder{Options: o}
	o.Process.Build = b.build
	b.process = process.New(o.Process)
	return b.process
}

type builder struct {
	Options

	process *process.Process
}

func (b *builder) build(_ context.Context, job application.Job) (process.Command, error) {
	if err := b.Databases.CheckScript(job.Resource); err != nil {
		return process.Command{}, err
	}
	script, err := scriptPath(job.Resource)
	if err != nil {
		return process.Command{}, err
	}
	path, err := b.Databases.Path(job.Conf)
	if err != nil {
		return process.Command{}, err
	}
	spec, err := json.Marshal(Job{
		ID: job.ID, User: job.User, Script: script, Path: path, Conf: job.Conf, Vars: variables(job.Args), Engine: b.Engine,
	})
	if err != nil {
		return process.Command{}, sqlerr.Wrap(err, sqlerr.Internal, "the batch %s can't be started", job.ID)
	}
	where := path
	if where == "" {
		where = "a database in memory"
	}
	return process.Command{
		Argv:    append(slices.Clone(b.Runner), b.process.File(job.ID, jobName)),
		Env:     process.CleanEnviron(b.Environ),
		Files:   map[string]string{jobName: string(spec)},
		Verdict: b.Verdict,
		Preface: []string{fmt.Sprintf("# batch %s, SQL, of %s: %s on %s", job.ID, job.User, job.Resource, where), ""},
	}, nil
}

// scriptPath is the script's path on this machine.
func scriptPath(resource string) (string, error) {
	path := resource
	if strings.Contains(resource, ":") && !filepath.IsAbs(resource) {
		u, err := url.Parse(resource)
		if err != nil || u.Scheme != "file" || u.Host != "" && u.Host != "localhost" {
			return "", sqlerr.New(sqlerr.Invalid, "resource = %q is no file of the gateway's machine: give its path, or upload it with the request", resource)
		}
		path = u.Path
	}
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() || !filepath.IsAbs(path) {
		return "", sqlerr.New(sqlerr.Invalid, "resource = %q is no file of the gateway's machine: give its absolute path, or upload it with the request", resource)
	}
	return path, nil
}

// variables are a batch's arguments as variables of its script: NAME=value is
// ${hivevar:NAME}, and any argument is ${hivevar:N} by its number, from 1.
func variables(args []string) map[string]string {
	vars := make(map[string]string, len(args))
	for i, arg := range args {
		vars[strconv.Itoa(i+1)] = arg
		if name, value, ok := strings.Cut(arg, "="); ok && name != "" {
			vars[name] = value
		}
	}
	return vars
}

package server

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"

	"github.com/nekomata-sql/nekomata/batch/application/sql"
	"github.com/nekomata-sql/nekomata/config"
	"github.com/nekomata-sql/nekomata/engine"
	"github.com/nekomata-sql/nekomata/engine/duckdb"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// RunSQLArgument is the subcommand that runs [RunSQL].
const RunSQLArgument = "run-sql"

// sqlEngine is what the process of a SQL batch takes over of the gateway's settings.
type sqlEngine struct {
	MemoryLimit    int64
	Threads        int
	ExternalAccess bool
	Allowed        []string
	Dialect        string
}

// sqlOptions are those of SQL batches.
func (s *Server) sqlOptions(host string) (sql.Options, error) {
	c := s.conf
	p, err := s.processOptions(host)
	if err != nil {
		return sql.Options{}, err
	}
	engine, err := json.Marshal(sqlEngine{
		MemoryLimit:    config.Get(c, config.DuckDBMemoryLimit),
		Threads:        config.Get(c, config.DuckDBThreads),
		ExternalAccess: config.Get(c, config.DuckDBExternalAccess),
		Allowed:        config.Get(c, config.DuckDBAllowedDirectories),
		Dialect:        config.Get(c, config.DuckDBDialect),
	})
	if err != nil {
		return sql.Options{}, err
	}
	return sql.Options{
		Process:   p,
		Runner:    []string{s.opts.Program, RunSQLArgument},
		Environ:   os.Environ(),
		Databases: s.batchDatabases(),
		Engine:    engine,
		Verdict:   "nekomata: ",
	}, nil
}

// batchDatabases are the files that SQL batches may use.
func (s *Server) batchDatabases() sql.Databases {
	d := sql.Databases{
		Own:      config.Get(s.conf, config.DuckDBPath),
		Root:     config.Get(s.conf, config.DataDir),
		Allowed:  config.Get(s.conf, config.DuckDBAllowedDirectories),
		Anywhere: config.Get(s.conf, config.DuckDBExternalAccess),
		Scripts:  append(config.Get(s.conf, config.LocalDirAllowList), filepath.Join(config.Get(s.conf, config.BatchDir), "upload")),
	}
	if filepath.Base(d.Own) == inMemory {
		d.Own = ""
	}
	return d
}

// RunSQL is the life of the process of one SQL batch: it runs the script that the
// job file names, and says on out what happens.
func RunSQL(ctx context.Context, jobFile string, out io.Writer) error {
	job, err := sql.ReadJob(jobFile)
	if err != nil {
		return sqlerr.Wrap(err, sqlerr.Internal, "what to run can't be read")
	}
	text, err := os.ReadFile(job.Script)
	if err != nil {
		return sqlerr.Wrap(err, sqlerr.Invalid, "the script %s can't be read", job.Script)
	}
	var e sqlEngine
	if err := json.Unmarshal(job.Engine, &e); err != nil {
		return sqlerr.Wrap(err, sqlerr.Internal, "the engine's settings can't be read")
	}
	parts, err := duckdb.Split(string(text), job.Conf, e.Dialect)
	if err != nil {
		return err
	}
	if job.Path != "" {
		if err := os.MkdirAll(filepath.Dir(job.Path), 0o700); err != nil {
			return sqlerr.Wrap(err, sqlerr.Invalid, "the directory of the database %s can't be made", job.Path)
		}
	}
	db := duckdb.New(duckdb.Options{
		Path: job.Path, MemoryLimit: e.MemoryLimit, Threads: e.Threads, TempDirectory: "spill",
		ExternalAccess: e.ExternalAccess, AllowedDirectories: e.Allowed, Dialect: e.Dialect,
	})
	return while(ctx, db, func(ctx context.Context) error {
		conn, err := db.Open(ctx, engine.OpenRequest{SessionID: job.ID, User: job.User, Conf: job.Conf, Vars: job.Vars})
		if err != nil {
			return err
		}
		defer conn.Close() //nolint:errcheck // the process ends
		s := sql.Script{Text: string(text), Parts: parts, Conn: conn, Out: out}
		return s.Run(ctx)
	})
}

package server

import (
	"log/slog"
	"path/filepath"

	"github.com/nekomata-sql/nekomata/config"
	"github.com/nekomata-sql/nekomata/engine"
	"github.com/nekomata-sql/nekomata/engine/duckdb"
	"github.com/nekomata-sql/nekomata/service"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// runningEngine is an engine that lives as long as the gateway.
type runningEngine interface {
	engine.Engine
	service.Service
}

// engines are all that there are, by kyuubi.engine.type.
var engines = map[string]func(*config.Config, *slog.Logger) runningEngine{
	"DUCKDB": newDuckDB,
}

func newEngine(c *config.Config, log *slog.Logger) (runningEngine, error) {
	kind := config.Get(c, config.EngineType)
	build := engines[kind]
	if build == nil {
		return nil, sqlerr.New(sqlerr.Invalid, "%s=%s is no engine of this gateway", config.EngineType.Key(), kind)
	}
	return build(c, log), nil
}

func newDuckDB(c *config.Config, log *slog.Logger) runningEngine {
	path := config.Get(c, config.DuckDBPath)
	if filepath.Base(path) == inMemory {
		path = ""
	}
	return duckdb.New(duckdb.Options{
		Path:                 path,
		MemoryLimit:          config.Get(c, config.DuckDBMemoryLimit),
		Threads:              config.Get(c, config.DuckDBThreads),
		TempDirectory:        config.Get(c, config.DuckDBTempDir),
		MaxTempDirectorySize: config.Get(c, config.DuckDBMaxTempSize),
		ExternalAccess:       config.Get(c, config.DuckDBExternalAccess),
		AllowedDirectories:   config.Get(c, config.DuckDBAllowedDirectories),
		MaxRunning:           config.Get(c, config.DuckDBMaxRunning),
		MaxQueued:            config.Get(c, config.DuckDBMaxQueued),
		Dialect:              config.Get(c, config.DuckDBDialect),
		DoubleQuotes:         config.Get(c, config.DuckDBDoubleQuotes),
		ShowLayout:           config.Get(c, config.DuckDBShowLayout),
		Log:                  log,
	})
}

// inMemory is DuckDB's own name for a database without a file.
const inMemory = ":memory:"

// describeEngine says what runs the SQL and where its tables are.
func (s *Server) describeEngine() string {
	info := s.engine.Info()
	where := config.Get(s.conf, config.DuckDBPath)
	if where == "" || filepath.Base(where) == inMemory {
		where = "in memory: tables end with the gateway"
	}
	return info.Name + " " + info.Version + ", " + where
}

package duckdb

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	native "github.com/duckdb/duckdb-go-bindings"

	"github.com/nekomata-sql/nekomata/engine"
	"github.com/nekomata-sql/nekomata/engine/duckdb/dialect"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// Engine is DuckDB in this process: an [engine.Engine] and a service.Service.
type Engine struct {
	opts      Options
	admission *admission
	paths     []ownPath // what clients are not shown

	mu sync.Mutex
	db *database // nil while there is none
}

var _ engine.Engine = (*Engine)(nil)

// New makes an engine. It opens nothing: Run does.
func New(o Options) *Engine {
	o = o.withDefaults()
	return &Engine{opts: o, admission: newAdmission(o), paths: o.ownPaths()}
}

// String is the service's name.
func (e *Engine) String() string { return "engine duckdb" }

// Run opens the database, calls ready and serves until ctx ends; then it
// interrupts what runs and closes everything. A database that DuckDB has given up
// after an internal error is closed and opened again: its sessions are told to
// begin anew, and what a database in memory held is lost. It fails when the
// database can't be opened, or doesn't close.
func (e *Engine) Run(ctx context.Context, ready func()) error {
	if err := e.opts.check(); err != nil {
		return err
	}
	db, err := openDatabase(e.opts)
	if err != nil {
		return err
	}
	e.use(db)
	ready()
	for {
		select {
		case <-ctx.Done():
			e.use(nil)
			return db.close(ctx, sqlerr.New(sqlerr.Unavailable, "the server is stopping"))
		case <-db.broken:
			e.opts.Log.Error("DuckDB has given up its database after an internal error; opening it again",
				"path", e.opts.Path, "connections", db.connections())
			e.use(nil)
			if err := db.close(ctx, sqlerr.New(sqlerr.Unavailable, "the database had to be opened again "+
				"after an internal error of DuckDB: open a new session")); err != nil {
				return err
			}
			if db, err = openDatabase(e.opts); err != nil {
				return err
			}
			e.use(db)
		}
	}
}

func (e *Engine) use(db *database) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.db = db
}

func (e *Engine) database() *database {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.db
}

// Open makes a connection. Settings of req that are DuckDB's own and belong to a
// session are applied; others are kept for SET to show. It fails with NotFound
// for an unknown database, Invalid for a value that DuckDB refuses, and
// Unavailable when the engine doesn't run.
func (e *Engine) Open(ctx context.Context, req engine.OpenRequest) (engine.Conn, error) {
	if ctx.Err() != nil {
		return nil, ended(ctx)
	}
	db := e.database()
	if db == nil {
		return nil, sqlerr.New(sqlerr.Unavailable, "the engine is not running: try again")
	}
	c, err := db.connect(e)
	if err != nil {
		return nil, err
	}
	c.user = req.User
	c.dialect = dialect.NewSession(req.Conf, req.Vars, dialect.Options{
		Hive:     e.opts.Dialect == DialectHive,
		Settings: func(name string) bool { return db.settings[strings.ToLower(name)] },
		Lengths:  db.lengths.Load,
		Defaults: map[string]string{dialect.KeyDoubleQuotes: e.opts.DoubleQuotes, dialect.KeyShowLayout: e.opts.ShowLayout},
		About:    dialect.About{SessionID: req.SessionID, User: req.User, Engine: e.Info()},
	})
	if err := c.begin(ctx, req); err != nil {
		c.end(sqlerr.New(sqlerr.Conflict, "the connection was not opened"))
		return nil, err
	}
	return c, nil
}

// begin applies what the request asks for. A connection that asks for nothing
// special is set up when its first statement comes: many have none.
func (c *conn) begin(ctx context.Context, req engine.OpenRequest) error {
	if err := c.enter(ctx, false); err != nil {
		return err
	}
	defer c.leave()
	for _, key := range slices.Sorted(maps.Keys(req.Conf)) {
		if !slices.ContainsFunc(sessionSettings, func(s string) bool { return strings.EqualFold(s, key) }) {
			continue
		}
		if err := c.take(); err != nil {
			return err
		}
		c.marked = true
		c.alone()
		if _, f := ask(c.handle, "SET SESSION "+quoteName(key)+" = "+quote(req.Conf[key]), 0); f.failed() {
			return sqlerr.New(sqlerr.Invalid, "%s=%s: %s", key, req.Conf[key], f.text)
		}
	}
	if req.Database == "" || strings.EqualFold(req.Database, defaultSchema) {
		return nil
	}
	name := "`" + strings.ReplaceAll(req.Database, "`", "``") + "`"
	plan, err := dialect.NewSession(nil, nil, dialect.Options{Hive: true}).Translate("USE "+name, nil)
	if err != nil {
		return err
	}
	_, err = c.answer(ctx, request{plan: plan, small: true})
	return err
}

// Connections counts the open connections.
func (e *Engine) Connections() int {
	if db := e.database(); db != nil {
		return db.connections()
	}
	return 0
}

// Info describes the engine.
func (e *Engine) Info() engine.Info {
	return engine.Info{
		Type: "DUCKDB", Name: "DuckDB", Version: strings.TrimPrefix(native.LibraryVersion(), "v"),
		ID: e.opts.ID, Keywords: keywords,
	}
}

// keywords are the words that DuckDB reserves and SQL:2003 doesn't.
const keywords = "ANALYSE,ANALYZE,ASC,DEFERRABLE,DESC,INITIALLY,LAMBDA,LIMIT,OFFSET,PIVOT,PIVOT_LONGER," +
	"PIVOT_WIDER,PLACING,QUALIFY,RETURNING,SHOW,SUMMARIZE,UNPIVOT,VARIADIC"

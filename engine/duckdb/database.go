package duckdb

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	native "github.com/duckdb/duckdb-go-bindings"

	"github.com/nekomata-sql/nekomata/engine/duckdb/dialect"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// stuckAfter is how long a connection may take to let go of DuckDB when the
// database is closed.
const stuckAfter = 30 * time.Second

// defaultSchema is where a session's tables are made. DuckDB's own, main, stays on
// the search path for files that were made elsewhere.
const defaultSchema = "default"

// database is one open DuckDB database with its connections.
type database struct {
	handle native.Database
	// path is the search path of connections to the default schema.
	path string
	// settings has the names of DuckDB's settings, in lower case.
	settings map[string]bool

	mu     sync.Mutex
	closed bool
	why    *sqlerr.Error // it was
	conns  map[*conn]struct{}
	spares spares

	// blocks are for the batches of streams.
	blocks sync.Pool

	// crew works on long statements beside those that wait for them.
	crew *crew

	// trimmer gives back memory that statements have freed.
	trimmer *trimmer

	// shapes are what results look like in Arrow.
	shapes shapes

	// answers are those of connections without settings of their own.
	answers memo

	// notices are what is known of its objects.
	notices

	// catalog is what the catalog says, as long as there are no changes.
	catalog recall

	// broken is closed when DuckDB has given the database up.
	broken chan struct{}
	once   sync.Once
}

// openDatabase opens and configures the database.
func openDatabase(o Options) (*database, error) {
	db := &database{
		answers: memo{most: mostAnswers}, conns: map[*conn]struct{}{}, broken: make(chan struct{}), settings: map[string]bool{}, trimmer: newTrimmer(),
	}
	var config native.Config
	if native.CreateConfig(&config) != native.StateSuccess {
		return nil, sqlerr.New(sqlerr.Internal, "DuckDB can't make a configuration")
	}
	defer native.DestroyConfig(&config)
	if o.ReadOnly {
		native.SetConfig(config, "access_mode", "READ_ONLY")
	}
	native.SetConfig(config, "duckdb_api", "nekomata")
	var message string
	if native.OpenExt(o.Path, &db.handle, config, &message) != native.StateSuccess {
		f := decode(native.ErrorTypeInvalid, message)
		return nil, sqlerr.Wrap(errors.New(message), sqlerr.Unavailable,
			"the database kyuubi.engine.duckdb.path=%s can't be opened: %s", o.Path, f.text)
	}
	if err := db.configure(o); err != nil {
		native.Close(&db.handle)
		return nil, err
	}
	return db, nil
}

// configure sets all that is instance-wide, makes the default schema and Hive's
// functions and looks up what DuckDB's settings are called.
func (db *database) configure(o Options) error {
	var handle native.Connection
	if native.Connect(db.handle, &handle) != native.StateSuccess {
		return sqlerr.New(sqlerr.Internal, "DuckDB refuses a connection")
	}
	defer native.Disconnect(&handle)
	db.path = "main"
	_, missing := ask(handle, "SET search_path = "+quote(defaultSchema), 0)
	if missing.failed() && !o.ReadOnly {
		if _, f := ask(handle, "CREATE SCHEMA IF NOT EXISTS "+quoteName(defaultSchema), 0); f.failed() {
			return f.startError("the schema " + defaultSchema + " can't be made")
		}
		missing = failure{}
	}
	if !missing.failed() {
		db.path = defaultSchema + ",main"
	}
	names, f := ask(handle, "SELECT string_agg(lower(name), ' ') FROM duckdb_settings()", 0)
	if f.failed() {
		return f.startError("the settings can't be listed")
	}
	for name := range strings.FieldsSeq(names) {
		db.settings[name] = true
	}
	if f := db.inventory(handle); f.failed() {
		return f.startError("the views and functions can't be listed")
	}
	if _, f := ask(handle, strings.Join(dialect.Setup(), ";\n"), 0); f.failed() {
		return f.startError("Hive's functions can't be made")
	}
	if o.Threads > 0 {
		if _, f := ask(handle, fmt.Sprintf("SET GLOBAL threads = %d", o.Threads), 0); f.failed() {
			return f.startError(fmt.Sprintf("%d threads can't be had", o.Threads))
		}
	}
	if err := db.takeThreads(handle); err != nil {
		return err
	}
	for _, sql := range o.settings() {
		if _, f := ask(handle, sql, 0); f.failed() {
			return f.startError(sql)
		}
	}
	return nil
}

// takeThreads puts a crew in the place of DuckDB's own threads, of which one more is
// counted than there are: the caller's.
func (db *database) takeThreads(handle native.Connection) error {
	db.crew = newCrew(nil)
	text, f := ask(handle, "SELECT current_setting('threads')::VARCHAR", 0)
	if f.failed() {
		return f.startError("the number of threads can't be read")
	}
	threads, err := strconv.Atoi(text)
	if err != nil || threads < 2 {
		return err
	}
	if _, f := ask(handle, "SET GLOBAL external_threads = "+text, 0); f.failed() {
		return f.startError("the threads can't be taken over")
	}
	db.crew = newCrew(func(gone func()) func() { return enlist(db.handle, threads-1, gone) })
	return nil
}

// ask runs a statement of our own on a handle and returns the text in a column
// of its first row, "" when there is none.
func ask(handle native.Connection, sql string, column int) (string, failure) {
	var result native.Result
	defer native.DestroyResult(&result)
	if native.Query(handle, sql, &result) != native.StateSuccess {
		return "", decode(native.ResultErrorType(&result), native.ResultError(&result))
	}
	chunk := native.FetchChunk(result)
	if chunk.Ptr == nil {
		return "", failure{}
	}
	defer native.DestroyDataChunk(&chunk)
	if native.DataChunkGetSize(chunk) == 0 || native.ColumnType(&result, native.IdxT(column)) != native.TypeVarchar {
		return "", failure{}
	}
	vector := native.DataChunkGetVector(chunk, native.IdxT(column))
	if valid := native.VectorGetValidity(vector); valid != nil && !native.ValidityRowIsValid(valid, 0) {
		return "", failure{} // what is in the place of a NULL may be anything
	}
	return native.StringTData((*native.StringT)(native.VectorGetData(vector))), failure{}
}

// connect makes a connection, without a handle yet.
func (db *database) connect(e *Engine) (*conn, error) {
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.closed {
		return nil, sqlerr.New(sqlerr.Unavailable, "the database is closed: try again")
	}
	c := newConn(e, db)
	db.conns[c] = struct{}{}
	return c, nil
}

// borrow gives a handle, which is set up if it has served before.
func (db *database) borrow() (h spare, ready bool, err error) {
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.closed {
		return h, false, db.why
	}
	if h, ready = db.spares.take(); !ready && native.Connect(db.handle, &h.handle) != native.StateSuccess {
		return h, false, sqlerr.New(sqlerr.Unavailable, "DuckDB refuses a connection: try again")
	}
	return h, ready, nil
}

func (db *database) forget(c *conn) {
	db.mu.Lock()
	defer db.mu.Unlock()
	delete(db.conns, c)
}

func (db *database) connections() int {
	db.mu.Lock()
	defer db.mu.Unlock()
	return len(db.conns)
}

// close ends all connections, for the reason why, and then the database. When a
// connection doesn't let go, the database stays open, which is an error.
func (db *database) close(ctx context.Context, why *sqlerr.Error) error {
	db.mu.Lock()
	db.closed, db.why = true, why
	var wait sync.WaitGroup
	for c := range db.conns {
		wait.Go(func() { c.end(why) })
	}
	db.mu.Unlock()
	done := make(chan struct{})
	go func() {
		wait.Wait()
		close(done)
	}()
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), stuckAfter)
	defer stop()
	select {
	case <-done:
		for _, s := range db.spares.handles {
			native.Disconnect(&s.handle)
		}
		db.spares.handles = nil
		db.crew.close()
		db.trimmer.close()
		native.Close(&db.handle)
		return nil
	case <-ctx.Done():
		return sqlerr.New(sqlerr.Internal, "DuckDB did not let go of %d connections within %s; "+
			"the database was not closed properly", db.connections(), stuckAfter)
	}
}

// suspect finds out whether DuckDB has given the database up: it does after an
// internal error, and then refuses every statement until it is opened again. The
// error's own text can't tell, since it may quote the user's statement: what
// tells is the type of the error that a statement of ours ends with.
func (db *database) suspect() {
	db.mu.Lock()
	if db.closed {
		db.mu.Unlock()
		return
	}
	var handle native.Connection
	state := native.Connect(db.handle, &handle)
	db.mu.Unlock()
	if state == native.StateSuccess {
		_, f := ask(handle, "SELECT 1", 0)
		native.Disconnect(&handle)
		if !f.fatal() {
			return
		}
	}
	db.once.Do(func() { close(db.broken) })
}

// useDefault is the plan of USE default where there is no such schema: a file
// that was made elsewhere and is read-only.
func (db *database) useDefault(plan dialect.Plan) dialect.Plan {
	const asPlanned = "SET search_path = 'default,main'"
	if db.path == "main" && plan.SQL == asPlanned {
		return dialect.Plan{SQL: "SET search_path = 'main'", NoResult: true}
	}
	return plan
}

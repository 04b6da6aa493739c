package metadata

import (
	"context"
	"database/sql"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"modernc.org/sqlite"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// newSQLite is the dialect of SQLite: a file with one writer at a time.
func newSQLite(a address, o Options) (*dialect, error) {
	wait := a.params.millis("busy_timeout", answerTimeout)
	// FULL: what was answered as accepted is still there after a power failure.
	sync := strings.ToUpper(a.params.take("synchronous"))
	if sync == "" {
		sync = "FULL"
	}
	if sync != "FULL" && sync != "NORMAL" && sync != "OFF" && sync != "EXTRA" {
		return nil, sqlerr.New(sqlerr.Invalid, "%s: synchronous=%s is none of FULL, NORMAL, OFF, EXTRA", urlKey, sync)
	}
	a.params.drop("journal_mode", "foreign_keys", "date_class", "date_precision", "transaction_mode", "open_mode", "shared_cache")
	d := &dialect{
		name:    sqliteName,
		now:     "CAST(ROUND(unixepoch('subsec') * 1000) AS INTEGER)",
		putting: 1, // there is one writer
		columns: "SELECT name FROM pragma_table_info('metadata')",
		done:    func(error) bool { return false }, // a migration happens whole or not at all
		where:   "the SQLite file " + a.name,
	}
	pragmas := url.Values{"_txlock": {"immediate"}, "_pragma": {
		"busy_timeout(" + strconv.FormatInt(wait.Milliseconds(), 10) + ")", "journal_mode(WAL)", "synchronous(" + sync + ")",
	}}
	d.open = func() (*pools, error) { return openSQLite(a.name, pragmas, o.pool) }
	d.migrating = func(ctx context.Context, work func(migration) error) error {
		p, err := openSQLite(a.name, pragmas, o.pool)
		if err != nil {
			return err
		}
		defer p.close()
		return inTx(ctx, p.write, nil, func(tx *sql.Tx) error { return work(tx) })
	}
	if a.name == inMemory {
		// One database for the migrations and all that follows.
		p, err := openSQLite(a.name, pragmas, o.pool)
		if err != nil {
			return nil, err
		}
		d.open = func() (*pools, error) { return p, nil }
		d.migrating = func(ctx context.Context, work func(migration) error) error {
			return inTx(ctx, p.write, nil, func(tx *sql.Tx) error { return work(tx) })
		}
	}
	return d, nil
}

const sqliteName = "sqlite"

// inMemory is SQLite's name for a database that ends with its connection.
const inMemory = ":memory:"

func openSQLite(path string, pragmas url.Values, p pool) (*pools, error) {
	connect := func(more ...string) (*sql.DB, error) {
		q := url.Values{"_txlock": pragmas["_txlock"], "_pragma": append(more, pragmas["_pragma"]...)}
		file := (&url.URL{Path: path}).EscapedPath()
		connector, err := sqlite.NewConnector("file:" + file + "?" + q.Encode())
		if err != nil {
			return nil, err
		}
		return sql.OpenDB(connector), nil
	}
	if path != inMemory {
		if err := private(path); err != nil {
			return nil, err
		}
	}
	w, err := connect()
	if err != nil {
		return nil, err
	}
	w.SetMaxOpenConns(1)
	if path == inMemory {
		return &pools{write: w, read: w, known: map[string]*sql.Stmt{}}, nil
	}
	r, err := connect("query_only(1)")
	if err != nil {
		return nil, err
	}
	p.size = max(4, runtime.GOMAXPROCS(0))
	p.apply(r)
	return &pools{write: w, read: r, known: map[string]*sql.Stmt{}}, nil
}

// private makes the file, which holds what people put into their batches'
// settings, for its owner alone. One that is there stays as it is.
func private(path string) error {
	f, err := os.OpenFile(filepath.Clean(path), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

package metadata

import (
	"context"
	"database/sql"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// Options says which database it is. All texts are as Kyuubi's settings have them.
type Options struct {
	// URL is a JDBC URL, of MySQL or SQLite.
	URL string
	// ShownURL is the URL without its secrets, for messages.
	ShownURL string
	// User and Password are the database's, unless the URL has them.
	User, Password string
	// Pool are the settings of the pool of connections, by Hikari's names.
	Pool map[string]string
	// ExactCount is up to how many rows a count is exact, and how many of the newest are
	// always counted; 0 means 10,000.
	ExactCount int64
	// AsIs leaves the tables as they are: another process has brought them up to date.
	AsIs bool
	// Notices leaves a [Notice] of each end of a batch.
	Notices bool
	// Log is where it says what it does; nil discards it.
	Log *slog.Logger

	pool pool
}

// Store is the database. It is a service: before it runs, and after, all calls
// fail with Unavailable, as they do while the database is gone.
type Store struct {
	opts    Options
	dialect *dialect
	unknown []string
	open    atomic.Pointer[pools]
	counts  counts
	puts    puts
}

// dialect is what tells one kind of database from another.
type dialect struct {
	name       string // and the directory of the migrations
	now        string // the database's clock, in milliseconds
	skipLocked string // ends a SELECT of rows that nobody else is taking
	inOrder    string // after the table: an index has the rows in the order of their keys
	columns    string // lists the columns of the table of batches
	putting    int    // how many statements store batches at a time
	where      string // the database, for messages
	// done says that a statement of a migration failed for having run before.
	done func(error) bool
	open func() (*pools, error)
	// migrating calls work while no other gateway can be in it.
	migrating func(ctx context.Context, work func(migration) error) error
}

// New checks the settings and returns a Store. It connects to nothing until it
// runs. It fails with Invalid.
func New(o Options) (*Store, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.ExactCount == 0 {
		o.ExactCount = 10_000
	}
	if o.ShownURL == "" {
		o.ShownURL = o.URL
	}
	a, err := parseURL(o.URL)
	if err != nil {
		return nil, err
	}
	props := properties{}
	for name, value := range o.Pool {
		props.put(name, value)
	}
	o.pool = newPool(props)
	build := newSQLite
	if a.kind == "mysql" {
		build = newMySQL
	}
	for name := range o.Pool { // Hikari hands these to the driver
		if short, ok := strings.CutPrefix(name, "dataSource."); ok {
			a.params.put(short, props.take(name))
		}
	}
	s := &Store{opts: o}
	if s.dialect, err = build(a, o); err != nil {
		return nil, err
	}
	s.unknown = append(a.params.left(), props.left()...)
	s.counts.known = map[string]*counting{}
	return s, nil
}

// pool bounds the connections.
type pool struct {
	size, idle             int
	lifetime, idleLifetime time.Duration
}

func newPool(p properties) pool {
	const size = 16 // Hikari's is 10
	out := pool{size: p.count("maximumPoolSize", size)}
	out.idle = p.count("minimumIdle", out.size)
	out.lifetime = p.millis("maxLifetime", 30*time.Minute)
	out.idleLifetime = p.millis("idleTimeout", 10*time.Minute)
	p.drop("connectionTimeout", "validationTimeout", "keepaliveTime", "leakDetectionThreshold", "poolName", "autoCommit",
		"connectionTestQuery", "connectionInitSql", "initializationFailTimeout", "registerMbeans", "driverClassName")
	return out
}

func (p pool) apply(db *sql.DB) {
	db.SetMaxOpenConns(p.size)
	db.SetMaxIdleConns(p.idle)
	db.SetConnMaxLifetime(p.lifetime)
	db.SetConnMaxIdleTime(p.idleLifetime)
}

// String is the service's name.
func (s *Store) String() string { return "metadata store" }

// Run connects, brings the tables up to date, and disconnects when ctx is done.
func (s *Store) Run(ctx context.Context, ready func()) error {
	if len(s.unknown) > 0 {
		s.opts.Log.Warn("properties of the metadata store that mean nothing here are ignored",
			"properties", strings.Join(s.unknown, ", "), "key", urlKey)
	}
	if !s.opts.AsIs {
		if err := s.migrate(ctx); err != nil {
			return s.unusable(err)
		}
	}
	p, err := s.dialect.open()
	if err != nil {
		return s.unusable(err)
	}
	defer p.close()
	s.open.Store(p)
	s.opts.Log.Info("metadata store: open", "database", s.dialect.where)
	defer s.open.Store(nil)
	ready()
	<-ctx.Done()
	return nil
}

// pools returns the connections.
func (s *Store) pools() (*pools, error) {
	p := s.open.Load()
	if p == nil {
		return nil, sqlerr.Wrap(&failure{error: sql.ErrConnDone, retry: Safe}, sqlerr.Unavailable,
			"the metadata store can't be used right now: the gateway starts or stops")
	}
	return p, nil
}

// exec changes rows and returns how many matched. A statement that met a deadlock
// is tried again.
func (s *Store) exec(ctx context.Context, what, query string, args ...any) (int64, error) {
	var n int64
	err := s.again(ctx, what, func(p *pools) error {
		res, err := p.write.ExecContext(ctx, query, args...)
		if err != nil {
			return err
		}
		n, err = res.RowsAffected()
		return err
	})
	return n, err
}

// tx runs work in a transaction, again after a deadlock.
func (s *Store) tx(ctx context.Context, what string, work func(*sql.Tx) error) error {
	return s.again(ctx, what, func(p *pools) error {
		var opts *sql.TxOptions
		if s.dialect.skipLocked != "" {
			// Rows that were looked at and not taken stay free for others.
			opts = &sql.TxOptions{Isolation: sql.LevelReadCommitted}
		}
		return inTx(ctx, p.write, opts, work)
	})
}

func (s *Store) again(ctx context.Context, what string, work func(*pools) error) error {
	const attempts = 5
	return s.try(ctx, attempts, what, work)
}

// try is for work that is no more than begun when it meets a deadlock.
func (s *Store) try(ctx context.Context, attempts int, what string, work func(*pools) error) error {
	p, err := s.pools()
	if err != nil {
		return err
	}
	for range attempts {
		if err = work(p); err == nil || over(ctx) != nil || !judge(err).atOnce {
			break
		}
	}
	if why := over(ctx); err != nil && why != nil {
		err = why
	}
	return convert(err, what)
}

// over is ctx's error, also when its deadline has passed but it hasn't been told yet: what
// has the same deadline, such as a dial, may fail a moment before.
func over(ctx context.Context) error {
	if deadline, ok := ctx.Deadline(); ok && ctx.Err() == nil && !time.Now().Before(deadline) {
		return context.DeadlineExceeded
	}
	return ctx.Err()
}

func inTx(ctx context.Context, db *sql.DB, opts *sql.TxOptions, work func(*sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, opts)
	if err != nil {
		return err
	}
	if err := work(tx); err != nil {
		_ = tx.Rollback()
		return err
	}
	return tx.Commit()
}

// query calls each for every row.
func (s *Store) query(ctx context.Context, what string, each func(*sql.Rows) error, query string, args ...any) error {
	return s.try(ctx, 1, what, func(p *pools) error { return queryRows(ctx, p.read, each, query, args...) })
}

// often is query for one of a few statements that are asked again and again.
func (s *Store) often(ctx context.Context, what string, each func(*sql.Rows) error, query string, args ...any) error {
	return s.try(ctx, 1, what, func(p *pools) error { return p.often(ctx, each, query, args...) })
}

type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func queryRows(ctx context.Context, db queryer, each func(*sql.Rows) error, query string, args ...any) error {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := each(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

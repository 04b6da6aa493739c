package metadatatest

import (
	"database/sql"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite" // to go past the Store

	"github.com/nekomata-sql/nekomata/metadata"
)

// Clients is how many ask at once in benchmarks.
const Clients = 16

// Bench runs a benchmark on both kinds of database; db is a connection past the Store.
func Bench(b *testing.B, bench func(b *testing.B, s *metadata.Store, db *sql.DB)) {
	b.Helper()
	b.Run("MariaDB", func(b *testing.B) {
		m := StartMariaDB(b)
		name := m.Database(b)
		bench(b, Open(b, metadata.Options{URL: m.URL(name), User: "root"}), m.Open(b, name))
	})
	b.Run("SQLite", func(b *testing.B) {
		path := b.TempDir() + "/s.db"
		s := Open(b, metadata.Options{URL: "jdbc:sqlite:" + path})
		bench(b, s, OpenSQLite(b, path))
	})
}

// OpenSQLite returns a connection to a file, that the test closes: the one writer, who
// syncs as the Store does.
func OpenSQLite(tb testing.TB, path string) *sql.DB {
	tb.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(30000)&_pragma=synchronous(FULL)&_txlock=immediate")
	require.NoError(tb, err)
	db.SetMaxOpenConns(1)
	tb.Cleanup(func() { _ = db.Close() })
	return db
}

// Rows is how many batches benchmarks have: NEKOMATA_BENCH_ROWS, or else standard.
func Rows(tb testing.TB, standard int) int {
	tb.Helper()
	text := os.Getenv("NEKOMATA_BENCH_ROWS")
	if text == "" {
		return standard
	}
	n, err := strconv.Atoi(text)
	require.NoError(tb, err)
	return n
}

// Fill makes batches until there are so many rows, by few statements: a millisecond
// apart, the last one now, of the users u0 to u99 in turn. Terminal ones have ended at once.
func Fill(tb testing.TB, db *sql.DB, rows int, state metadata.State) {
	tb.Helper()
	var have int
	require.NoError(tb, db.QueryRowContext(tb.Context(), "SELECT COUNT(*) FROM metadata").Scan(&have))
	const some = 5000
	start := time.Now().UnixMilli() - int64(rows)
	for from := have; from < rows; from += some {
		var text strings.Builder
		text.WriteString(`INSERT INTO metadata (identifier, session_type, real_user, user_name, state, request_name, request_conf,
			request_args, create_time, end_time, engine_type, lease_expires) VALUES `)
		for i := from; i < min(from+some, rows); i++ {
			if i > from {
				text.WriteByte(',')
			}
			created, ended := start+int64(i), int64(0)
			if state.Terminal() {
				ended = created
			}
			fmt.Fprintf(&text, `('%s','BATCH','root','u%d','%s','batch %d','{"spark.a":"1"}','[]',%d,%d,'SPARK',0)`,
				uuid.NewString(), i%100, state, i, created, ended)
		}
		_, err := db.ExecContext(tb.Context(), text.String())
		require.NoError(tb, err)
	}
}

// InsertBare inserts a batch by the statement alone, which no gateway can beat.
func InsertBare(tb testing.TB, db *sql.DB) error {
	tb.Helper()
	_, err := db.ExecContext(tb.Context(), `INSERT INTO metadata (identifier, session_type, real_user, user_name, ip_address,
		kyuubi_instance, state, resource, class_name, request_name, request_conf, request_args, create_time, engine_type, lease_expires)
		VALUES (?, 'BATCH', 'root', 'ann', '10.1.2.3', 'gw1:10099', 'PENDING', '/jobs/count.jar', 'jobs.Count', 'count',
		'{"spark.a":"1"}', '["x",""]', ?, 'SPARK', 0)`, uuid.NewString(), time.Now().UnixMilli())
	return err
}

package metadata_test

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

	"github.com/nekomata-sql/nekomata/metadata"
	"github.com/nekomata-sql/nekomata/metadata/metadatatest"
)

// clients ask at once, on every core.
const clients = 16

// stores runs a benchmark on both kinds of database; the second argument is a
// connection past the store.
func stores(b *testing.B, bench func(*testing.B, *metadata.Store, *sql.DB)) {
	b.Helper()
	b.Run("SQLite", func(b *testing.B) {
		path := b.TempDir() + "/s.db"
		s := metadatatest.Open(b, metadata.Options{URL: "jdbc:sqlite:" + path})
		db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(30000)&_pragma=synchronous(FULL)&_txlock=immediate")
		require.NoError(b, err)
		db.SetMaxOpenConns(1)
		b.Cleanup(func() { _ = db.Close() })
		bench(b, s, db)
	})
	b.Run("MariaDB", func(b *testing.B) {
		m := metadatatest.StartMariaDB(b)
		name := m.Database(b)
		s := metadatatest.Open(b, metadata.Options{URL: m.URL(name), User: "root"})
		db, err := sql.Open("mysql", fmt.Sprintf("root@tcp(127.0.0.1:%d)/%s?interpolateParams=true", m.Port(), name))
		require.NoError(b, err)
		db.SetMaxIdleConns(clients)
		b.Cleanup(func() { _ = db.Close() })
		bench(b, s, db)
	})
}

// parallel runs work from many goroutines and reports how often a second.
func parallel(b *testing.B, work func() error) {
	b.Helper()
	b.SetParallelism(clients)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := work(); err != nil {
				b.Errorf("%v", err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "per-s")
}

// BenchmarkInsert has the bare statement beside what the Store makes of it.
func BenchmarkInsert(b *testing.B) {
	stores(b, func(b *testing.B, s *metadata.Store, db *sql.DB) {
		b.Helper()
		b.Run("Store", func(b *testing.B) {
			parallel(b, func() error { return s.Insert(b.Context(), metadatatest.NewBatch()) })
		})
		b.Run("Bare", func(b *testing.B) {
			parallel(b, func() error {
				_, err := db.ExecContext(b.Context(), `INSERT INTO metadata (identifier, session_type, real_user, user_name, ip_address,
					kyuubi_instance, state, resource, class_name, request_name, request_conf, request_args, create_time, engine_type, lease_expires)
					VALUES (?, 'BATCH', 'root', 'ann', '10.1.2.3', 'gw1:10099', 'PENDING', '/jobs/count.jar', 'jobs.Count', 'count',
					'{"spark.a":"1"}', '["x",""]', ?, 'SPARK', 0)`, uuid.NewString(), time.Now().UnixMilli())
				return err
			})
		})
	})
}

// BenchmarkTake takes ten at a time, as a gateway does that starts ten.
func BenchmarkTake(b *testing.B) {
	stores(b, func(b *testing.B, s *metadata.Store, db *sql.DB) {
		b.Helper()
		fill(b, db, b.N*10)
		by := metadata.Taker{Owner: "a", Host: "h", Lease: time.Hour}
		parallel(b, func() error {
			_, err := s.Take(b.Context(), by, 10)
			return err
		})
	})
}

// BenchmarkList lists 100 of NEKOMATA_BENCH_ROWS batches (20,000).
func BenchmarkList(b *testing.B) {
	rows := 20_000
	if n, err := strconv.Atoi(os.Getenv("NEKOMATA_BENCH_ROWS")); err == nil {
		rows = n
	}
	stores(b, func(b *testing.B, s *metadata.Store, db *sql.DB) {
		b.Helper()
		fill(b, db, rows)
		for name, f := range map[string]metadata.Filter{
			"All": {}, "User": {User: "u7"}, "State": {State: metadata.Pending}, "UserAndState": {User: "u7", State: metadata.Pending},
			"Today": {CreatedFrom: time.Now().Add(-time.Minute)},
		} {
			for _, desc := range []bool{false, true} {
				b.Run(fmt.Sprintf("%s/desc=%v", name, desc), func(b *testing.B) {
					parallel(b, func() error {
						list, err := s.List(b.Context(), f, metadata.Page{Size: 100, Desc: desc})
						if err == nil && len(list) != 100 {
							err = fmt.Errorf("%d rows", len(list))
						}
						return err
					})
				})
			}
		}
		b.Run("Count", func(b *testing.B) {
			parallel(b, func() error {
				_, err := s.Count(b.Context(), metadata.Filter{})
				return err
			})
		})
	})
}

// fill makes waiting batches of 100 users, a millisecond apart, by few statements.
func fill(b *testing.B, db *sql.DB, rows int) {
	b.Helper()
	const some = 10_000
	start := time.Now().UnixMilli() - int64(rows)
	for from := 0; from < rows; from += some {
		var text strings.Builder
		text.WriteString("INSERT INTO metadata (identifier, session_type, real_user, user_name, state, request_name, request_conf, request_args, create_time, engine_type, lease_expires) VALUES ")
		for i := from; i < min(from+some, rows); i++ {
			if i > from {
				text.WriteByte(',')
			}
			fmt.Fprintf(&text, `('%s','BATCH','root','u%d','PENDING','batch %d','{"spark.a":"1"}','[]',%d,'SPARK',0)`,
				uuid.NewString(), i%100, i, start+int64(i))
		}
		_, err := db.ExecContext(b.Context(), text.String())
		require.NoError(b, err)
	}
}

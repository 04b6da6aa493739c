package metadata_test

import (
	"database/sql"
	"fmt"
	"testing"
	"time"

	"github.com/nekomata-sql/nekomata/metadata"
	"github.com/nekomata-sql/nekomata/metadata/metadatatest"
)

// parallel runs work from many goroutines and reports how often a second.
func parallel(b *testing.B, work func() error) {
	b.Helper()
	b.SetParallelism(metadatatest.Clients)
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
	metadatatest.Bench(b, func(b *testing.B, s *metadata.Store, db *sql.DB) {
		b.Helper()
		b.Run("Store", func(b *testing.B) {
			parallel(b, func() error { return s.Insert(b.Context(), metadatatest.NewBatch()) })
		})
		b.Run("Bare", func(b *testing.B) {
			parallel(b, func() error { return metadatatest.InsertBare(b, db) })
		})
	})
}

// BenchmarkTake takes ten at a time, as a gateway does that starts ten.
func BenchmarkTake(b *testing.B) {
	metadatatest.Bench(b, func(b *testing.B, s *metadata.Store, db *sql.DB) {
		b.Helper()
		metadatatest.Fill(b, db, b.N*10, metadata.Pending)
		by := metadata.Taker{Owner: "a", Host: "h", Lease: time.Hour}
		parallel(b, func() error {
			_, err := s.Take(b.Context(), by, 10)
			return err
		})
	})
}

// BenchmarkList lists 100 of NEKOMATA_BENCH_ROWS batches (20,000).
func BenchmarkList(b *testing.B) {
	metadatatest.Bench(b, func(b *testing.B, s *metadata.Store, db *sql.DB) {
		b.Helper()
		metadatatest.Fill(b, db, metadatatest.Rows(b, 20_000), metadata.Pending)
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

package batch_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/api"
	"github.com/nekomata-sql/nekomata/auth"
	"github.com/nekomata-sql/nekomata/backend"
	"github.com/nekomata-sql/nekomata/batch"
	"github.com/nekomata-sql/nekomata/client"
	"github.com/nekomata-sql/nekomata/frontend/rest"
	"github.com/nekomata-sql/nekomata/metadata"
	"github.com/nekomata-sql/nekomata/metadata/metadatatest"
)

// benchManagers runs a benchmark on both kinds of database; db is a connection past the
// store.
func benchManagers(b *testing.B, bench func(b *testing.B, m *batch.Manager, db *sql.DB)) {
	b.Helper()
	metadatatest.Bench(b, func(b *testing.B, s *metadata.Store, db *sql.DB) {
		b.Helper()
		bench(b, batch.NewManager(batch.ManagerOptions{Store: s, Host: "here", Dir: b.TempDir(), Instance: func() string { return "gw1:10099" }}), db)
	})
}

// crowd does work b.N times by 16 clients, and reports how often a second and how
// long the middle one and the slowest of a hundred took.
func crowd(b *testing.B, work func() error) {
	b.Helper()
	next, took := make(chan struct{}, b.N), make([][]time.Duration, metadatatest.Clients)
	for range b.N {
		next <- struct{}{}
	}
	close(next)
	var all sync.WaitGroup
	b.ResetTimer()
	for c := range metadatatest.Clients {
		all.Go(func() {
			for range next {
				began := time.Now()
				if err := work(); err != nil {
					b.Errorf("%v", err)
					return
				}
				took[c] = append(took[c], time.Since(began))
			}
		})
	}
	all.Wait()
	b.StopTimer()
	times := slices.Sorted(slices.Values(slices.Concat(took...)))
	if len(times) == 0 {
		return
	}
	millis := func(part float64) float64 {
		return float64(times[int(part*float64(len(times)-1))].Microseconds()) / 1000
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "per-s")
	b.ReportMetric(millis(0.5), "p50-ms")
	b.ReportMetric(millis(0.99), "p99-ms")
	b.ReportMetric(0, "ns/op")
}

func annOf(b *testing.B) context.Context {
	b.Helper()
	return auth.NewContext(b.Context(), auth.Principal{User: "ann", Admin: true})
}

// BenchmarkSubmit has accepted batches, by the Manager alone and over HTTP, beside the
// INSERT alone, which no gateway can beat. The 16 clients share the machine.
func BenchmarkSubmit(b *testing.B) {
	benchManagers(b, func(b *testing.B, m *batch.Manager, db *sql.DB) {
		b.Helper()
		b.Run("Bare", func(b *testing.B) {
			crowd(b, func() error {
				id := uuid.NewString()
				_, err := db.ExecContext(b.Context(), `INSERT INTO metadata (identifier, session_type, real_user, user_name, ip_address,
					kyuubi_instance, state, resource, class_name, request_name, request_conf, request_args, create_time, engine_type, lease_expires,
					log_location, request_digest)
					VALUES (?, 'BATCH', 'ann', 'ann', '10.0.0.9', 'gw1:10099', 'PENDING', '/jobs/a.jar', 'a.B', 'a job', ?, '["x",""]', ?, 'SPARK', 0, ?, ?)`,
					id, `{"kyuubi.batch.id":"`+id+`","kyuubi.batch.resource.uploaded":"false","kyuubi.client.ipAddress":"10.0.0.9",`+
						`"kyuubi.server.ipAddress":"10.0.0.1","kyuubi.session.connection.url":"gw1:10099","kyuubi.session.real.user":"ann","spark.password":"geheim","spark.x":"1"}`,
					time.Now().UnixMilli(), "/var/lib/nekomata/batch/log/"+id+".log", strings.Repeat("0", 97))
				return err
			})
		})
		submit := func(id string) (batch.Info, error) { return m.Submit(annOf(b), job(id), nil) }
		b.Run("New", func(b *testing.B) {
			crowd(b, func() error {
				i, err := submit(uuid.NewString())
				if err == nil && i.Duplicated {
					err = fmt.Errorf("%s is not new", i.ID)
				}
				return err
			})
		})
		b.Run("REST", func(b *testing.B) {
			gateway := httptest.NewServer(rest.New(rest.Options{Backend: backend.NewBackendService(backend.Options{}), Batches: m}))
			defer gateway.Close()
			http := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: metadatatest.Clients}}
			defer http.CloseIdleConnections()
			c, err := client.New(client.Options{URLs: []string{gateway.URL}, User: "ann", HTTP: http})
			require.NoError(b, err)
			r := job("")
			crowd(b, func() error {
				conf := map[string]string{"kyuubi.batch.id": uuid.NewString(), "spark.x": "1", "spark.password": "geheim"}
				i, err := c.SubmitBatch(b.Context(), api.BatchRequest{
					BatchType: r.Type, Resource: r.Resource, ClassName: r.ClassName, Name: r.Name, Args: r.Args, Conf: conf,
				})
				if err == nil && client.Duplicated(i) {
					err = fmt.Errorf("%s is not new", i.ID)
				}
				return err
			})
		})
		b.Run("Duplicate", func(b *testing.B) {
			var ids [1000]string
			for i := range ids {
				ids[i] = uuid.NewString()
				_, err := submit(ids[i])
				require.NoError(b, err)
			}
			var mu sync.Mutex
			n := 0
			crowd(b, func() error {
				mu.Lock()
				n++
				id := ids[n%len(ids)]
				mu.Unlock()
				i, err := submit(id)
				if err == nil && !i.Duplicated {
					err = fmt.Errorf("%s is new", i.ID)
				}
				return err
			})
		})
	})
}

// BenchmarkListBatches lists 100 of NEKOMATA_BENCH_ROWS batches (20,000).
func BenchmarkListBatches(b *testing.B) {
	benchManagers(b, func(b *testing.B, m *batch.Manager, db *sql.DB) {
		b.Helper()
		metadatatest.Fill(b, db, metadatatest.Rows(b, 20_000), metadata.Pending)
		for name, f := range map[string]batch.Filter{"All": {}, "User": {User: "u7"}, "State": {State: "PENDING"}} {
			b.Run(name, func(b *testing.B) {
				crowd(b, func() error {
					l, err := m.List(annOf(b), f, batch.Page{Size: 100, Desc: true, Brief: true})
					if err == nil && len(l.Batches) != 100 {
						err = fmt.Errorf("%d batches", len(l.Batches))
					}
					return err
				})
			})
		}
	})
}

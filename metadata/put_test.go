package metadata_test

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/metadata"
	"github.com/nekomata-sql/nekomata/metadata/metadatatest"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// fewStatements has many clients come while the table is locked: some statements wait for
// it, and the rest of the batches for them.
func fewStatements(t *testing.T, m *metadatatest.MariaDB) {
	t.Helper()
	const clients = 100
	name := m.Database(t)
	store, db := metadatatest.Open(t, metadata.Options{URL: m.URL(name), User: "root"}), m.Open(t, name)
	statements := func() (n int) {
		require.NoError(t, db.QueryRowContext(t.Context(),
			"SELECT variable_value FROM information_schema.global_status WHERE variable_name = 'Com_insert'").Scan(&n))
		return n
	}
	before := statements()
	unlock := locked(t, db, "LOCK TABLES metadata WRITE", "UNLOCK TABLES")
	var group sync.WaitGroup
	for range clients {
		group.Go(func() {
			if err := store.Insert(t.Context(), metadatatest.NewBatch()); err != nil {
				t.Errorf("%v", err)
			}
		})
	}
	pause(t)
	unlock()
	group.Wait()
	n, err := store.Count(t.Context(), metadata.Filter{})
	require.NoError(t, err)
	require.Equal(t, int64(clients), n)
	require.Less(t, statements()-before, clients/3)
}

// TestPatience has a client go away whose batch has not been touched: it must not be stored
// later, and he is told so.
func TestPatience(t *testing.T) {
	t.Parallel()
	path := t.TempDir() + "/s.db"
	store := metadatatest.Open(t, metadata.Options{URL: "jdbc:sqlite:" + path})
	unlock := locked(t, metadatatest.OpenSQLite(t, path), "BEGIN IMMEDIATE", "ROLLBACK")
	var group sync.WaitGroup
	insert := func(ctx context.Context, id string) (err error) {
		b := metadatatest.NewBatch()
		b.ID = id
		return store.Insert(ctx, b)
	}
	group.Go(func() {
		if err := insert(t.Context(), "first"); err != nil {
			t.Errorf("%v", err)
		}
	})
	pause(t)
	ctx, cancel := context.WithCancel(t.Context())
	group.Go(func() {
		if err := insert(ctx, "second"); !errors.Is(err, sqlerr.Canceled) || metadata.RetryOf(err) != metadata.Safe {
			t.Errorf("%v, %v", err, metadata.RetryOf(err))
		}
	})
	group.Go(func() {
		if err := insert(t.Context(), "third"); err != nil {
			t.Errorf("%v", err)
		}
	})
	pause(t)
	cancel()
	pause(t)
	unlock()
	group.Wait()
	for id, there := range map[string]bool{"first": true, "second": false, "third": true} {
		_, err := store.Get(t.Context(), id)
		require.Equal(t, there, err == nil, "%s: %v", id, err)
	}
}

// locked keeps others from writing until the function is called.
func locked(t *testing.T, db *sql.DB, lock, unlock string) func() {
	t.Helper()
	conn, err := db.Conn(t.Context())
	require.NoError(t, err)
	_, err = conn.ExecContext(t.Context(), lock)
	require.NoError(t, err)
	return func() {
		_, err := conn.ExecContext(t.Context(), unlock)
		require.NoError(t, err)
		require.NoError(t, conn.Close())
	}
}

// pause lets goroutines come as far as they do.
func pause(t *testing.T) {
	t.Helper()
	select {
	case <-time.After(300 * time.Millisecond):
	case <-t.Context().Done():
	}
}

package backend_test

import (
	"context"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/auth"
	"github.com/nekomata-sql/nekomata/backend"
	"github.com/nekomata-sql/nekomata/batch"
	"github.com/nekomata-sql/nekomata/engine"
	"github.com/nekomata-sql/nekomata/metadata"
	"github.com/nekomata-sql/nekomata/metadata/metadatatest"
	"github.com/nekomata-sql/nekomata/operation"
	"github.com/nekomata-sql/nekomata/session"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

func TestBatchesAmongTheSessions(t *testing.T) {
	t.Parallel()
	store, stop := metadatatest.OpenUntil(t, metadata.Options{URL: "jdbc:sqlite:" + t.TempDir() + "/store.db"})
	m := batch.NewManager(batch.ManagerOptions{
		Store: store, Dir: t.TempDir(), Instance: func() string { return "gw1:1" },
		Redact: func(key, value string) string { return strings.ReplaceAll(value, "geheim", "***") },
	})
	b := backend.NewBackendService(backend.Options{Batches: m})
	ctx := auth.NewContext(t.Context(), auth.Principal{User: "ann"})
	other := auth.NewContext(t.Context(), auth.Principal{User: "bob"})
	root := auth.NewContext(t.Context(), auth.Principal{User: "root", Admin: true})

	one, err := m.Submit(ctx, batch.Request{
		User: "ann", RealUser: "ann", ClientAddress: "10.0.0.9", Type: "SQL", Resource: "a.sql", Name: "night",
		Conf: map[string]string{"spark.a": "geheim"},
	}, nil)
	require.NoError(t, err)
	id := uuid.MustParse(one.ID)
	s, err := b.Session(ctx, id)
	require.NoError(t, err)
	require.Equal(t, session.TypeBatch, s.Type)
	require.Equal(t, id, s.ID)
	require.Equal(t, []string{"ann", "night", "10.0.0.9", "gw1:1", "***"}, []string{s.User, s.Name, s.ClientAddress, s.Instance, s.Conf["spark.a"]})
	require.Zero(t, s.Ended)
	for n, c := range map[int][]func() (int, error){
		1: {
			func() (int, error) { l, err := b.Sessions(ctx); return len(l), err },
			func() (int, error) { l, err := b.Sessions(root); return len(l), err },
			func() (int, error) { l, err := b.AllOperations(root); return len(l), err },
			func() (int, error) { l, err := b.Operations(ctx, id); return len(l), err },
		},
		0: {
			func() (int, error) { l, err := b.Sessions(other); return len(l), err },
			func() (int, error) { l, err := b.AllOperations(other); return len(l), err },
			func() (int, error) { return b.SessionCount(), nil },
		},
	} {
		for _, count := range c {
			got, err := count()
			require.NoError(t, err)
			require.Equal(t, n, got)
		}
	}
	o, err := b.Operation(ctx, id)
	require.NoError(t, err)
	require.Equal(t, engine.Statement{SQL: "BatchJobSubmission"}, o.Query)
	require.Equal(t, operation.Pending, o.State)
	require.Equal(t, id, o.SessionID)

	_, err = b.Session(other, id)
	require.ErrorIs(t, err, sqlerr.NotFound)
	_, err = b.Operation(other, id)
	require.ErrorIs(t, err, sqlerr.NotFound)
	_, err = b.SessionLog(other, id, 0, 1)
	require.ErrorIs(t, err, sqlerr.NotFound)
	for _, end := range []error{b.CloseSession(root, id), b.Cancel(ctx, id), b.CloseOperation(ctx, id)} {
		require.ErrorIs(t, end, sqlerr.Conflict)
		require.ErrorContains(t, end, "is a batch")
	}
	_, err = b.Schema(ctx, id)
	require.ErrorContains(t, err, "a log and no rows")
	_, err = b.Fetch(ctx, id, operation.Fetch{MaxRows: 1})
	require.ErrorContains(t, err, "a log and no rows")
	_, err = b.Fetch(other, id, operation.Fetch{MaxRows: 1})
	require.ErrorIs(t, err, sqlerr.NotFound)
	require.ErrorIs(t, b.CloseSession(other, id), sqlerr.NotFound)
	_, err = b.Session(ctx, uuid.New())
	require.ErrorIs(t, err, sqlerr.NotFound)

	// Its log, with the cursor that operations have.
	require.NoError(t, os.MkdirAll(strings.TrimSuffix(one.LogLocation, "/"+one.ID+".log"), 0o700))
	require.NoError(t, os.WriteFile(one.LogLocation, []byte("a\nb\nc\n"), 0o600))
	page, err := b.SessionLog(ctx, id, 1, 1)
	require.NoError(t, err)
	require.Equal(t, operation.LogPage{Lines: []string{"b"}, Start: 1, Next: 2, Total: 3}, page)
	for _, f := range []struct {
		operation.Orientation

		want []string
	}{{operation.Next, []string{"a", "b"}}, {operation.Next, []string{"c"}}, {operation.Next, []string{}}, {operation.First, []string{"a", "b"}}} {
		lines, err := b.FetchLog(ctx, id, operation.Fetch{Orientation: f.Orientation, MaxRows: 2})
		require.NoError(t, err)
		require.Equal(t, f.want, lines)
	}

	// It ends, and is still found, but not listed.
	taken, err := store.Take(t.Context(), metadata.Taker{Owner: "x", Instance: "gw2:1", Lease: time.Minute}, 1)
	require.NoError(t, err)
	require.NoError(t, store.Fail(t.Context(), taken[0].Lease, metadata.Application{ID: "7", State: "FAILED", Diagnostic: "no such table"}))
	s, err = b.Session(ctx, id)
	require.NoError(t, err)
	require.NotZero(t, s.Ended)
	require.Equal(t, []string{"no such table", "7", "gw2:1"}, []string{s.Exception, s.EngineID, s.Instance})
	o, err = b.Operation(ctx, id)
	require.NoError(t, err)
	require.Equal(t, operation.Error, o.State)
	require.Equal(t, "no such table", o.Err.Message)
	list, err := b.Sessions(root)
	require.NoError(t, err)
	require.Empty(t, list)

	// Sessions are seen while the store is away.
	stop()
	list, err = b.Sessions(root)
	require.NoError(t, err)
	require.Empty(t, list)
	_, err = b.Session(ctx, id)
	require.ErrorIs(t, err, sqlerr.Unavailable)
}

// hung is a store that answers nobody.
type hung struct{ backend.Batches }

func (hung) List(ctx context.Context, _ batch.Filter, _ batch.Page) (batch.List, error) {
	<-ctx.Done()
	return batch.List{}, ctx.Err()
}

func TestSessionsDoNotWaitForAHungStore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := backend.NewBackendService(backend.Options{Batches: hung{}})
		began := time.Now()
		list, err := b.Sessions(auth.NewContext(t.Context(), auth.Principal{User: "root", Admin: true}))
		require.NoError(t, err)
		require.Empty(t, list)
		require.LessOrEqual(t, time.Since(began), 5*time.Second)
	})
}

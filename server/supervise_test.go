package server

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/batch/application"
	"github.com/nekomata-sql/nekomata/batch/application/process"
	"github.com/nekomata-sql/nekomata/metadata"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

func TestClaims(t *testing.T) {
	t.Parallel()
	url := "jdbc:sqlite:" + t.TempDir() + "/store.db"
	store, err := metadata.New(metadata.Options{URL: url})
	require.NoError(t, err)
	secret, err := json.Marshal(database{URL: url})
	require.NoError(t, err)
	ctx := t.Context()
	err = while(ctx, store, func(ctx context.Context) error {
		taker := metadata.Taker{Owner: "me", Host: "here", Lease: time.Minute}
		taken := func() process.Start {
			id := uuid.NewString()
			require.NoError(t, store.Insert(ctx, metadata.Batch{ID: id, User: "ann", Type: "SQL", Created: time.Now()}))
			got, err := store.Take(ctx, taker, 1)
			require.NoError(t, err)
			require.Len(t, got, 1)
			return process.Start{ID: id, Claim: application.Claim{Owner: "me", Version: got[0].Lease.Version}, Host: "here", Log: "/log"}
		}
		start := taken()
		stale := start
		stale.Claim.Version--
		require.ErrorIs(t, new(claimer).claim(ctx, secret, stale), sqlerr.Conflict)
		require.NoError(t, new(claimer).claim(ctx, secret, start))
		b, err := store.Get(ctx, start.ID)
		require.NoError(t, err)
		require.False(t, b.Started.IsZero())
		require.Equal(t, []string{"here", "/log"}, []string{b.Host, b.LogLocation})
		require.ErrorIs(t, new(claimer).claim(ctx, secret, start), sqlerr.Conflict, "another supervisor's claim is not ours")

		lost := &claimer{unsure: true} // its own claim may have been made
		require.NoError(t, lost.claim(ctx, secret, start))
		taker.Owner = "another"
		require.NoError(t, store.Release(ctx, metadata.Lease{ID: start.ID, Owner: "me", Version: start.Claim.Version}))
		over, err := store.TakeOver(ctx, taker, 1)
		require.NoError(t, err)
		require.Len(t, over, 1)
		require.ErrorIs(t, lost.claim(ctx, secret, start), sqlerr.Conflict, "it may be the other gateway's claim")

		start.ID = uuid.NewString()
		require.ErrorIs(t, new(claimer).claim(ctx, secret, start), sqlerr.NotFound)
		return nil
	})
	require.NoError(t, err)
	memory, err := json.Marshal(database{URL: "jdbc:sqlite::memory:"})
	require.NoError(t, err)
	require.ErrorIs(t, new(claimer).claim(ctx, memory, process.Start{}), sqlerr.Invalid)
	nowhere, err := json.Marshal(database{URL: "jdbc:mysql://127.0.0.1:1/x"})
	require.NoError(t, err)
	require.ErrorIs(t, new(claimer).claim(ctx, nowhere, process.Start{ID: uuid.NewString()}), sqlerr.Unavailable)
}

package batch_test

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/batch"
	"github.com/nekomata-sql/nekomata/metadata"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// counted counts what costs a store most. A batch can be gone from it.
type counted struct {
	batch.Records

	inserts atomic.Int64
	gone    atomic.Bool
}

func (c *counted) Insert(ctx context.Context, b metadata.Batch) error {
	c.inserts.Add(1)
	if c.gone.Load() { // there is room for it again
		return nil
	}
	return c.Records.Insert(ctx, b)
}

func (c *counted) Get(ctx context.Context, id string) (metadata.Batch, error) {
	if c.gone.Load() {
		return metadata.Batch{}, sqlerr.New(sqlerr.NotFound, "it was cleaned away")
	}
	return c.Records.Get(ctx, id)
}

// TestRetriesAreLookedUp: a gateway that has accepted a batch, or has seen it submitted
// again, does not try to store it once more, unless it is gone.
func TestRetriesAreLookedUp(t *testing.T) {
	t.Parallel()
	var store *counted
	d := newDesk(t, func(o *batch.ManagerOptions) {
		store = &counted{Records: o.Store}
		o.Store = store
	})
	other := &counted{Records: d.store}
	second := batch.NewManager(batch.ManagerOptions{Store: other, Dir: d.dir})
	id := uuid.NewString()
	for i := range 3 {
		b, err := d.Submit(as(t, "ann"), job(id), nil)
		require.NoError(t, err)
		require.Equal(t, i > 0, b.Duplicated)
		require.EqualValues(t, 1, store.inserts.Load())
	}
	for range 3 {
		b, err := second.Submit(as(t, "ann"), job(id), nil)
		require.NoError(t, err)
		require.True(t, b.Duplicated)
		require.EqualValues(t, 1, other.inserts.Load(), "only by that it finds out")
	}
	_, err := d.Submit(as(t, "bob"), job(id, func(r *batch.Request) { r.User, r.RealUser = "bob", "bob" }), nil)
	require.ErrorIs(t, err, sqlerr.Exists)
	store.gone.Store(true)
	b, err := d.Submit(as(t, "ann"), job(id), nil)
	require.NoError(t, err)
	require.False(t, b.Duplicated)
	require.EqualValues(t, 2, store.inserts.Load())
}

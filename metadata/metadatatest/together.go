package metadatatest

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/metadata"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// together has many clients at once, three with each id: what is stored by one statement
// with others is stored once, is the batch of the client that is told so, and nobody
// suffers from another one's id.
func (s *suite) together(t *testing.T) {
	const known, fresh, clients = 10, 60, 3
	var ids []string
	for range known {
		ids = append(ids, s.insert(t).ID)
	}
	for range fresh {
		ids = append(ids, uuid.NewString())
	}
	var (
		mu    sync.Mutex
		won   = map[string]string{}
		group sync.WaitGroup
	)
	for c := range clients {
		for _, id := range ids {
			group.Go(func() {
				name := strconv.Itoa(c)
				err := s.store.Insert(t.Context(), NewBatch(func(b *metadata.Batch) { b.ID, b.Name = id, name }))
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil && won[id] != "":
					t.Errorf("the id %s is stored twice", id)
				case err == nil:
					won[id] = name
				case !errors.Is(err, sqlerr.Exists):
					t.Errorf("neither stored nor there already: %v", err)
				}
			})
		}
	}
	group.Wait()
	for i, id := range ids {
		b := s.get(t, id)
		if i < known {
			require.Empty(t, won[id], "it was there before")
		} else {
			require.Equal(t, won[id], b.Name)
		}
	}
	n, err := s.store.Count(t.Context(), metadata.Filter{})
	require.NoError(t, err)
	require.Equal(t, int64(known+fresh), n)
}

// impatient clients go away while their batches wait for others, or are being stored:
// what they are told must not be wrong, and must not be others' fate.
func (s *suite) impatient(t *testing.T) {
	var group sync.WaitGroup
	for i := range 200 {
		group.Go(func() {
			ctx, cancel := t.Context(), func() {}
			hasty := i%2 == 0
			if hasty {
				ctx, cancel = context.WithTimeout(ctx, time.Duration(i)*50*time.Microsecond)
			}
			defer cancel()
			b := NewBatch()
			err := s.store.Insert(ctx, b)
			if err != nil && (!hasty || !errors.Is(err, sqlerr.Timeout)) {
				t.Errorf("client %d: %v", i, err)
			}
			if err != nil && metadata.RetryOf(err) == metadata.Unsure {
				return
			}
			_, missing := s.store.Get(t.Context(), b.ID)
			if err == nil && missing != nil || err != nil && !errors.Is(missing, sqlerr.NotFound) {
				t.Errorf("client %d was told %v and finds %v", i, err, missing)
			}
		})
	}
	group.Wait()
}

package operation

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// A cancel that meets a fetch of a result that is whole comes too late.
func TestCancelOfAWholeResultWhileItIsFetched(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{}, map[string]script{"one": {batches: 1, perBatch: 3}, "many": {batches: 9, perBatch: 2000}})
	info, err := b.start(t, "one", false, 0)
	require.NoError(t, err)
	o, err := b.find(info.ID)
	require.NoError(t, err)
	unlock := o.result.lock() // as a fetch has it
	require.NoError(t, b.Cancel(info.ID))
	unlock()
	info, err = b.Get(info.ID)
	require.NoError(t, err)
	require.Equal(t, Finished, info.State)
	require.Equal(t, upTo(3), b.numbersFrom(t, info.ID, 10))

	info, err = b.start(t, "many", false, 0)
	require.NoError(t, err)
	o, err = b.find(info.ID)
	require.NoError(t, err)
	unlock = o.result.lock()
	require.NoError(t, b.Cancel(info.ID))
	require.ErrorIs(t, o.result.pullToTheEnd(t), sqlerr.Canceled, "the reader does not take it for whole")
	unlock()
	info, err = b.Get(info.ID)
	require.NoError(t, err)
	require.Equal(t, Canceled, info.State, "rows were still to come")
}

func (r *result) pullToTheEnd(t *testing.T) error {
	t.Helper()
	for r.rows != nil {
		if err := r.pull(t.Context(), false); err != nil {
			return err
		}
	}
	return r.err
}

// What has ended without rows to come does not become CANCELED, however close to its
// end the cancel comes; and each change begins where the one before has ended.
func TestCancelAtTheVeryEnd(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	seen := map[string][]State{}
	b := newBench(t, Options{Observe: func(i Info, from State) {
		mu.Lock()
		defer mu.Unlock()
		seen[i.ID.String()] = append(seen[i.ID.String()], from, i.State)
	}}, map[string]script{"ddl": {noResult: true}})
	for i := range 3000 {
		info, err := b.start(t, "ddl", true, 0)
		require.NoError(t, err)
		for range i % 300 {
			_, err = b.Get(info.ID)
			require.NoError(t, err)
		}
		require.NoError(t, b.Cancel(info.ID))
		_, err = b.Wait(t.Context(), info.ID, time.Minute)
		require.NoError(t, err)
		require.NoError(t, b.Close(info.ID))
	}
	mu.Lock()
	defer mu.Unlock()
	for _, s := range seen {
		last := Initialized
		for i := 0; i < len(s); i += 2 {
			require.Equal(t, last, s[i], "in order: %v", s)
			require.False(t, s[i] == Finished && s[i+1] == Canceled, "%v", s)
			last = s[i+1]
		}
	}
}

package metadata

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

func TestLargeCountsAreMadeByOneAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := counts{known: map[string]counted{}}
		turn := func() (int64, bool, chan struct{}) {
			n, known, done, err := c.turn(t.Context(), "k")
			require.NoError(t, err)
			return n, known, done
		}
		_, known, first := turn()
		require.False(t, known)
		require.Nil(t, first, "while it is not known to be large, everybody counts")
		c.put("k", counted{n: 1, when: time.Now()}, true, nil)
		time.Sleep(countAge/2 + time.Millisecond)
		_, known, done := turn()
		require.False(t, known)
		require.NotNil(t, done)
		n, known, _ := turn()
		require.True(t, known, "others take what is known meanwhile")
		require.Equal(t, int64(1), n)

		time.Sleep(countAge)
		waited := make(chan int64)
		go func() {
			n, _, _ := turn()
			waited <- n
		}()
		synctest.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, _, _, err := c.turn(ctx, "k")
		require.ErrorIs(t, err, sqlerr.Canceled)
		c.put("k", counted{n: 2, when: time.Now()}, true, done)
		require.Equal(t, int64(2), <-waited, "what is too old is waited for")

		time.Sleep(countAge)
		_, _, done = turn()
		c.put("k", counted{}, false, done)
		_, known, done = turn()
		require.False(t, known)
		require.Nil(t, done, "it has become small")
	})
}

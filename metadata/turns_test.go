package metadata

import (
	"context"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// asked are the counts of one filter, of which up to ten are exact.
type asked struct{ counts }

func (c *asked) turn(t *testing.T) (n int64, done chan struct{}) {
	t.Helper()
	known, done, err := c.counts.turn(t.Context(), "k", 10)
	require.NoError(t, err)
	return known.n, done
}

// later is a turn that has to wait, and what it finds: a count, or -1 for its own turn,
// which fails.
func (c *asked) later(t *testing.T) <-chan int64 {
	t.Helper()
	found := make(chan int64, 1)
	go func() {
		known, done, err := c.counts.turn(t.Context(), "k", 10)
		if done != nil || err != nil {
			c.put("k", tally{}, false, done)
			known.n = -1
		}
		found <- known.n
	}()
	synctest.Wait()
	require.Empty(t, found)
	return found
}

func (c *asked) found(n int64, done chan struct{}) {
	c.put("k", tally{n: n, when: time.Now()}, true, done)
}

func newAsked() *asked { return &asked{counts{known: map[string]*counting{}}} }

func TestLargeCountsAreMadeByOneAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newAsked()
		_, done := c.turn(t)
		require.NotNil(t, done)
		c.found(11, done)
		n, done := c.turn(t)
		require.Nil(t, done)
		require.Equal(t, int64(11), n)

		time.Sleep(countAge/2 + time.Millisecond)
		_, done = c.turn(t)
		require.NotNil(t, done)
		n, none := c.turn(t)
		require.Nil(t, none, "others take what is known meanwhile")
		require.Equal(t, int64(11), n)

		time.Sleep(countAge)
		waits := c.later(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, _, err := c.counts.turn(ctx, "k", 10)
		require.ErrorIs(t, err, sqlerr.Canceled)
		c.found(12, done)
		require.Equal(t, int64(12), <-waits, "what is too old is waited for")
	})
}

func TestSmallCountsBeginAfterTheQuestion(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newAsked()
		_, first := c.turn(t)
		began := time.Now()
		time.Sleep(time.Millisecond)
		waits := []<-chan int64{c.later(t), c.later(t), c.later(t)}
		c.put("k", tally{n: 1, when: began}, true, first)
		synctest.Wait()
		turns := 0
		for _, w := range waits {
			if n := <-w; n == -1 {
				turns++
			}
		}
		require.Equal(t, 3, turns, "the count that was under way may miss what they know of, and each failure passes the turn on")

		_, second := c.turn(t)
		waits = []<-chan int64{c.later(t), c.later(t)}
		c.found(2, second)
		for _, w := range waits {
			require.Equal(t, int64(2), <-w, "those that came before a count began share it")
		}
		time.Sleep(time.Nanosecond)
		_, third := c.turn(t)
		require.NotNil(t, third)
	})
}

func TestOldCountsAreForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newAsked()
		one := func(key string) {
			_, done, err := c.counts.turn(t.Context(), key, 10)
			require.NoError(t, err)
			c.put(key, tally{n: 11, when: time.Now()}, true, done)
		}
		one("a")
		time.Sleep(settledFor)
		_, busy, err := c.counts.turn(t.Context(), "b", 10)
		require.NoError(t, err)
		one("c")
		require.NotContains(t, c.known, "a")
		require.Contains(t, c.known, "b", "somebody counts it")
		c.put("b", tally{}, false, busy)
		for i := range 3000 {
			one(strconv.Itoa(i))
		}
		require.LessOrEqual(t, len(c.known), 1000)
	})
}

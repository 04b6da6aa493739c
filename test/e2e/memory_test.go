package e2e

import (
	"strings"
	"sync"
	"testing"
	"time"
)

// TestMemoryFallsBack: what many long statements took is given back to the system some
// seconds after the last of them.
func TestMemoryFallsBack(t *testing.T) {
	g := ownServer(t)
	c, s := thriftClient(t, g)
	statement(t, c, s, "select 1")
	base := g.rss(t)
	long := "select 1 where 1 in (0" + strings.Repeat(", 2 + 3", 30_000) + ")"
	highest := g.highest(t)
	var sessions sync.WaitGroup
	for range 16 {
		c, s := thriftClient(t, g)
		sessions.Go(func() { statement(t, c, s, long) })
	}
	sessions.Wait()
	peak := highest()
	began := time.Now()
	for g.rss(t) > base+(peak-base)/2 {
		if time.Since(began) > time.Minute {
			t.Fatalf("%.0f MB before, %.0f at most, %.0f a minute later", base, peak, g.rss(t))
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Logf("%.0f MB before, %.0f at most, %.0f %.0f s later", base, peak, g.rss(t), time.Since(began).Seconds())
}

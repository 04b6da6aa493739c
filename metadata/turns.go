package metadata

import (
	"context"
	"sync"
	"time"
)

// countAge is how old a large count may be.
const countAge = 5 * time.Second

// counts are the counts of the last minute, by their filter.
type counts struct {
	mu    sync.Mutex
	known map[string]*counting
	swept time.Time
}

// counting is what is known of a filter.
type counting struct {
	tally

	// busy is closed when whoever counts again has done so; nil is nobody. One at a
	// time is enough: whoever came meanwhile shares what the next one finds.
	busy chan struct{}
}

// key is a filter as a map's key.
func (f Filter) key() string {
	return f.Type + "\x00" + f.User + "\x00" + f.Name + "\x00" + string(f.State) + "\x00" +
		f.CreatedFrom.UTC().String() + "\x00" + f.EndedBy.UTC().String()
}

// turn is what is known of a count, if that is good enough: a small one must have
// begun after the caller came, and a large one not long ago. Else the caller counts,
// and done goes to put; unless somebody does, who is waited for.
func (c *counts) turn(ctx context.Context, key string, exact int64) (known tally, done chan struct{}, err error) {
	came := time.Now()
	for {
		c.mu.Lock()
		k := c.known[key]
		if k == nil {
			k = &counting{}
			c.known[key] = k
		}
		known, busy := k.tally, k.busy
		age := time.Since(known.when)
		good := !known.when.Before(came) || known.n > exact && (age < countAge/2 || age < countAge && busy != nil)
		if !good && busy == nil {
			done = make(chan struct{})
			k.busy = done
		}
		c.mu.Unlock()
		if good || done != nil {
			return known, done, nil
		}
		select {
		case <-busy:
		case <-ctx.Done():
			return tally{}, nil, convert(ctx.Err(), "the batches can't be counted")
		}
	}
}

// put ends a turn, with what was counted if ok.
func (c *counts) put(key string, now tally, ok bool, done chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k := c.known[key]
	k.busy = nil
	if ok {
		k.tally = now
	}
	close(done)
	c.sweep()
}

// sweep forgets what was not asked for of late or, when there is too much, all.
func (c *counts) sweep() {
	const most = 1000 // filters; times make many
	full := len(c.known) >= most
	if !full && time.Since(c.swept) < settledFor {
		return
	}
	c.swept = time.Now()
	for key, k := range c.known {
		if k.busy == nil && (full || time.Since(k.when) >= settledFor) {
			delete(c.known, key)
		}
	}
}

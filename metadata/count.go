package metadata

import (
	"context"
	"database/sql"
	"sync"
	"time"
)

// countAge is how old a large count may be.
const countAge = 5 * time.Second

// counts are the large counts of the last seconds, by their filter.
type counts struct {
	mu    sync.Mutex
	known map[string]counted
}

type counted struct {
	n    int64
	when time.Time
	// busy is closed when whoever counts again has done so; nil is nobody. One at a
	// time is enough: such a count reads a whole index.
	busy chan struct{}
}

// Count returns how many batches a filter picks: exactly up to Options.ExactCount,
// beyond that as it was some 5 s ago at most.
func (s *Store) Count(ctx context.Context, f Filter) (int64, error) {
	where, args := f.where()
	key := f.key()
	n, known, done, err := s.counts.turn(ctx, key)
	if known || err != nil {
		return n, err
	}
	began := time.Now()
	n, err = s.count(ctx, "SELECT COUNT(*) FROM (SELECT 1 FROM metadata WHERE "+where+" LIMIT ?) AS few", append(args, s.opts.ExactCount+1)...)
	large := n > s.opts.ExactCount
	if err == nil && large {
		n, err = s.count(ctx, "SELECT COUNT(*) FROM metadata WHERE "+where, args...)
	}
	s.counts.put(key, counted{n: n, when: began}, large && err == nil, done)
	return n, err
}

func (s *Store) count(ctx context.Context, query string, args ...any) (n int64, err error) {
	err = s.query(ctx, "the batches can't be counted", func(r *sql.Rows) error { return r.Scan(&n) }, query, args...)
	return n, err
}

// CountByState returns how many batches stand where, for states with any.
func (s *Store) CountByState(ctx context.Context, f Filter) (map[State]int64, error) {
	where, args := f.where()
	out := map[State]int64{}
	err := s.query(ctx, "the batches can't be counted", func(r *sql.Rows) error {
		var (
			state State
			n     int64
		)
		err := r.Scan(&state, &n)
		if state == initialized {
			state = Pending
		}
		out[state] += n
		return err
	}, "SELECT state, COUNT(*) FROM metadata WHERE "+where+" GROUP BY state", args...)
	return out, err
}

// key is a filter as a map's key.
func (f Filter) key() string {
	return f.Type + "\x00" + f.User + "\x00" + f.Name + "\x00" + string(f.State) + "\x00" +
		f.CreatedFrom.UTC().String() + "\x00" + f.EndedBy.UTC().String()
}

// turn is what is known of a large count. When it is not known, or half-way to being
// too old, the caller counts, unless somebody does: then what is known is good
// enough, or waited for. done goes to put.
func (c *counts) turn(ctx context.Context, key string) (n int64, known bool, done chan struct{}, err error) {
	for {
		c.mu.Lock()
		k, ok := c.known[key]
		age := time.Since(k.when)
		switch {
		case !ok: // it may be small, and small ones are counted each time
			c.mu.Unlock()
			return 0, false, nil, nil
		case age < countAge/2, age < countAge && k.busy != nil:
			c.mu.Unlock()
			return k.n, true, nil, nil
		case k.busy == nil:
			k.busy = make(chan struct{})
			c.known[key] = k
			c.mu.Unlock()
			return 0, false, k.busy, nil
		}
		c.mu.Unlock()
		select {
		case <-k.busy:
		case <-ctx.Done():
			return 0, false, nil, convert(ctx.Err(), "the batches can't be counted")
		}
	}
}

// put ends a turn. What is not worth keeping is forgotten.
func (c *counts) put(key string, k counted, keep bool, done chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if done != nil {
		close(done)
	}
	const most = 1000 // filters; times make many
	for old, k := range c.known {
		if k.busy == nil && (len(c.known) >= most || time.Since(k.when) >= countAge) {
			delete(c.known, old)
		}
	}
	delete(c.known, key)
	if keep {
		c.known[key] = k
	}
}

// CountOpen returns how many batches have not ended, at most the given number: those
// of a user, from an address, or both; "" is any.
func (s *Store) CountOpen(ctx context.Context, user, address string, most int) (int, error) {
	where, args := "state IN (?, ?, ?)", []any{Pending, Running, initialized}
	if user != "" {
		where += " AND user_name = ?"
		args = append(args, user)
	}
	if address != "" {
		where += " AND ip_address = ?"
		args = append(args, address)
	}
	n, err := s.count(ctx, "SELECT COUNT(*) FROM (SELECT 1 FROM metadata WHERE "+where+" LIMIT ?) AS few", append(args, most)...)
	return int(n), err
}

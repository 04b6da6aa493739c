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
}

// Count returns how many batches a filter picks: exactly up to Options.ExactCount,
// beyond that as it was at most 5 s ago.
func (s *Store) Count(ctx context.Context, f Filter) (int64, error) {
	where, args := f.where()
	key := f.key()
	if n, ok := s.counts.get(key); ok {
		return n, nil
	}
	began := time.Now()
	n, err := s.count(ctx, "SELECT COUNT(*) FROM (SELECT 1 FROM metadata WHERE "+where+" LIMIT ?) AS few", append(args, s.opts.ExactCount+1)...)
	if err != nil || n <= s.opts.ExactCount {
		return n, err
	}
	if n, err = s.count(ctx, "SELECT COUNT(*) FROM metadata WHERE "+where, args...); err == nil {
		s.counts.put(key, counted{n, began})
	}
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

func (c *counts) get(key string) (int64, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k, ok := c.known[key]
	return k.n, ok && time.Since(k.when) < countAge
}

func (c *counts) put(key string, k counted) {
	c.mu.Lock()
	defer c.mu.Unlock()
	const most = 1000 // filters; times make many
	for old, k := range c.known {
		if len(c.known) >= most || time.Since(k.when) >= countAge {
			delete(c.known, old)
		}
	}
	c.known[key] = k
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

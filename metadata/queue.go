package metadata

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"time"
)

// Take gives the taker up to n batches that wait, the highest priority first and
// then the oldest, and no batch that anybody else gets. Batches that are bound to
// another machine stay where they are.
func (s *Store) Take(ctx context.Context, by Taker, n int) ([]Batch, error) {
	return s.take(ctx, by, n, `state = 'PENDING' AND lease_expires = 0 AND (host_id IS NULL OR host_id = ?)
		ORDER BY priority DESC, create_time, key_id`, by.Host)
}

// TakeOver gives the taker up to n batches whose lease has expired: Pending ones,
// of which Started says whether they may be started, and Running ones.
func (s *Store) TakeOver(ctx context.Context, by Taker, n int) ([]Batch, error) {
	return s.take(ctx, by, n, `state IN ('PENDING', 'RUNNING') AND lease_expires > 0 AND lease_expires < `+s.dialect.now+`
		AND (host_id IS NULL OR host_id = ?) ORDER BY lease_expires, key_id`, by.Host)
}

// OldestWaiting is when the batch was accepted that waits longest for a gateway;
// the zero time is that none does.
func (s *Store) OldestWaiting(ctx context.Context) (time.Time, error) {
	var created int64
	err := s.counted(ctx, "SELECT COALESCE(MIN(create_time), 0) FROM metadata WHERE state = 'PENDING' AND lease_expires = 0", nil, &created)
	return at(created), err
}

// take locks rows that nobody else is taking, and marks them.
func (s *Store) take(ctx context.Context, by Taker, n int, which string, args ...any) ([]Batch, error) {
	var taken []Batch
	err := s.tx(ctx, "batches can't be taken", func(tx *sql.Tx) error {
		var keys []any
		err := queryRows(ctx, tx, func(r *sql.Rows) error {
			var key int64
			err := r.Scan(&key)
			keys = append(keys, key)
			return err
		}, "SELECT key_id FROM metadata WHERE "+which+" LIMIT ?"+s.dialect.skipLocked, append(slices.Clone(args), n)...)
		if err != nil || len(keys) == 0 {
			return err
		}
		in := "key_id IN (?" + strings.Repeat(", ?", len(keys)-1) + ")"
		set := []any{by.Owner, by.Lease.Milliseconds(), orNull(by.Instance)}
		//nolint:gosec // made of constants
		if _, err := tx.ExecContext(ctx, "UPDATE metadata SET lease_owner = ?, lease_expires = "+s.dialect.now+" + ?, "+
			"kyuubi_instance = ?, version = version + 1, attempt = attempt + 1 WHERE "+in, append(set, keys...)...); err != nil {
			return err
		}
		found, row := map[int64]Batch{}, whole.reader()
		if err := queryRows(ctx, tx, func(r *sql.Rows) error {
			var b Batch
			err := row.read(r, &b)
			found[b.Key] = b
			return err
		}, "SELECT "+whole.names+" FROM metadata WHERE "+in, keys...); err != nil {
			return err
		}
		taken = taken[:0] // of an attempt that met a deadlock
		for _, key := range keys {
			if k, ok := key.(int64); ok {
				taken = append(taken, found[k])
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return taken, nil
}

// Renew makes an owner's leases good for another while, and returns those that
// are still his; the others are lost or their batches have ended.
func (s *Store) Renew(ctx context.Context, owner string, lease time.Duration, ids []string) ([]Held, error) {
	var held []Held
	const most = 500 // in one statement
	for some := range slices.Chunk(ids, most) {
		in := " WHERE identifier IN (?" + strings.Repeat(", ?", len(some)-1) + ") AND lease_owner = ? AND state IN ('PENDING', 'RUNNING')"
		args := make([]any, 0, len(some)+2)
		for _, id := range some {
			args = append(args, id)
		}
		args = append(args, owner)
		const what = "leases can't be renewed"
		_, err := s.exec(ctx, what, "UPDATE metadata SET lease_expires = "+s.dialect.now+" + ?"+in,
			append([]any{lease.Milliseconds()}, args...)...)
		if err != nil {
			return nil, err
		}
		if err := s.query(ctx, what, func(r *sql.Rows) error {
			h := Held{Lease: Lease{Owner: owner}}
			err := r.Scan(&h.Lease.ID, &h.Lease.Version, &h.CancelRequested)
			held = append(held, h)
			return err
		}, "SELECT identifier, version, COALESCE(peer_instance_closed, 0) FROM metadata"+in, args...); err != nil {
			return nil, err
		}
	}
	return held, nil
}

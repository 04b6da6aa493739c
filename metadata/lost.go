package metadata

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"time"
)

// HostDuty begins the name of the duty (see [Store.Hold]) that says that a
// machine has a gateway; the machine's name follows.
const HostDuty = "host:"

// TakeLost gives the taker up to n batches that are bound to other machines of
// which nothing was heard for longer than silence, so that they can be ended:
// nobody holds the machine's duty, and the batch's lease expired, or it has
// waited, for that long. There may be many that wait: they are looked at some at a
// time, and only those that are lost are locked.
func (s *Store) TakeLost(ctx context.Context, by Taker, silence time.Duration, n int) ([]Batch, error) {
	long := s.dialect.now + " - ?"
	lost := condition{
		`host_id IS NOT NULL AND host_id <> ?
		AND (lease_expires > 0 AND lease_expires < ` + long + ` OR lease_expires = 0 AND create_time < ` + long + `)
		AND NOT EXISTS (SELECT 1 FROM nekomata_duty WHERE name = CONCAT('` + HostDuty + `', host_id) AND expires >= ` + s.dialect.now + `)`,
		[]any{by.Host, silence.Milliseconds(), silence.Milliseconds()},
	}
	var keys []any
	for _, state := range []State{Pending, Running} {
		some, err := s.pick(ctx, state, lost, n-len(keys))
		if err != nil {
			return nil, err
		}
		keys = append(keys, some...)
	}
	if len(keys) == 0 {
		return nil, nil
	}
	return s.take(ctx, by, n, "key_id IN (?"+strings.Repeat(", ?", len(keys)-1)+") AND state IN ('PENDING', 'RUNNING') AND "+lost.where+" ORDER BY key_id",
		slices.Concat(keys, lost.args)...)
}

// condition is a part of a WHERE with its arguments.
type condition struct {
	where string
	args  []any
}

// pick returns the keys of the oldest batches in a state that a condition holds for, n
// of them at most. It locks nothing, and a statement reads a bounded number of rows.
func (s *Store) pick(ctx context.Context, state State, c condition, n int) (keys []any, err error) {
	const atOnce = 1000
	query := "SELECT key_id, CASE WHEN " + c.where + " THEN 1 ELSE 0 END FROM metadata" + s.dialect.inOrder +
		" WHERE state = ? AND key_id > ? ORDER BY key_id LIMIT ?"
	after := int64(0)
	for rows := atOnce; rows == atOnce && len(keys) < n; {
		rows = 0
		err := s.query(ctx, "lost batches can't be looked for", func(r *sql.Rows) error {
			var holds bool
			err := r.Scan(&after, &holds)
			if rows++; holds && len(keys) < n {
				keys = append(keys, after)
			}
			return err
		}, query, append(slices.Clone(c.args), state, after, atOnce)...)
		if err != nil {
			return nil, err
		}
	}
	return keys, nil
}

package metadata

import (
	"context"
	"database/sql"
	"time"
)

// Notice is the end of a batch that somebody is still to be told of. With
// [Options.Notices] each end leaves one, in the same transaction.
type Notice struct {
	// ID is the batch, State how it ended.
	ID    string
	State State
	// Attempt counts how often it was put off.
	Attempt int
}

// Notices returns at most n that are due, the longest due first.
func (s *Store) Notices(ctx context.Context, n int) ([]Notice, error) {
	var due []Notice
	err := s.query(ctx, "the notices can't be read", func(r *sql.Rows) error {
		var n Notice
		err := r.Scan(&n.ID, &n.State, &n.Attempt)
		due = append(due, n)
		return err
	}, "SELECT identifier, state, attempt FROM nekomata_notice WHERE due <= "+s.dialect.now+" ORDER BY due LIMIT ?", n)
	return due, err
}

// PutOff makes a notice due again after a while.
func (s *Store) PutOff(ctx context.Context, n Notice, after time.Duration) error {
	_, err := s.exec(ctx, "the notice can't be put off",
		"UPDATE nekomata_notice SET due = "+s.dialect.now+" + ?, attempt = attempt + 1 WHERE identifier = ? AND state = ?",
		after.Milliseconds(), n.ID, n.State)
	return err
}

// Told forgets a notice.
func (s *Store) Told(ctx context.Context, n Notice) error {
	_, err := s.exec(ctx, "the notice can't be removed", "DELETE FROM nekomata_notice WHERE identifier = ? AND state = ?", n.ID, n.State)
	return err
}

// execEnd changes a batch to a terminal state and leaves a notice of it.
func (s *Store) execEnd(ctx context.Context, c change, query string, args ...any) (n int64, err error) {
	err = s.tx(ctx, changing, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, query, args...)
		if err != nil {
			return err
		}
		if n, err = res.RowsAffected(); err != nil || n == 0 {
			return err
		}
		// One of an earlier batch with the same id, which was forgotten since.
		if _, err := tx.ExecContext(ctx, "DELETE FROM nekomata_notice WHERE identifier = ?", c.id); err != nil {
			return err
		}
		insert := "INSERT INTO nekomata_notice (identifier, state, due, attempt) VALUES (?, ?, " + s.dialect.now + ", 0)" //nolint:gosec // made of constants
		_, err = tx.ExecContext(ctx, insert, c.id, c.to)
		return err
	})
	return n, err
}

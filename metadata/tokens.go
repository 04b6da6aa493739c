package metadata

import (
	"context"
	"database/sql"
	"time"

	"github.com/google/uuid"

	"github.com/nekomata-sql/nekomata/auth/token"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// Tokens are the delegation tokens in a [Store]. All gateways of one database
// know the same ones, and a token that is canceled on one is gone on all.
type Tokens struct{ store *Store }

// Tokens returns the delegation tokens of s.
func (s *Store) Tokens() *Tokens { return &Tokens{store: s} }

var _ token.Store = (*Tokens)(nil)

// Open fails with Unavailable unless the store runs.
func (t *Tokens) Open(context.Context) error {
	_, err := t.store.pools()
	return err
}

// Insert adds a token whose id is new.
func (t *Tokens) Insert(ctx context.Context, r token.Record) error {
	_, err := t.store.exec(ctx, "the delegation token can't be stored",
		"INSERT INTO nekomata_token (id, owner, renewer, issued, expires, latest) VALUES (?, ?, ?, ?, ?, ?)",
		r.ID.String(), r.Owner, r.Renewer, millis(r.Issued), millis(r.Expires), millis(r.Latest))
	return err
}

// Find returns a token. It fails with NotFound.
func (t *Tokens) Find(ctx context.Context, id uuid.UUID) (token.Record, error) {
	out := token.Record{ID: id}
	found := false
	err := t.store.query(ctx, "the delegation token can't be read", func(r *sql.Rows) error {
		var issued, expires, latest int64
		err := r.Scan(&out.Owner, &out.Renewer, &issued, &expires, &latest)
		out.Issued, out.Expires, out.Latest = at(issued), at(expires), at(latest)
		found = true
		return err
	}, "SELECT owner, renewer, issued, expires, latest FROM nekomata_token WHERE id = ?", id.String())
	if err == nil && !found {
		err = noToken(id)
	}
	return out, err
}

func noToken(id uuid.UUID) error {
	return sqlerr.New(sqlerr.NotFound, "the delegation token %s was canceled, has expired or never existed", id)
}

// one makes NotFound of a change that met no token.
func one(n int64, err error, id uuid.UUID) error {
	if err == nil && n == 0 {
		return noToken(id)
	}
	return err
}

// Extend changes until when a token is good. It fails with NotFound.
func (t *Tokens) Extend(ctx context.Context, id uuid.UUID, expires time.Time) error {
	n, err := t.store.exec(ctx, "the delegation token can't be renewed",
		"UPDATE nekomata_token SET expires = ? WHERE id = ?", millis(expires), id.String())
	return one(n, err, id)
}

// Delete forgets a token. It fails with NotFound.
func (t *Tokens) Delete(ctx context.Context, id uuid.UUID) error {
	n, err := t.store.exec(ctx, "the delegation token can't be canceled", "DELETE FROM nekomata_token WHERE id = ?", id.String())
	return one(n, err, id)
}

// Count is the number of an owner's tokens, and of everybody's.
func (t *Tokens) Count(ctx context.Context, owner string) (his, all int, err error) {
	err = t.store.query(ctx, "the delegation tokens can't be counted", func(r *sql.Rows) error { return r.Scan(&his, &all) },
		"SELECT COUNT(CASE WHEN owner = ? THEN 1 END), COUNT(*) FROM nekomata_token", owner)
	return his, all, err
}

// Prune forgets the tokens that have expired by now and returns their number.
func (t *Tokens) Prune(ctx context.Context, now time.Time) (int, error) {
	n, err := t.store.exec(ctx, "expired delegation tokens can't be deleted", "DELETE FROM nekomata_token WHERE expires <= ?", millis(now))
	return int(n), err
}

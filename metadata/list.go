package metadata

import (
	"context"
	"database/sql"
	"time"
)

// Page is a part of a list. Lists are in the order of acceptance: by Key or, with
// Filter.CreatedFrom, by Created and then Key.
type Page struct {
	// After is the batch before the page; the zero Cursor begins at the start. With
	// it a list stays the same while batches come and go, and any page is as quick
	// as the first.
	After Cursor
	// From is how many batches to leave out.
	From int
	// Size is at most how many batches to return.
	Size int
	// Desc begins with the newest.
	Desc bool
	// Brief leaves out RealUser, Address, App.Name, Priority, CancelRequested,
	// LeaseExpires and Foreign, too.
	Brief bool
}

// Cursor is a batch's place in lists.
type Cursor struct {
	Key     int64
	Created time.Time
}

// Cursor is where the list goes on after b.
func (b *Batch) Cursor() Cursor { return Cursor{Key: b.Key, Created: b.Created} }

// List returns a page of batches: who, what, when and how it goes. Left out are
// Resource, ClassName, Conf, Args, ClusterManager, Digest, Host, LogLocation,
// Started, Lease and Attempt, which [Store.Get] has.
func (s *Store) List(ctx context.Context, f Filter, p Page) ([]Batch, error) {
	list := make([]Batch, 0, min(max(p.Size, 0), 1000))
	err := s.Each(ctx, f, p, func(b *Batch) { list = append(list, *b) })
	if err != nil {
		return nil, err
	}
	return list, nil
}

// Each calls visit for each batch that [Store.List] would return. What it points to
// is the next one as soon as visit returns.
func (s *Store) Each(ctx context.Context, f Filter, p Page, visit func(*Batch)) error {
	var (
		b           Batch
		row         = p.columns().reader()
		query, args = listQuery(f, p)
	)
	return s.often(ctx, "the batches can't be listed", func(r *sql.Rows) error {
		err := row.read(r, &b)
		if err == nil {
			visit(&b)
		}
		return err
	}, query, args...)
}

func (p Page) columns() columnSet {
	if p.Brief {
		return brief
	}
	return listed
}

// listQuery finds the first row of a page in an index, whatever the filter.
func listQuery(f Filter, p Page) (string, []any) {
	where, args := f.where()
	columns := p.columns().names
	way, than := " ASC", ">"
	if p.Desc {
		way, than = " DESC", "<"
	}
	order := "key_id" + way
	if !f.CreatedFrom.IsZero() {
		order = "create_time" + way + ", " + order
		if p.After.Key != 0 {
			where += " AND create_time " + than + "= ? AND (create_time <> ? OR key_id " + than + " ?)"
			args = append(args, millis(p.After.Created), millis(p.After.Created), p.After.Key)
		}
	} else if p.After.Key != 0 {
		where += " AND key_id " + than + " ?"
		args = append(args, p.After.Key)
	}
	if p.From <= 0 {
		return "SELECT " + columns + " FROM metadata WHERE " + where + " ORDER BY " + order + " LIMIT ?", append(args, p.Size)
	}
	// The rows before the page are skipped in the index, and not read.
	return "SELECT " + columns + " FROM metadata JOIN (SELECT key_id AS page_key FROM metadata WHERE " + where +
		" ORDER BY " + order + " LIMIT ? OFFSET ?) AS page ON key_id = page_key ORDER BY " + order, append(args, p.Size, p.From)
}

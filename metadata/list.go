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
		query, args = s.listQuery(f, p)
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

// listing is a list's SELECT, which finds its first row in an index whatever the filter.
type listing struct {
	f    Filter
	p    Page
	from string // the table
	args []any
}

func (s *Store) listQuery(f Filter, p Page) (string, []any) {
	l := &listing{f: f, p: p, from: "metadata"}
	if f.inOrder() {
		l.from += s.dialect.inOrder
	}
	return l.query(), l.args
}

// inOrder says that an index has what the filter picks in the order of the list.
func (f Filter) inOrder() bool {
	return f.CreatedFrom.IsZero() && (f.User != "" || f.State != "" || f.Type != "")
}

func (l *listing) query() string {
	columns, states := l.p.columns().names, l.f.states()
	if l.p.From <= 0 && len(states) < 2 {
		return l.part(columns, states, l.p.Size)
	}
	// The rows before the page are skipped in the index, and not read.
	keys, from := l.keys("key_id AS page_key", "create_time AS page_time"), max(l.p.From, 0)
	var page string
	if len(states) < 2 {
		page = l.part(keys, states, l.p.Size) + " OFFSET ?"
		l.args = append(l.args, from)
	} else { // what is in two places of an index is put into one order
		all := "SELECT " + l.keys("page_key", "page_time") + " FROM ("
		page = all + l.part(keys, states[:1], from+l.p.Size) + ") AS one UNION ALL " + all + l.part(keys, states[1:], from+l.p.Size) +
			") AS other ORDER BY " + l.order("page_key", "page_time") + " LIMIT ? OFFSET ?"
		l.args = append(l.args, l.p.Size, from)
	}
	return "SELECT " + columns + " FROM metadata JOIN (" + page + ") AS page ON key_id = page_key ORDER BY " + l.order("key_id", "create_time")
}

// keys are the columns by which lists are ordered.
func (l *listing) keys(key, created string) string {
	if l.f.CreatedFrom.IsZero() {
		return key
	}
	return key + ", " + created
}

// part is a SELECT of batches in some states, in the order of the list.
func (l *listing) part(columns string, states []State, limit int) string {
	where, args := l.f.in(states)
	after, at := l.after()
	l.args = append(append(append(l.args, args...), at...), limit)
	return "SELECT " + columns + " FROM " + l.from + " WHERE " + where + after + " ORDER BY " + l.order("key_id", "create_time") + " LIMIT ?"
}

func (l *listing) order(key, created string) string {
	way := " ASC"
	if l.p.Desc {
		way = " DESC"
	}
	if l.f.CreatedFrom.IsZero() {
		return key + way
	}
	return created + way + ", " + key + way
}

// after is the condition that a batch comes after the page's cursor.
func (l *listing) after() (string, []any) {
	than := ">"
	if l.p.Desc {
		than = "<"
	}
	c := l.p.After
	switch {
	case c.Key == 0:
		return "", nil
	case l.f.CreatedFrom.IsZero():
		return " AND key_id " + than + " ?", []any{c.Key}
	default:
		return " AND create_time " + than + "= ? AND (create_time <> ? OR key_id " + than + " ?)", []any{millis(c.Created), millis(c.Created), c.Key}
	}
}

package batch

import (
	"context"
	"strings"
	"time"

	"github.com/nekomata-sql/nekomata/auth"
	"github.com/nekomata-sql/nekomata/metadata"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// Filter picks batches; a zero field picks all.
type Filter struct {
	// Type, State, User and Name must be equal; the first two in any case of letters.
	Type, State, User, Name string
	// CreatedFrom is the earliest acceptance, EndedBy the latest end.
	CreatedFrom, EndedBy time.Time
}

// Page is a part of a list: Size batches after From or, with After, after a batch.
type Page struct {
	// Desc begins with the newest.
	Desc       bool
	From, Size int
	// After is where another page ended.
	After Cursor
	// Brief leaves out what [metadata.Page] says.
	Brief bool
}

type (
	// Row is a batch in a list.
	Row = metadata.Batch
	// Cursor is a batch's place in lists.
	Cursor = metadata.Cursor
)

// List is a page and how many batches the filter picks in all; see
// [metadata.Store.Count].
type List struct {
	Batches []Row
	Total   int64
}

// List returns a page of the batches that the caller may see: his own, or for
// administrators all. It fails with Denied when he asks for somebody else's.
func (m *Manager) List(ctx context.Context, f Filter, p Page) (List, error) {
	var l List
	total, err := m.Each(ctx, f, p, func(r *Row) { l.Batches = append(l.Batches, *r) })
	if err != nil {
		return List{}, err
	}
	l.Total = total
	return l, nil
}

// Each is [Manager.List] for callers that take one batch after the other, which is
// another one as soon as visit returns; in the end it returns how many there are in all.
func (m *Manager) Each(ctx context.Context, f Filter, p Page, visit func(*Row)) (total int64, err error) {
	picked, err := pick(ctx, f)
	if err != nil {
		return 0, err
	}
	n := 0
	page := metadata.Page{After: p.After, From: p.From, Size: p.Size, Desc: p.Desc, Brief: p.Brief}
	if err := m.opts.Store.Each(ctx, picked, page, func(r *Row) {
		n++
		visit(r)
	}); err != nil {
		return 0, err
	}
	// A page that is the whole list has been counted.
	if p.From <= 0 && p.After == (Cursor{}) && n < p.Size {
		return int64(n), nil
	}
	return m.opts.Store.Count(ctx, picked)
}

// Count is how many batches of those that the caller may see a filter picks.
func (m *Manager) Count(ctx context.Context, f Filter) (int64, error) {
	picked, err := pick(ctx, f)
	if err != nil {
		return 0, err
	}
	return m.opts.Store.Count(ctx, picked)
}

func pick(ctx context.Context, f Filter) (metadata.Filter, error) {
	caller, err := auth.FromContext(ctx)
	if err != nil {
		return metadata.Filter{}, err
	}
	out := metadata.Filter{
		Type: strings.ToUpper(f.Type), State: metadata.State(strings.ToUpper(f.State)), User: f.User, Name: f.Name,
		CreatedFrom: f.CreatedFrom, EndedBy: f.EndedBy,
	}
	if out.State != "" && !out.State.Valid() {
		return out, sqlerr.New(sqlerr.Invalid, "the state of a batch must be PENDING, RUNNING, FINISHED, ERROR or CANCELED, not %q", f.State)
	}
	if !f.EndedBy.IsZero() && f.CreatedFrom.After(f.EndedBy) {
		return out, sqlerr.New(sqlerr.Invalid, "Invalid time range: nothing ends before it is created")
	}
	if !caller.Admin {
		if f.User != "" && f.User != caller.User {
			return out, sqlerr.New(sqlerr.Denied, "only administrators may list the batches of %s", f.User)
		}
		out.User = caller.User
	}
	return out, nil
}

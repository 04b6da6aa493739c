package rest

import (
	"context"
	"errors"
	"math"
	"net/http"
	"time"

	"github.com/nekomata-sql/nekomata/operation"
	"github.com/nekomata-sql/nekomata/sqlerr"
	stmt "github.com/nekomata-sql/nekomata/statement"
)

// Bounds of a stream: what it holds in memory at a time, and how long its client
// may take for that.
const (
	streamBytes = 1 << 20
	streamRows  = 64 << 10
	stallTime   = time.Minute
)

// result answers rows in the form that the client accepts.
func (o oneStatement) result(c *APIRequestContext) error {
	statements, id, err := o.named(c)
	if err != nil {
		return err
	}
	c.Header().Add("Vary", "Accept")
	f, err := chooseForm(c.request.Header.Values("Accept"), c.request.URL.Query().Get("format"))
	if err != nil {
		return err
	}
	at, err := o.place(c, f)
	if err != nil {
		return err
	}
	wait, err := c.waitFor(defaultWait)
	if err != nil {
		return err
	}
	deadline := time.Now().Add(wait)
	r, err := statements.Read(c.context(), id, wait)
	if err != nil {
		return err
	}
	defer r.Close()
	if f.stream == nil {
		return o.rows(c, r, at, deadline)
	}
	return o.stream(c, r, at, f)
}

// place is the offset and limit of the query. Only a stream may go on for ever.
func (o oneStatement) place(c *APIRequestContext, f *form) (operation.Range, error) {
	most, standard := o.MaxFetchRows, o.pageRows()
	if f.stream != nil {
		most, standard = 0, math.MaxInt64
	}
	at := operation.Range{MaxBytes: o.MaxFetchBytes}
	var err error
	if at.Offset, err = c.integer("offset", 0); err != nil {
		return at, err
	}
	if at.MaxRows, err = c.integer("limit", standard); err != nil {
		return at, err
	}
	switch {
	case at.Offset < 0:
		return at, sqlerr.New(sqlerr.Invalid, "offset must not be negative: %d", at.Offset)
	case at.MaxRows <= 0:
		return at, sqlerr.New(sqlerr.Invalid, "limit must be positive, not %d", at.MaxRows)
	case most > 0 && at.MaxRows > most:
		return at, sqlerr.New(sqlerr.Invalid, "limit must be at most %d (kyuubi.server.limit.client.fetch.max.rows), not %d", most, at.MaxRows)
	}
	return at, nil
}

// rows answers one page as JSON, once it is whole: the same question has the same
// answer, whenever it is asked.
func (o oneStatement) rows(c *APIRequestContext, r *stmt.Reader, at operation.Range, deadline time.Time) error {
	ctx, stop := context.WithDeadline(c.context(), deadline)
	defer stop()
	at.Need = at.MaxRows
	page, err := r.Page(ctx, at)
	if errors.Is(err, sqlerr.Timeout) && c.context().Err() == nil && ctx.Err() != nil {
		return sqlerr.New(sqlerr.Conflict, "the statement runs and has not all of these rows yet: ask again, with a longer wait or a smaller limit")
	}
	if err != nil {
		return err
	}
	defer page.Release()
	c.Header().Set("Content-Type", "application/json")
	writeRows(c, page)
	return nil
}

// stream sends rows as they come, to the end. It holds one page at a time.
func (o oneStatement) stream(c *APIRequestContext, r *stmt.Reader, at operation.Range, f *form) error {
	rc := http.NewResponseController(c)
	defer rc.SetWriteDeadline(time.Time{}) //nolint:errcheck // as it was, if it can be set at all
	enc := f.stream(c, r.Schema())
	left := at.MaxRows
	at.Need, at.MaxBytes = 1, streamBytes
	for more := true; more && left > 0; {
		at.MaxRows = min(left, streamRows)
		page, err := r.Page(c.context(), at)
		if err != nil {
			return err
		}
		if c.status == 0 {
			c.Header().Set("Content-Type", f.mediaType)
			c.WriteHeader(http.StatusOK)
		}
		_ = rc.SetWriteDeadline(time.Now().Add(stallTime))
		err = enc.page(page)
		at.Offset, left, more = at.Offset+page.Rows, left-page.Rows, page.HasMore
		page.Release()
		if err == nil && more {
			err = rc.Flush()
		}
		if err != nil {
			return gone(err)
		}
	}
	return gone(enc.end())
}

// gone is the error of a write: the client has left, so nobody needs to be told.
func gone(err error) error {
	if err == nil || errors.Is(err, http.ErrNotSupported) {
		return nil
	}
	return sqlerr.Wrap(err, sqlerr.Canceled, "the client has gone")
}

package hs2

import (
	"context"
	"slices"

	"github.com/nekomata-sql/nekomata/hive"
	"github.com/nekomata-sql/nekomata/operation"
	"github.com/nekomata-sql/nekomata/sqlerr"
	tcli "github.com/nekomata-sql/nekomata/thrift/hive"
)

// What FetchResults can be asked for.
const (
	fetchRows = 0
	fetchLog  = 1
)

func (c *conn) getResultSetMetadata(ctx context.Context, q *tcli.TGetResultSetMetadataReq) (response, error) {
	id, err := operationID(q.OperationHandle)
	if err != nil {
		return nil, err
	}
	t, err := c.termsOf(ctx, id)
	if err != nil {
		return nil, err
	}
	schema, err := c.h.opts.Backend.Schema(ctx, id)
	switch {
	case err != nil:
		return nil, err
	case t.form.Arrow && schema != nil:
		return arrowMetadata(schema, t.form), nil
	default:
		return described(hive.Columns(schema)), nil
	}
}

func (c *conn) fetchResults(ctx context.Context, q *tcli.TFetchResultsReq) (response, error) {
	id, err := operationID(q.OperationHandle)
	if err != nil {
		return nil, err
	}
	f, err := c.fetch(q)
	if err != nil {
		return nil, err
	}
	// The handle does not say in which version its owner reads.
	t, err := c.termsOf(ctx, id)
	if err != nil {
		return nil, err
	}
	byRow := t.version < columnarVersion
	switch q.FetchType {
	case fetchRows:
		if !t.form.Arrow && !byRow {
			prefix := c.wire.prefix
			f.Encode = func(page *operation.Page) any { return c.h.encodeAhead(page, prefix+answerHead) }
		}
		page, err := c.h.opts.Backend.Fetch(ctx, id, f)
		if err != nil {
			return nil, err
		}
		c.sent = page.Release
		if t.form.Arrow {
			set, err := arrowRowSet(page.Schema, page.Batches, page.Start, t.form)
			return &fetchResults{rows: set, hasMore: page.HasMore}, err
		}
		answer := &pageAnswer{fetchResults: fetchResults{hasMore: page.HasMore}, lender: &c.h.buffers}
		if !byRow {
			answer.ready, _ = page.Encoded.(*ready)
		}
		if answer.ready == nil {
			answer.rows = rowSet{columns: hive.Columns(page.Schema), batches: page.Batches, start: page.Start, byRow: byRow}
		}
		return answer, nil
	case fetchLog:
		lines, err := c.h.opts.Backend.FetchLog(ctx, id, f)
		if err != nil {
			return nil, err
		}
		return &fetchResults{rows: textRows(lines, 0, byRow)}, nil
	default:
		return nil, sqlerr.New(sqlerr.Invalid, "fetchType must be 0 (rows) or 1 (log), not %d", q.FetchType)
	}
}

// fetch is what part of a result a request asks for.
func (c *conn) fetch(q *tcli.TFetchResultsReq) (operation.Fetch, error) {
	f := operation.Fetch{MaxRows: min(q.MaxRows, c.h.opts.MaxFetchRows), MaxBytes: c.h.opts.MaxFetchBytes}
	switch q.Orientation {
	case tcli.TFetchOrientation_FETCH_NEXT:
	case tcli.TFetchOrientation_FETCH_FIRST:
		f.Orientation = operation.First
	default:
		return f, sqlerr.New(sqlerr.Invalid, "the fetch orientation %s is not supported: use FETCH_NEXT or FETCH_FIRST",
			q.Orientation).WithState("HY106")
	}
	if q.MaxRows <= 0 {
		return f, sqlerr.New(sqlerr.Invalid, "maxRows must be positive, not %d", q.MaxRows)
	}
	return f, nil
}

// encodeAhead makes the columns of a page that will probably be asked for next, behind
// room for head bytes. What fails here, even by a panic, fails again and is told when
// it is asked for.
func (h *Handler) encodeAhead(page *operation.Page, head int) (encoded any) {
	defer func() {
		if recover() != nil {
			encoded = nil
		}
	}()
	set := rowSet{columns: hive.Columns(page.Schema), batches: page.Batches, start: page.Start}
	const end = 2 // what comes behind the rows
	size := head + set.size() + end
	b, err := set.appendTo(slices.Grow(h.buffers.grow(nil, size), size)[:head])
	if err != nil {
		return nil
	}
	return &ready{message: b, head: head}
}

// pageAnswer gives back what was made ahead, unless that is the message.
type pageAnswer struct {
	fetchResults
	lender *buffers
}

func (a *pageAnswer) appendMessage(dst []byte, seq int32) ([]byte, error) {
	b, err := a.fetchResults.appendMessage(dst, seq)
	if r := a.ready; r != nil && &b[0] != &r.message[0] {
		a.lender.give(r.message)
	}
	return b, err
}

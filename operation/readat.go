package operation

import (
	"context"
	"errors"
	"io"
	"sort"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// Range asks for rows at a place of a result, whatever was read before.
type Range struct {
	// Offset is the first row, counted from 0.
	Offset int64
	// MaxRows and MaxBytes bound the answer as in [Fetch].
	MaxRows, MaxBytes int64
	// Need is how many rows must be there before the answer begins, unless the
	// result ends before.
	Need int64
}

// tell wakes those who wait for rows. The caller holds mu.
func (r *result) tell() {
	if r.grew != nil {
		close(r.grew)
		r.grew = nil
	}
}

// news is closed at the next change. The caller holds mu.
func (r *result) news() <-chan struct{} {
	if r.grew == nil {
		r.grew = make(chan struct{})
	}
	return r.grew
}

// readAt reads a page without moving the cursor. It waits for rows that somebody
// else takes from the stream; it takes none itself.
func (r *result) readAt(ctx context.Context, at Range) (*Page, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for !r.closed && r.rows != nil && r.total-at.Offset < at.Need {
		news := r.news()
		r.mu.Unlock()
		var err error
		select {
		case <-news:
		case <-ctx.Done():
			err = context.Cause(ctx)
		}
		r.mu.Lock()
		if err != nil {
			return nil, err
		}
	}
	switch {
	case r.closed:
		return nil, errResultClosed()
	case r.err != nil && (!r.kept || at.Offset >= r.total):
		return nil, r.err
	case !r.kept:
		return nil, r.outgrown()
	}
	page := &Page{Schema: r.schema, Start: at.Offset}
	if err := r.copyRows(at, page); err != nil {
		page.Release()
		return nil, err
	}
	r.conclude(page)
	return page, nil
}

// copyRows adds what is kept from at.Offset on to the page.
func (r *result) copyRows(at Range, page *Page) error {
	bytes := int64(0)
	first := sort.Search(len(r.starts), func(i int) bool { return r.starts[i] > at.Offset }) - 1
	for i := max(0, first); i < len(r.starts) && page.Rows < at.MaxRows; i++ {
		b, err := r.batchAt(i)
		if err != nil {
			return err
		}
		row := int(min(at.Offset+page.Rows-r.starts[i], b.NumRows()))
		n, size := fit(b, row, at.MaxRows-page.Rows, room(at.MaxBytes, bytes), page.Rows == 0)
		if n > 0 {
			page.Batches = append(page.Batches, part(b, row, n))
			page.Rows += int64(n)
			bytes += size
		}
		rest := int(b.NumRows()) - row - n
		b.Release()
		if rest > 0 {
			return nil
		}
	}
	return nil
}

// batchAt is batch i of those that are kept; the caller releases it.
func (r *result) batchAt(i int) (arrow.RecordBatch, error) {
	if i < len(r.window) {
		b := r.window[i]
		b.Retain()
		return b, nil
	}
	if r.spool == nil {
		return nil, sqlerr.New(sqlerr.Internal, "a part of the result is lost")
	}
	return r.spool.at(i - len(r.window))
}

// conclude says on the page what follows it.
func (r *result) conclude(page *Page) {
	whole := r.rows == nil && r.err == nil
	page.HasMore = !whole || page.Start+page.Rows < r.total
	page.Total = -1
	if whole {
		page.Total = r.total
	}
}

// keep reads the rest of the stream into what is kept, and gives others a chance
// to read it meanwhile. allow is asked after each batch, with the size of the
// file so far; its error ends the stream.
func (r *result) keep(ctx context.Context, allow func(spilled int64) error) (rows int64, err error) {
	r.reading.Lock()
	defer r.reading.Unlock()
	defer r.setFree()
	for r.rows != nil {
		b, err := r.rows.Next(ctx)
		if cause := context.Cause(ctx); err != nil && !errors.Is(err, io.EOF) && cause != nil {
			err = cause // an interrupted engine says all sorts of things
		}
		r.mu.Lock()
		err = r.accept(b, err, false)
		spilled := r.spilled()
		if err == nil && !r.kept {
			err = r.outgrown()
		}
		r.mu.Unlock()
		if err == nil {
			err = allow(spilled)
		}
		if err != nil {
			r.fail(err)
			return 0, err
		}
	}
	return r.total, r.err
}

// fail ends a stream that was not read to its end. Its rows would not be the whole
// result, so they need no room any more.
func (r *result) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	defer r.tell()
	if r.err == nil {
		r.err = err
	}
	if r.rows != nil {
		r.endStream()
	}
	r.letGo()
	r.forget()
}

// setFree lets go of the batches at the cursor: they are kept anyway.
func (r *result) setFree() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.kept {
		r.letGo()
	}
}

func (r *result) spilled() int64 {
	if r.spool == nil {
		return 0
	}
	return r.spool.size
}

func errResultClosed() error { return sqlerr.New(sqlerr.NotFound, "the result has been closed") }

func (r *result) outgrown() error {
	return sqlerr.New(sqlerr.Unsupported, "the result can't be read again from its first row: it outgrew "+
		"kyuubi.operation.result.spill.max.size=%d bytes", r.opts.SpillMax).WithState("HY106")
}

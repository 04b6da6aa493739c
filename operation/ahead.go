package operation

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"
)

// hold keeps b, the batch behind those at hand, at hand too.
func (r *result) hold(b arrow.RecordBatch) {
	b.Retain()
	r.held = append(r.held, b)
	r.heldBytes += batchBytes(b)
}

// letGo gives up what is at hand.
func (r *result) letGo() {
	for _, b := range r.held {
		b.Release()
	}
	r.held, r.heldBytes = nil, 0
}

// readAhead reads what will be asked for next while the client is busy with the page
// that it has got: as many rows as that had, in no more bytes than the client takes at
// once or than stay in memory of a result. Whoever wants to read himself waits for one
// batch at most, or for the page that he wants to be encoded.
func (r *result) readAhead(ctx context.Context, rows int64, f Fetch) {
	bound := r.opts.Window
	if f.MaxBytes > 0 {
		bound = min(bound, f.MaxBytes)
	}
	r.reading.Lock()
	defer r.reading.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.mayReadAhead() && r.total-r.offset < rows && r.heldBytes < bound {
		stream := r.rows
		r.mu.Unlock()
		b, err := stream.Next(ctx)
		r.mu.Lock()
		_ = r.accept(b, err, true) // who comes to that place is told
	}
	if f.Encode != nil && !r.closed {
		r.encodeNext(f)
	}
}

// encoded is a run of rows as its reader wants it.
type encoded struct {
	start, rows int64
	value       any
}

// of is the value if it is made of just the rows of a page. A result's rows never
// change, so their places tell.
func (e *encoded) of(page *Page) any {
	if e.start == page.Start && e.rows == page.Rows {
		return e.value
	}
	return nil
}

// encodeNext has the page encoded that the same request would get next, if it is at
// hand. Nobody moves the cursor meanwhile, because reading is held.
func (r *result) encodeNext(f Fetch) {
	page := r.nextPage(f)
	defer page.Release()
	if page.Rows == 0 {
		return
	}
	r.mu.Unlock()
	value := f.Encode(page)
	r.mu.Lock()
	r.encoded = encoded{page.Start, page.Rows, value}
}

// nextPage is what fill would take of the batches at hand.
func (r *result) nextPage(f Fetch) *Page {
	page := &Page{Schema: r.schema, Start: r.offset}
	row, bytes := r.row, int64(0)
	for _, b := range r.held {
		n, size := fit(b, row, f.MaxRows-page.Rows, room(f.MaxBytes, bytes), page.Rows == 0)
		if n == 0 {
			break
		}
		bytes += size
		page.Batches = append(page.Batches, part(b, row, n))
		page.Rows += int64(n)
		row = 0
	}
	return page
}

// mayReadAhead says whether there is a stream that nobody else wants to read, and
// whether another batch can't push out one that the client has not got yet.
func (r *result) mayReadAhead() bool {
	if r.closed || r.rows == nil || r.wanted.Load() > 0 {
		return false
	}
	return r.kept && !r.full() || len(r.held) == r.batches-r.batch
}

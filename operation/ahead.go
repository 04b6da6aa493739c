package operation

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"
)

// aheadOfAll is how many bytes all results together may have at hand before their
// clients have asked for them, beside one page for each.
const aheadOfAll = 256 << 20

// hold keeps b, the batch behind those at hand, at hand too.
func (r *result) hold(b arrow.RecordBatch) {
	b.Retain()
	r.held = append(r.held, b)
	r.count(batchBytes(b))
}

// letGo gives up what is at hand.
func (r *result) letGo() {
	for _, b := range r.held {
		b.Release()
	}
	r.held = nil
	r.count(-r.heldBytes)
}

// count adds to the bytes at hand.
func (r *result) count(bytes int64) {
	r.heldBytes += bytes
	r.opts.ahead.Add(bytes)
}

// readAhead does what will be asked for next while the client is busy with the page
// that it has got, of so many rows, in this order: the next page is read, it is
// encoded, and more is read, since a client that is busy for long now may be quicker
// later on. That is never more than the client has read so far, nor than stays in
// memory of a result. Whoever wants to read himself waits for one batch at most, or for
// the page that he wants to be encoded; who wants the page that is encoded doesn't wait.
func (r *result) readAhead(ctx context.Context, rows int64, f Fetch) {
	r.mu.Lock()
	already := r.looking
	r.looking = true
	r.mu.Unlock()
	if already {
		return
	}
	r.reading.Lock()
	defer r.reading.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	defer func() { r.looking = false }()
	for r.mayReadAhead() || f.Encode != nil {
		switch lead := r.total - r.offset; {
		case r.closed || r.wanted.Load() > 0:
			return
		case lead < rows && r.mayReadAhead() && (f.MaxBytes <= 0 || r.heldBytes < f.MaxBytes):
			r.readOne(ctx)
		case f.Encode != nil && !r.isEncoded():
			if !r.encodeNext(f) {
				return
			}
		case lead < r.offset && r.mayReadAhead() && r.opts.ahead.Load() < aheadOfAll:
			r.readOne(ctx)
		default:
			return
		}
	}
}

// readOne reads a batch. It gives mu up meanwhile.
func (r *result) readOne(ctx context.Context) {
	stream := r.rows
	r.mu.Unlock()
	b, err := stream.Next(ctx)
	r.mu.Lock()
	_ = r.accept(b, err, true) // who comes to that place is told
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

// isEncoded says whether the rows from the cursor on are encoded.
func (r *result) isEncoded() bool { return r.encoded.value != nil && r.encoded.start == r.offset }

// encodeNext has the page encoded that the same request would get next, if it is at
// hand. Nobody who wants it encoded moves the cursor meanwhile, because reading is held.
func (r *result) encodeNext(f Fetch) (done bool) {
	page := r.nextPage(f)
	if page == nil {
		return false
	}
	defer page.Release()
	r.mu.Unlock()
	value := f.Encode(page)
	r.mu.Lock()
	r.encoded = encoded{page.Start, page.Rows, value}
	return value != nil
}

// ready is the page that f asks for if it is at hand, and encoded if it is to be, or nil.
// It needs no turn to read, so that it doesn't wait for who reads further ahead.
func (r *result) ready(ctx context.Context, f Fetch) *Page {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed || f.Orientation == First || f.Encode != nil && !r.isEncoded() {
		return nil
	}
	page := r.nextPage(f)
	switch {
	case page == nil:
		return nil
	case f.Encode != nil && r.encoded.of(page) == nil:
		page.Release()
		return nil
	}
	for left := page.Rows; left > 0; {
		n := min(int(left), int(r.held[0].NumRows())-r.row)
		r.advance(n)
		left -= int64(n)
	}
	return r.handOver(ctx, f, page)
}

// handOver completes a page, behind which the cursor stands now.
func (r *result) handOver(ctx context.Context, f Fetch, page *Page) *Page {
	r.conclude(page)
	page.Encoded = r.encoded.of(page)
	r.encoded = encoded{}
	if page.Rows > 0 && !r.looking && (r.rows != nil || f.Encode != nil && len(r.held) > 0) {
		rows := page.Rows
		page.next = func() { r.readAhead(ctx, rows, f) }
	}
	return page
}

// nextPage is what fill would make of f, or nil unless all of that is at hand.
func (r *result) nextPage(f Fetch) *Page {
	page := &Page{Schema: r.schema, Start: r.offset}
	row, bytes, whole := r.row, int64(0), false
	for _, b := range r.held {
		n, size := fit(b, row, f.MaxRows-page.Rows, room(f.MaxBytes, bytes), page.Rows == 0)
		if n > 0 {
			bytes += size
			page.Batches = append(page.Batches, part(b, row, n))
			page.Rows += int64(n)
		}
		if whole = row+n < int(b.NumRows()); whole {
			break
		}
		row = 0
	}
	whole = whole || page.Rows == f.MaxRows || r.rows == nil && r.offset+page.Rows == r.total
	if !whole || page.Rows == 0 {
		page.Release()
		return nil
	}
	return page
}

// mayReadAhead says whether there is a stream and room for more at hand, and whether
// another batch can't push out one that the client has not got yet.
func (r *result) mayReadAhead() bool {
	if r.closed || r.rows == nil || r.heldBytes >= r.opts.Window {
		return false
	}
	return r.kept && !r.full() || len(r.held) == r.batches-r.batch
}

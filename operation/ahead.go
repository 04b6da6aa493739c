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

// follow is for when a page of so many rows has been sent and its client is busy with it.
// The next one is encoded here and now: that doesn't take long, and to hand it to another
// goroutine would wake a thread for each page. To read may take long, so that is done on a
// goroutine of its own.
func (r *result) follow(ctx context.Context, rows int64, f Fetch) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.looking && r.isThin(rows) {
		r.looking = true
		go r.readAhead(ctx, rows, f)
	}
	if f.Encode != nil && !r.isEncoded() {
		r.encodeNext(f)
	}
}

// isThin says whether less than a page is at hand, or than what may be.
func (r *result) isThin(rows int64) bool {
	return r.lead() < rows && r.mayReadAhead() || r.mayReadFurther()
}

// lead is how many rows have been read that the client has not got.
func (r *result) lead() int64 { return r.total - r.offset }

// readAhead reads a page, has it encoded, and reads on, since a client that is busy for
// long now may be quicker later on. That is never more than the client has read so far,
// nor than stays in memory of a result. Whoever wants to read himself waits for one batch
// at most, or for the page that he wants to be encoded; who wants the page that is encoded
// doesn't wait. With a page at hand nothing of this is urgent: threads that wait for the
// core, to take a call or to send an answer, go first.
func (r *result) readAhead(ctx context.Context, rows int64, f Fetch) {
	stretch()
	r.reading.Lock()
	defer r.reading.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	defer func() { r.looking = false }()
	for {
		switch {
		case r.closed || r.wanted.Load() > 0:
			return
		case r.lead() < rows && r.mayReadAhead() && (f.MaxBytes <= 0 || r.heldBytes < f.MaxBytes):
			r.readOne(ctx)
		case f.Encode != nil && !r.isEncoded() && r.encodeNext(f):
		case r.mayReadFurther():
			r.mu.Unlock()
			giveWay()
			r.mu.Lock()
			r.readOne(ctx)
		default:
			return
		}
	}
}

// stretch makes the stack of a new goroutine as large as reading and encoding a page
// take, at once: grown bit by bit, each time with all calls on it to be looked through and
// moved, it costs as much as encoding some thousand values.
//
//go:noinline
func stretch() bool {
	var room [12 << 10]byte
	return room[len(stretched)] == 0
}

// stretched is not known to the compiler, so that it can't leave out the room.
var stretched []struct{}

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

// isEncoded says whether the rows from the cursor on are encoded, or can't be.
func (r *result) isEncoded() bool { return r.encoded.rows > 0 && r.encoded.start == r.offset }

// encodeNext has the page encoded that the same request would get next, if it is at hand
// and nobody does that already. It gives mu up meanwhile. A page that somebody else has
// fetched then is encoded for nothing.
func (r *result) encodeNext(f Fetch) (done bool) {
	if r.encoding {
		return false
	}
	page := r.nextPage(f)
	if page == nil {
		return false
	}
	defer page.Release()
	r.encoding = true
	r.mu.Unlock()
	value := f.Encode(page)
	r.mu.Lock()
	r.encoding = false
	if !r.closed {
		r.encoded = encoded{page.Start, page.Rows, value}
	}
	return true
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
	if page.Rows > 0 && (r.rows != nil || f.Encode != nil && len(r.held) > 0) {
		rows := page.Rows
		page.next = func() { r.follow(ctx, rows, f) }
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

// mayReadFurther says whether there may be more at hand than a page.
func (r *result) mayReadFurther() bool {
	return r.lead() < r.offset && r.mayReadAhead() && r.opts.ahead.Load() < aheadOfAll
}

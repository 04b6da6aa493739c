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
// batch at most.
func (r *result) readAhead(ctx context.Context, rows, bytes int64) {
	bound := r.opts.Window
	if bytes > 0 {
		bound = min(bound, bytes)
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
}

// mayReadAhead says whether there is a stream that nobody else wants to read, and
// whether another batch can't push out one that the client has not got yet.
func (r *result) mayReadAhead() bool {
	if r.closed || r.rows == nil || r.wanted.Load() > 0 {
		return false
	}
	return r.kept && !r.full() || len(r.held) == r.batches-r.batch
}

package operation

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/nekomata-sql/nekomata/engine"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// ResultOptions bound what one result may hold.
type ResultOptions struct {
	// Window is how many bytes of a result stay in memory.
	Window int64
	// SpillMax is how many bytes more may wait in a file (kyuubi.operation.result.spill.max.size).
	SpillMax int64
	// Dir is where such files are made; empty means the system's directory.
	Dir string
	// MaxRows ends a result after so many rows; 0 means no limit (kyuubi.operation.result.max.rows).
	MaxRows int64

	// ahead is how many bytes all results with these options have at hand.
	ahead *atomic.Int64
}

// fillTime is how long one fetch goes on collecting before it answers with what
// it has: clients may get fewer rows than they asked for, but should not wait.
const fillTime = 100 * time.Millisecond

// result is the rows of one operation: a stream from the engine, and behind it
// what has been read already, first in memory and then in a file, so that a
// client can begin again and the engine's connection can be freed early.
type result struct {
	opts   ResultOptions
	schema *arrow.Schema

	// reading is held by whoever reads or ends the stream. It is taken before mu,
	// which keep gives up while it waits for a batch.
	reading sync.Mutex

	mu      sync.Mutex
	rows    engine.Rows // nil once the stream has ended; set with reading held too
	err     error       // why the stream ended, nil for a whole result
	closed  bool
	kept    bool // whether everything read so far is still here
	window  []arrow.RecordBatch
	inMem   int64
	spool   *spool
	batches int           // read from the stream so far
	total   int64         // rows read from the stream so far
	starts  []int64       // the offset of each batch's first row, while they are kept
	grew    chan struct{} // closed when there are more rows or there is news; nil when nobody waits

	// The cursor: the batch it stands in, the row within, the offset of all.
	batch, row int
	offset     int64
	// held are the batches from the cursor on that are at hand, wherever they are
	// kept besides.
	held      []arrow.RecordBatch
	heldBytes int64
	encoded   encoded
	looking   bool         // somebody reads ahead
	encoding  bool         // somebody encodes ahead
	wanted    atomic.Int32 // how many wait for their turn to read
	fate      atomic.Uint32
}

// The fates of a stream of rows. It has one end only, which is settled without waiting
// for whoever reads.
const (
	streams uint32 = iota // there may be more rows
	ended                 // whole, broken or let go: what has become of it stays
	stopped               // by a client: nobody will read on
)

func newResult(rows engine.Rows, opts ResultOptions) *result {
	if opts.ahead == nil {
		opts.ahead = new(atomic.Int64)
	}
	return &result{opts: opts, rows: rows, schema: rows.Schema(), kept: true}
}

// prefetch reads the first batch, so that errors of the first rows are the
// statement's, and one more after a short one, so that a small result is known
// to be whole and leaves the engine's connection free.
func (r *result) prefetch(ctx context.Context) error {
	const short = 1024 // rows
	defer r.lock()()
	if err := r.pull(ctx, false); err != nil {
		return err
	}
	if r.rows != nil && r.total < short {
		return r.pull(ctx, false)
	}
	return nil
}

// drain reads the rest of the stream into the spool. It looks at ctx between
// batches only: interrupting the stream would end this result for the sake of
// another's.
func (r *result) drain(ctx context.Context) error {
	defer r.lock()()
	for r.rows != nil && r.err == nil {
		if r.fate.Load() == stopped {
			r.endStream()
			return nil
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err := r.pull(context.WithoutCancel(ctx), true); err != nil {
			if errors.Is(err, sqlerr.Exhausted) {
				return err
			}
			return nil // the stream's own failure belongs to its own operation
		}
	}
	return nil
}

// lock is for those who may read or end the stream.
func (r *result) lock() (unlock func()) {
	r.wanted.Add(1)
	r.reading.Lock()
	r.wanted.Add(-1)
	r.mu.Lock()
	return func() {
		r.mu.Unlock()
		r.reading.Unlock()
	}
}

// pull reads one batch from the stream and keeps it. With must, a batch that
// can't be kept is an error before it is read.
func (r *result) pull(ctx context.Context, must bool) error {
	if must && (!r.kept || r.full()) {
		return sqlerr.New(sqlerr.Exhausted, "an open result of this session is too large to be set aside (more than "+
			"kyuubi.operation.result.spill.max.size=%d bytes are unread): read or close it before the next statement", r.opts.SpillMax)
	}
	b, err := r.rows.Next(ctx)
	return r.accept(b, err, !must)
}

// accept takes what the stream gave. With hold, a batch that the cursor will come to
// without a gap stays at hand.
func (r *result) accept(b arrow.RecordBatch, err error, hold bool) error {
	defer r.tell()
	if err != nil {
		if !errors.Is(err, io.EOF) {
			r.err = err
		}
		r.endStream()
		return r.err
	}
	if limit := r.opts.MaxRows; limit > 0 && r.total+b.NumRows() >= limit {
		cut := b.NewSlice(0, limit-r.total)
		b.Release()
		b = cut
		r.endStream()
	}
	defer b.Release()
	if err := r.store(b); err != nil {
		r.err = err // what comes after a gap is no result
		if r.rows != nil {
			r.endStream()
		}
		return err
	}
	if r.batches == r.batch+len(r.held) && (hold || !r.kept) {
		r.hold(b)
	}
	if r.kept {
		r.starts = append(r.starts, r.total)
	}
	r.total += b.NumRows()
	r.batches++
	return nil
}

func (r *result) endStream() {
	_ = r.rows.Close()
	r.rows = nil
	if !r.fate.CompareAndSwap(streams, ended) && r.err == nil {
		r.err = errCanceled // whoever stopped it was told so: it is not whole
	}
}

func (r *result) full() bool {
	return r.spool != nil && r.spool.size >= r.opts.SpillMax
}

// store keeps b: in the window while it fits there, then in the file, and when that
// is full too nowhere, and the beginning is given up.
func (r *result) store(b arrow.RecordBatch) error {
	switch size := batchBytes(b); {
	case r.kept && r.spool == nil && r.inMem+size <= r.opts.Window:
		b.Retain()
		r.window = append(r.window, b)
		r.inMem += size
	case r.kept && !r.full():
		return r.spill(b)
	default:
		r.forget()
	}
	return nil
}

func (r *result) spill(b arrow.RecordBatch) error {
	if r.spool == nil {
		s, err := newSpool(r.opts.Dir, r.schema)
		if err != nil {
			return err
		}
		r.spool = s
	}
	return r.spool.add(b)
}

// forget gives up everything that was kept: from now on the result can only be
// read forward.
func (r *result) forget() {
	r.kept = false
	for _, b := range r.window {
		b.Release()
	}
	r.window, r.inMem, r.starts = nil, 0, nil
	if r.spool != nil {
		r.spool.close()
		r.spool = nil
	}
}

// fetch reads a page.
func (r *result) fetch(ctx context.Context, f Fetch) (*Page, error) {
	if page := r.ready(ctx, f); page != nil {
		return page, nil
	}
	defer r.lock()()
	if r.closed {
		return nil, errResultClosed()
	}
	if f.Orientation == First {
		if err := r.rewind(); err != nil {
			return nil, err
		}
	}
	page := &Page{Schema: r.schema, Start: r.offset}
	err := r.fill(ctx, f, page)
	if err != nil && page.Rows == 0 {
		return nil, err
	}
	return r.handOver(ctx, f, page), nil
}

func (r *result) rewind() error {
	if r.offset == 0 {
		return nil
	}
	if !r.kept {
		return r.outgrown()
	}
	r.letGo()
	r.batch, r.row, r.offset = 0, 0, 0
	return nil
}

// fill adds rows to the page until a bound is reached, the result ends, or
// enough time has gone by.
func (r *result) fill(ctx context.Context, f Fetch, page *Page) error {
	began := time.Now()
	bytes := int64(0)
	for page.Rows < f.MaxRows {
		if r.batch >= r.batches {
			if r.rows == nil {
				return r.err
			}
			if page.Rows > 0 && time.Since(began) > fillTime {
				return nil
			}
			if err := r.pull(ctx, false); err != nil {
				return err
			}
			continue
		}
		b, err := r.look()
		if err != nil {
			return err
		}
		n, size := fit(b, r.row, f.MaxRows-page.Rows, room(f.MaxBytes, bytes), page.Rows == 0)
		if n == 0 && r.row < int(b.NumRows()) {
			return nil
		}
		bytes += size
		r.take(b, n, page)
	}
	return nil
}

// look returns the batch at the cursor without giving it away.
func (r *result) look() (arrow.RecordBatch, error) {
	if len(r.held) > 0 {
		return r.held[0], nil
	}
	b, err := r.batchAt(r.batch)
	if err != nil {
		return nil, err
	}
	defer b.Release()
	r.hold(b)
	return b, nil
}

// take moves n rows of b, the batch at the cursor, to the page.
func (r *result) take(b arrow.RecordBatch, n int, page *Page) {
	if n > 0 {
		page.Batches = append(page.Batches, part(b, r.row, n))
	}
	page.Rows += int64(n)
	r.advance(n)
}

// advance moves the cursor by n rows of the batch that it stands in.
func (r *result) advance(n int) {
	b := r.held[0]
	r.offset += int64(n)
	r.row += n
	if r.row >= int(b.NumRows()) {
		r.count(-batchBytes(b))
		b.Release()
		r.held[0] = nil
		r.held = r.held[1:]
		r.batch++
		r.row = 0
	}
}

// streaming says whether the engine's connection is still needed.
func (r *result) streaming() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.rows != nil
}

// stop says that nobody will read on, unless the stream has come to its end before.
func (r *result) stop() bool { return r.fate.CompareAndSwap(streams, stopped) }

// abandon frees a stopped result unless somebody reads right now: he finds out, by his
// context or in drain, and ends the stream.
func (r *result) abandon() {
	if !r.reading.TryLock() {
		return
	}
	defer r.reading.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.free()
}

// close frees everything. The caller has ended the context of any fetch before.
func (r *result) close() {
	defer r.lock()()
	r.free()
}

func (r *result) free() {
	defer r.tell()
	if r.closed {
		return
	}
	r.closed = true
	if r.rows != nil {
		r.endStream()
	}
	r.letGo()
	r.encoded = encoded{}
	r.forget()
}

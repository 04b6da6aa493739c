package operation

import (
	"context"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/nekomata-sql/nekomata/engine"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// script says what a fake connection does for a statement's text.
type script struct {
	delay     time.Duration // before Run returns
	batches   int           // of perBatch rows each
	perBatch  int
	nextDelay time.Duration
	noResult  bool
	modified  int64
	err       error // from Run
	breakAt   int   // batch whose Next fails with err2; 0 never
	err2      error
	panics    bool // Run does
}

// fakeConn is an engine connection that follows scripts. Like DuckDB's, it can
// hold one stream: a second Run ends the first one's rows.
type fakeConn struct {
	scripts map[string]script
	live    *fakeRows
	status  engine.Status
	closed  bool
	ended   int // streams that were cut off by a later Run
	overlap bool
	inRun   bool
}

func (c *fakeConn) Run(ctx context.Context, q engine.Query) (engine.Rows, error) {
	if c.inRun {
		c.overlap = true
	}
	c.inRun = true
	defer func() { c.inRun = false }()
	if c.live != nil && !c.live.over {
		c.ended++
		c.live.over = true
	}
	st, _ := q.(engine.Statement)
	s := c.scripts[st.SQL]
	if err := sleep(ctx, s.delay); err != nil {
		return nil, err
	}
	if s.panics {
		panic("whiskers")
	}
	if s.err != nil {
		return nil, s.err
	}
	c.live = &fakeRows{s: s}
	return c.live, nil
}

func sleep(ctx context.Context, d time.Duration) error {
	if d == 0 {
		return nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("interrupted: %w", ctx.Err())
	}
}

func (c *fakeConn) Status() engine.Status { return c.status }
func (c *fakeConn) SingleStream() bool    { return true }
func (c *fakeConn) Close() error          { c.closed = true; return nil }

var numbers = arrow.NewSchema([]arrow.Field{
	{Name: "n", Type: arrow.PrimitiveTypes.Int64},
	{Name: "s", Type: arrow.BinaryTypes.String},
}, nil)

type fakeRows struct {
	s    script
	next int
	over bool
}

func (r *fakeRows) Schema() *arrow.Schema {
	if r.s.noResult {
		return nil
	}
	return numbers
}

func (r *fakeRows) Next(ctx context.Context) (arrow.RecordBatch, error) {
	if err := sleep(ctx, r.s.nextDelay); err != nil {
		r.over = true
		return nil, err
	}
	if r.over || r.next >= r.s.batches {
		r.over = true
		return nil, io.EOF
	}
	r.next++
	if r.next == r.s.breakAt {
		r.over = true
		return nil, r.s.err2
	}
	return batch((r.next-1)*r.s.perBatch, r.s.perBatch), nil
}

func (r *fakeRows) ModifiedRows() int64 {
	if r.s.modified > 0 {
		return r.s.modified
	}
	return -1
}

func (r *fakeRows) Close() error { r.over = true; return nil }

// batch holds the numbers from first on, n of them, and their texts.
func batch(first, n int) arrow.RecordBatch {
	b := array.NewRecordBuilder(memory.DefaultAllocator, numbers)
	defer b.Release()
	for i := first; i < first+n; i++ {
		b.Field(0).(*array.Int64Builder).Append(int64(i))
		b.Field(1).(*array.StringBuilder).Append(fmt.Sprint("row ", i))
	}
	return b.NewRecordBatch()
}

// bench is a manager with one session on a fake connection.
type bench struct {
	*OperationManager
	conn    *fakeConn
	session uuid.UUID
}

func newBench(t *testing.T, opts Options, scripts map[string]script) *bench {
	t.Helper()
	if opts.Result.Window == 0 {
		opts.Result.Window = 1 << 20
	}
	if opts.Result.SpillMax == 0 {
		opts.Result.SpillMax = 1 << 30
	}
	opts.Result.Dir = t.TempDir()
	b := &bench{OperationManager: NewOperationManager(opts), conn: &fakeConn{scripts: scripts}, session: uuid.New()}
	b.Attach(b.session, b.conn)
	t.Cleanup(func() { require.NoError(t, b.Detach(b.session)) })
	return b
}

func (b *bench) start(t *testing.T, sql string, async bool, timeout time.Duration) (Info, error) {
	t.Helper()
	return b.Start(t.Context(), Request{SessionID: b.session, User: "ann", Query: engine.Statement{SQL: sql}, Async: async, Timeout: timeout})
}

// numbersFrom reads the whole rest of a result in pages of size.
func (b *bench) numbersFrom(t *testing.T, id uuid.UUID, size int64) (got []int64) {
	t.Helper()
	for {
		p, err := b.Fetch(id, Fetch{MaxRows: size})
		require.NoError(t, err)
		if p.Rows == 0 {
			require.False(t, p.HasMore)
			return got
		}
		if len(got) > 0 {
			require.Equal(t, got[0]+int64(len(got)), p.Start, "pages are contiguous")
		}
		for _, rec := range p.Batches {
			got = append(got, rec.Column(0).(*array.Int64).Int64Values()...)
		}
		p.Release()
	}
}

func upTo(n int) []int64 {
	s := make([]int64, n)
	for i := range s {
		s[i] = int64(i)
	}
	return s
}

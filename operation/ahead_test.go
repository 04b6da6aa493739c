package operation

import (
	"io"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

func numbersOf(p *Page) []int64 {
	got := []int64{}
	for _, rec := range p.Batches {
		got = append(got, rec.Column(0).(*array.Int64).Int64Values()...)
	}
	p.Release()
	return got
}

// held is what a result has read that its client has not fetched.
func (b *bench) held(t *testing.T, id uuid.UUID) (rows, bytes int64) {
	t.Helper()
	o, err := b.find(id)
	require.NoError(t, err)
	defer o.result.lock()()
	return o.result.total - o.result.offset, o.result.heldBytes
}

// While the client is busy with a page, the next one is read, and no more than that.
func TestTheNextPageIsReadAhead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Options{}, map[string]script{"q": {batches: 90, perBatch: 2000, nextDelay: time.Millisecond}})
		info, err := b.start(t, "q", false, 0)
		require.NoError(t, err)
		p, err := b.Fetch(info.ID, Fetch{MaxRows: 10_000})
		require.NoError(t, err)
		require.Equal(t, upTo(10_000), numbersOf(p))
		time.Sleep(time.Hour) // the client thinks
		rows, _ := b.held(t, info.ID)
		require.EqualValues(t, 10_000, rows)
		began := time.Now()
		p, err = b.Fetch(info.ID, Fetch{MaxRows: 10_000})
		require.NoError(t, err)
		require.Equal(t, upTo(20_000)[10_000:], numbersOf(p))
		require.Zero(t, time.Since(began), "it was there")
	})
}

// A client that reads on is read ahead for, as far as it has come: one that takes only
// the first page costs no more than that.
func TestReadAheadGoesAsFarAsTheClient(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Options{Result: ResultOptions{Window: 500_000}}, map[string]script{"q": {batches: 90, perBatch: 1000}})
		info, err := b.start(t, "q", false, 0)
		require.NoError(t, err)
		for _, read := range []int64{2000, 4000, 6000, 8000} {
			p, err := b.Fetch(info.ID, Fetch{MaxRows: 2000, Encode: func(*Page) any { return true }})
			require.NoError(t, err)
			p.Release()
			synctest.Wait()
			rows, _ := b.held(t, info.ID)
			require.Equal(t, read, rows)
		}
		for range 20 {
			p, err := b.Fetch(info.ID, Fetch{MaxRows: 2000, Encode: func(*Page) any { return true }})
			require.NoError(t, err)
			require.NotNil(t, p.Encoded)
			p.Release()
			synctest.Wait()
			_, bytes := b.held(t, info.ID)
			require.Less(t, bytes, int64(550_000), "the window")
		}
	})
}

// All results together have a bound too, under which each still has its next page.
func TestReadAheadOfAllResultsIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Options{}, map[string]script{"q": {batches: 90, perBatch: 1000}})
		info, err := b.start(t, "q", false, 0)
		require.NoError(t, err)
		b.opts.Result.ahead.Add(aheadOfAll) // as others would
		for range 5 {
			p, err := b.Fetch(info.ID, Fetch{MaxRows: 2000})
			require.NoError(t, err)
			p.Release()
			synctest.Wait()
			rows, _ := b.held(t, info.ID)
			require.EqualValues(t, 2000, rows)
		}
		require.NoError(t, b.Close(info.ID))
		synctest.Wait()
		require.EqualValues(t, aheadOfAll, b.opts.Result.ahead.Load(), "what a result had is given back")
	})
}

// Who wants a page that is at hand, and encoded if he wants it so, doesn't wait for the
// batch that somebody reads.
func TestAPageAtHandDoesNotWait(t *testing.T) {
	t.Parallel()
	for _, encode := range []func(*Page) any{nil, func(*Page) any { return true }} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, Options{}, map[string]script{"q": {batches: 90, perBatch: 1000, nextDelay: time.Second}})
			info, err := b.start(t, "q", false, 0)
			require.NoError(t, err)
			fetch := func() time.Duration {
				began := time.Now()
				p, err := b.Fetch(info.ID, Fetch{MaxRows: 1000, Encode: encode})
				require.NoError(t, err)
				require.EqualValues(t, 1000, p.Rows)
				p.Release()
				return time.Since(began)
			}
			fetch()
			fetch()                             // both were there
			time.Sleep(1500 * time.Millisecond) // there is another, and the one after it is being read
			require.Zero(t, fetch())
			time.Sleep(time.Second)
			require.Zero(t, fetch())
			time.Sleep(10 * time.Second) // a mutex stops a bubble's clock: nobody may wait for one
		})
	}
}

// A client with large pages makes the gateway hold a window of them, not a page.
func TestReadAheadIsBoundedInBytes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const perBatch = 2000 * 24 // at most
		for _, c := range []struct{ window, maxBytes, bound int64 }{
			{100_000, 0, 100_000}, {1 << 30, 100_000, 100_000}, {1, 1 << 30, 1},
		} {
			b := newBench(t, Options{Result: ResultOptions{Window: c.window}}, map[string]script{"q": {batches: 90, perBatch: 2000}})
			info, err := b.start(t, "q", false, 0)
			require.NoError(t, err)
			p, err := b.Fetch(info.ID, Fetch{MaxRows: 50_000, MaxBytes: c.maxBytes})
			require.NoError(t, err)
			p.Release()
			synctest.Wait()
			_, bytes := b.held(t, info.ID)
			require.Positive(t, bytes)
			require.Less(t, bytes, c.bound+2*perBatch)
		}
	})
}

// What goes wrong while the next page is read is told when the client comes to it.
func TestFailureWhileReadingAhead(t *testing.T) {
	t.Parallel()
	torn := sqlerr.New(sqlerr.Invalid, "division by zero").WithState("22012")
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Options{}, map[string]script{"q": {batches: 9, perBatch: 2000, breakAt: 4, err2: torn}})
		info, err := b.start(t, "q", false, 0)
		require.NoError(t, err)
		p, err := b.Fetch(info.ID, Fetch{MaxRows: 4000})
		require.NoError(t, err)
		require.True(t, p.HasMore)
		require.Equal(t, upTo(4000), numbersOf(p))
		synctest.Wait()
		info, err = b.Get(info.ID)
		require.NoError(t, err)
		require.Equal(t, Finished, info.State)
		p, err = b.Fetch(info.ID, Fetch{MaxRows: 4000})
		require.NoError(t, err)
		require.True(t, p.HasMore)
		require.Equal(t, upTo(6000)[4000:], numbersOf(p))
		_, err = b.Fetch(info.ID, Fetch{MaxRows: 4000})
		require.ErrorIs(t, err, torn)
		info, err = b.Get(info.ID)
		require.NoError(t, err)
		require.Equal(t, Error, info.State)
	})
}

// A cancel and a close end the reading ahead.
func TestCancelWhileReadingAhead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Options{}, map[string]script{"q": {batches: 90, perBatch: 2000, nextDelay: time.Minute}})
		for _, end := range []func(uuid.UUID) error{b.Cancel, b.Close} {
			info, err := b.start(t, "q", false, 0)
			require.NoError(t, err)
			p, err := b.Fetch(info.ID, Fetch{MaxRows: 2000})
			require.NoError(t, err)
			p.Release()
			synctest.Wait()
			began := time.Now()
			require.NoError(t, end(info.ID))
			_, err = b.Fetch(info.ID, Fetch{MaxRows: 2000})
			require.Error(t, err)
			require.Zero(t, time.Since(began))
		}
	})
}

// Whatever is in memory, in the file or given up, pages come in order, and a second
// reading gives the same rows or says that it can't.
func TestPagesInOrderWhateverIsKept(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		batches, perBatch := rapid.IntRange(1, 12).Draw(rt, "batches"), rapid.IntRange(1, 300).Draw(rt, "rows of each")
		s := &fakeRows{s: script{batches: batches, perBatch: perBatch}}
		r := newResult(s, ResultOptions{
			Window:   rapid.Int64Range(0, 20_000).Draw(rt, "window"),
			SpillMax: rapid.Int64Range(0, 40_000).Draw(rt, "file"),
			Dir:      t.TempDir(),
		})
		defer r.close()
		require.NoError(rt, r.prefetch(t.Context()))
		all := upTo(batches * perBatch)
		at := 0
		for range rapid.IntRange(1, 30).Draw(rt, "steps") {
			f := Fetch{MaxRows: int64(rapid.IntRange(1, 900).Draw(rt, "page")), MaxBytes: rapid.SampledFrom([]int64{0, 1, 2000}).Draw(rt, "bytes")}
			if rapid.IntRange(0, 5).Draw(rt, "first") == 0 {
				f.Orientation = First
			}
			if rapid.IntRange(0, 9).Draw(rt, "drain") == 0 {
				_ = r.drain(t.Context()) // refused when the file is full
			}
			p, err := r.fetch(t.Context(), f)
			if f.Orientation == First && err != nil {
				require.Equal(rt, "HY106", sqlerr.From(err).SQLState())
				r.mu.Lock() // somebody may still be reading ahead
				kept := r.kept
				r.mu.Unlock()
				require.False(rt, kept)
				continue
			}
			require.NoError(rt, err)
			if f.Orientation == First {
				at = 0
			}
			require.EqualValues(rt, at, p.Start)
			rows := int(p.Rows)
			require.Equal(rt, all[at:at+rows], numbersOf(p))
			require.Equal(rt, rows == 0, at == len(all))
			at += rows
		}
	})
}

// stuckRows fail when they are kept: they are not of their schema.
type stuckRows struct{ fakeRows }

func (r *stuckRows) Schema() *arrow.Schema {
	return arrow.NewSchema([]arrow.Field{{Name: "other", Type: arrow.PrimitiveTypes.Int8}}, nil)
}

// Rows that could not be put into the file are not skipped.
func TestFileThatFailsWhileReadingAhead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newResult(&stuckRows{fakeRows{s: script{batches: 9, perBatch: 100}}}, ResultOptions{Window: 6000, SpillMax: 1 << 30, Dir: t.TempDir()})
		defer r.close()
		require.NoError(t, r.prefetch(t.Context()))
		var got []int64
		for {
			p, err := r.fetch(t.Context(), Fetch{MaxRows: 100})
			synctest.Wait()
			if err != nil {
				require.ErrorIs(t, err, sqlerr.Internal)
				require.NotErrorIs(t, err, io.EOF)
				break
			}
			got = append(got, numbersOf(p)...)
		}
		require.NotEmpty(t, got)
		require.Equal(t, upTo(len(got)), got)
		_, err := r.fetch(t.Context(), Fetch{MaxRows: 100})
		require.Error(t, err, "it stays so")
	})
}

// Nothing is read before the page is released: it may be on its way still.
func TestReadingAheadWaitsForThePage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		rows := &fakeRows{s: script{batches: 9, perBatch: 2000}}
		r := newResult(rows, ResultOptions{Window: 1 << 20})
		defer r.close()
		p, err := r.fetch(t.Context(), Fetch{MaxRows: 2000})
		require.NoError(t, err)
		synctest.Wait()
		require.Equal(t, 1, rows.next)
		p.Release()
		synctest.Wait()
		require.Equal(t, 2, rows.next)
		p.Release()
		synctest.Wait()
		require.Equal(t, 2, rows.next)
	})
}

// While the client is busy with a page, the next one is encoded too, and comes with
// just the rows that it was made of.
func TestTheNextPageIsEncodedAhead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Options{}, map[string]script{"q": {batches: 10, perBatch: 700}})
		info, err := b.start(t, "q", false, 0)
		require.NoError(t, err)
		encode := func(p *Page) any {
			c := *p
			c.Batches = slices.Clone(p.Batches)
			for _, rec := range c.Batches {
				rec.Retain()
			}
			return numbersOf(&c)
		}
		offset := int64(0)
		fetch := func(o Orientation, rows int64) (ahead bool) {
			t.Helper()
			if o == First {
				offset = 0
			}
			p, err := b.Fetch(info.ID, Fetch{Orientation: o, MaxRows: rows, Encode: encode})
			require.NoError(t, err)
			want := upTo(int(min(offset+rows, 7000)))[offset:]
			offset += int64(len(want))
			if p.Encoded != nil {
				require.True(t, slices.Equal(want, p.Encoded.([]int64)))
			}
			ahead = p.Encoded != nil
			require.True(t, slices.Equal(want, numbersOf(p)))
			synctest.Wait()
			return ahead
		}
		require.False(t, fetch(Next, 1000))
		require.True(t, fetch(Next, 1000))
		require.False(t, fetch(Next, 1500), "another page than was thought")
		require.True(t, fetch(Next, 1500))
		require.False(t, fetch(First, 1500))
		for offset < 7000 {
			fetch(Next, 1500)
		}
		require.False(t, fetch(Next, 1500), "the end")
		fetch(First, 7000)
	})
}

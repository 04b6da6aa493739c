package operation

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/engine"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

func anySize(int64) error { return nil }

// numbersAt reads one page at an offset.
func (b *bench) numbersAt(t *testing.T, id uuid.UUID, at Range) (got []int64, page *Page) {
	t.Helper()
	page, err := b.ReadAt(t.Context(), id, at)
	require.NoError(t, err)
	require.Equal(t, at.Offset, page.Start)
	for _, rec := range page.Batches {
		got = append(got, rec.Column(0).(*array.Int64).Int64Values()...)
	}
	require.Len(t, got, int(page.Rows))
	page.Release()
	return got, page
}

func TestReadAnyPlaceOfAKeptResult(t *testing.T) {
	t.Parallel()
	all := upTo(9 * 2000)
	for name, window := range map[string]int64{"in memory": 1 << 30, "in the file": 1, "both": 100_000} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, Options{Result: ResultOptions{Window: window}}, map[string]script{"q": {batches: 9, perBatch: 2000}})
			info, err := b.start(t, "q", false, 0)
			require.NoError(t, err)
			var spilled int64
			rows, err := b.Keep(info.ID, func(n int64) error { spilled = n; return nil })
			require.NoError(t, err)
			require.EqualValues(t, 18000, rows)
			require.Equal(t, name != "in memory", spilled > 0)
			require.NoError(t, b.Disconnect(b.session))
			require.True(t, b.conn.closed)
			for range 2 { // pages can be asked for again, in any order
				for _, at := range []int64{0, 17999, 1, 1999, 2000, 2001, 9000} {
					got, page := b.numbersAt(t, info.ID, Range{Offset: at, MaxRows: 4500, Need: 4500})
					require.Equal(t, all[at:min(at+4500, 18000)], got)
					require.EqualValues(t, 18000, page.Total)
					require.Equal(t, at+4500 < 18000, page.HasMore)
				}
			}
			for _, beyond := range []int64{18000, 18001, 1 << 60} {
				got, page := b.numbersAt(t, info.ID, Range{Offset: beyond, MaxRows: 5, Need: 5})
				require.Empty(t, got)
				require.False(t, page.HasMore)
			}
			got, page := b.numbersAt(t, info.ID, Range{Offset: 1500, MaxRows: 5000, MaxBytes: 1})
			require.Equal(t, []int64{1500}, got)
			require.True(t, page.HasMore)
			got, _ = b.numbersAt(t, info.ID, Range{Offset: 1500, MaxRows: 5000, MaxBytes: 20_000})
			require.Greater(t, len(got), 500, "more than the first batch has left")
			require.Equal(t, all[1500:1500+len(got)], got)
			memory, file := b.Size(info.ID)
			require.Positive(t, memory)
			require.Equal(t, spilled, file)
			require.Equal(t, all, b.numbersFrom(t, info.ID, 999), "the cursor has not moved")
			_, err = b.start(t, "q", false, 0)
			require.ErrorIs(t, err, sqlerr.NotFound, "nothing can be started any more")
			_, err = b.ReadAt(t.Context(), info.ID, Range{Offset: -1, MaxRows: 1})
			require.ErrorIs(t, err, sqlerr.Invalid)
			_, err = b.ReadAt(t.Context(), info.ID, Range{})
			require.ErrorIs(t, err, sqlerr.Invalid)
		})
	}
}

func TestReadWhileRowsStillCome(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Options{Result: ResultOptions{Window: 1}}, map[string]script{"q": {batches: 9, perBatch: 2000, nextDelay: time.Minute}})
		info, err := b.start(t, "q", false, 0)
		require.NoError(t, err)
		kept := make(chan error, 1)
		go func() {
			_, err := b.Keep(info.ID, anySize)
			kept <- err
		}()
		began := time.Now()
		got, page := b.numbersAt(t, info.ID, Range{Offset: 100, MaxRows: 10_000, Need: 1})
		require.Zero(t, time.Since(began), "the first batch is here")
		require.Equal(t, upTo(2000)[100:], got)
		require.EqualValues(t, -1, page.Total)
		require.True(t, page.HasMore)
		got, _ = b.numbersAt(t, info.ID, Range{Offset: 100, MaxRows: 4000, Need: 4000})
		require.Equal(t, upTo(4100)[100:], got)
		require.Equal(t, 2*time.Minute, time.Since(began))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = b.ReadAt(ctx, info.ID, Range{Offset: 1 << 40, MaxRows: 1, Need: 1})
		require.ErrorIs(t, err, sqlerr.Timeout, "who goes away does not wait")
		got, page = b.numbersAt(t, info.ID, Range{Offset: 1 << 40, MaxRows: 1, Need: 1})
		require.Empty(t, got)
		require.EqualValues(t, 18000, page.Total)
		require.NoError(t, <-kept)
	})
}

func TestKeepThatFails(t *testing.T) {
	t.Parallel()
	torn := sqlerr.New(sqlerr.Invalid, "division by zero").WithState("22012")
	tooLarge := sqlerr.New(sqlerr.Exhausted, "too large")
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Options{Result: ResultOptions{Window: 1}}, map[string]script{
			"torn":  {batches: 9, perBatch: 2000, breakAt: 3, err2: torn},
			"large": {batches: 9, perBatch: 2000}, "slow": {batches: 90, perBatch: 2000, nextDelay: time.Minute},
		})
		for _, c := range []struct {
			sql   string
			allow func(int64) error
			stop  func(id uuid.UUID)
			limit time.Duration
			want  error
			state State
		}{
			{sql: "torn", allow: anySize, want: torn, state: Error},
			{sql: "large", allow: func(n int64) error {
				if n > 100_000 {
					return tooLarge
				}
				return nil
			}, want: tooLarge, state: Error},
			{sql: "slow", allow: anySize, limit: 10 * time.Minute, want: sqlerr.Timeout, state: Error},
			{sql: "slow", allow: anySize, stop: func(id uuid.UUID) { require.NoError(t, b.Cancel(id)) }, want: sqlerr.Canceled, state: Canceled},
			{sql: "slow", allow: anySize, stop: func(id uuid.UUID) { require.NoError(t, b.Close(id)) }, want: sqlerr.Canceled, state: Closed},
		} {
			info, err := b.start(t, c.sql, false, c.limit)
			require.NoError(t, err)
			kept, read := make(chan error, 1), make(chan error, 1)
			go func() {
				_, err := b.Keep(info.ID, c.allow)
				kept <- err
			}()
			go func() {
				_, err := b.ReadAt(t.Context(), info.ID, Range{Offset: 1 << 40, MaxRows: 1, Need: 1})
				read <- err
			}()
			time.Sleep(2*time.Minute + time.Second)
			if c.stop != nil {
				c.stop(info.ID)
			}
			require.ErrorIs(t, <-kept, c.want, c.sql)
			require.Error(t, <-read, c.sql)
			if got, err := b.Get(info.ID); !errors.Is(err, sqlerr.NotFound) {
				require.Equal(t, c.state, got.State, c.sql)
				_, err = b.ReadAt(t.Context(), info.ID, Range{MaxRows: 1})
				require.ErrorIs(t, err, c.want)
			}
		}
	})
}

func TestRowsOfOneRequestAreBounded(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{Result: ResultOptions{MaxRows: 5000}}, map[string]script{"q": {batches: 9, perBatch: 2000}})
	for asked, want := range map[int64]int{1: 1, 2500: 2500, 90_000: 5000, 0: 5000} {
		info, err := b.Start(t.Context(), Request{SessionID: b.session, Query: engine.Statement{SQL: "q"}, MaxRows: asked})
		require.NoError(t, err)
		require.Len(t, b.numbersFrom(t, info.ID, 10_000), want)
	}
}

func TestLogAtAnyPlace(t *testing.T) {
	t.Parallel()
	var l opLog
	for i := range 300 {
		l.add(line{text: strings.Repeat(string(rune('a'+i%26)), 10_000)})
	}
	p := l.at(0, 2)
	require.Positive(t, p.Start, "the oldest have given way")
	require.Len(t, p.Lines, 2)
	require.Equal(t, p.Start+2, p.Next)
	require.EqualValues(t, 300, p.Total)
	require.Equal(t, p, l.at(p.Start, 2))
	p = l.at(299, 100)
	require.Equal(t, byte('a'+299%26), p.Lines[0][0])
	require.Len(t, p.Lines, 1)
	require.Equal(t, LogPage{Lines: []string{}, Start: 300, Next: 300, Total: 300}, l.at(1<<40, 5))
}

// Each batch of a file stands for itself, also where values are in dictionaries
// that grow.
func TestSpooledDictionaries(t *testing.T) {
	t.Parallel()
	typ := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}
	schema := arrow.NewSchema([]arrow.Field{{Name: "d", Type: typ}}, nil)
	s, err := newSpool(t.TempDir(), schema)
	require.NoError(t, err)
	defer s.close()
	for i := range 4 {
		values, _, err := array.FromJSON(memory.DefaultAllocator, arrow.BinaryTypes.String, strings.NewReader(`["a","b","c","d"]`))
		require.NoError(t, err)
		index, _, err := array.FromJSON(memory.DefaultAllocator, typ.IndexType, strings.NewReader(`[0,1]`))
		require.NoError(t, err)
		dict := array.NewDictionaryArray(typ, index, array.NewSlice(values, int64(i%3), 4))
		require.NoError(t, s.add(array.NewRecordBatch(schema, []arrow.Array{dict}, 2)))
	}
	for i, want := range map[int]string{2: "c", 3: "a", 0: "a", 1: "b"} {
		b, err := s.at(i)
		require.NoError(t, err)
		d := b.Column(0).(*array.Dictionary)
		require.Equal(t, want, d.Dictionary().(*array.String).Value(d.GetValueIndex(0)))
		b.Release()
	}
}

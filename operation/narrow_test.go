package operation

import (
	"bytes"
	"encoding/binary"
	"math"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var narrowSchema = arrow.NewSchema([]arrow.Field{
	{Name: "n", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
	{Name: "u", Type: arrow.PrimitiveTypes.Uint64, Nullable: true},
	{Name: "d", Type: &arrow.Decimal128Type{Precision: 38}, Nullable: true},
	{Name: "s", Type: arrow.BinaryTypes.String, Nullable: true},
}, nil)

// narrowBatch makes a batch of numbers and of texts with these lengths; where nulls
// says so a value is null.
func narrowBatch(numbers []int64, high []int64, lengths []int, nulls []bool) arrow.RecordBatch {
	b := array.NewRecordBuilder(memory.DefaultAllocator, narrowSchema)
	defer b.Release()
	for i, n := range numbers {
		if nulls[i] {
			for _, f := range b.Fields() {
				f.AppendNull()
			}
			continue
		}
		b.Field(0).(*array.Int64Builder).Append(n)
		b.Field(1).(*array.Uint64Builder).Append(uint64(n))
		b.Field(2).(*array.Decimal128Builder).Append(decimal128.New(n>>63^high[i], uint64(n)))
		b.Field(3).(*array.StringBuilder).Append(strings.Repeat("x", lengths[i]))
	}
	return b.NewRecordBatch()
}

// TestNarrow: whatever the numbers and the lengths, they come back.
func TestNarrow(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 80).Draw(t, "rows")
		base := rapid.OneOf(rapid.SampledFrom([]int64{0, math.MinInt64, math.MaxInt64}), rapid.Int64()).Draw(t, "base")
		reach := rapid.SampledFrom([]int64{1, 127, 128, 129, math.MaxInt16, math.MaxInt16 + 2, math.MaxInt32, math.MaxInt32 + 2, math.MaxInt64}).Draw(t, "reach")
		wide := rapid.SampledFrom([]int64{0, 0, 1}).Draw(t, "wide")
		longest := rapid.SampledFrom([]int{0, 127, 128, math.MaxInt16, math.MaxInt16 + 1}).Draw(t, "longest")
		rows := func(of *rapid.Generator[int64], name string) []int64 { return rapid.SliceOfN(of, n, n).Draw(t, name) }
		numbers := rows(rapid.Int64Range(-reach, reach), "numbers")
		for i := range numbers {
			numbers[i] += base // beyond the end they begin again
		}
		b := narrowBatch(numbers, rows(rapid.Int64Range(-wide, wide), "high"),
			rapid.SliceOfN(rapid.IntRange(0, longest), n, n).Draw(t, "lengths"), rapid.SliceOfN(rapid.Bool(), n, n).Draw(t, "nulls"))
		defer b.Release()
		parts, flat := appendFlat(nil, b, narrowSchema, &packer{})
		require.True(t, flat)
		form := bytes.Join(parts, nil)
		got, err := readFlatForm(form, narrowSchema)
		require.NoError(t, err)
		defer got.Release()
		require.True(t, array.RecordEqual(b, got), "%v\n%v", b, got)
	})
}

// TestEven: numbers that count, but for one of them at most, come back, and those that count
// take nothing.
func TestEven(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 80).Draw(t, "rows")
		next := rapid.OneOf(rapid.SampledFrom([]int64{0, math.MinInt64, math.MaxInt64 - 3}), rapid.Int64()).Draw(t, "base")
		step := rapid.OneOf(rapid.SampledFrom([]int64{0, 1, -15, 1e6}), rapid.Int64()).Draw(t, "step")
		numbers, high, lengths := make([]int64, n), make([]int64, n), make([]int, n)
		size := rapid.IntRange(0, 9).Draw(t, "size")
		for i := range numbers {
			numbers[i], lengths[i] = next, size
			next += step
		}
		odd := rapid.IntRange(0, 3).Draw(t, "odd")
		switch i := rapid.IntRange(0, n-1).Draw(t, "place"); odd {
		case 1:
			numbers[i]++
		case 2:
			high[i] = 1
		case 3:
			lengths[i]++
		}
		b := narrowBatch(numbers, high, lengths, make([]bool, n))
		defer b.Release()
		parts, flat := appendFlat(nil, b, narrowSchema, &packer{})
		require.True(t, flat)
		form := bytes.Join(parts, nil)
		got, err := readFlatForm(form, narrowSchema)
		require.NoError(t, err)
		defer got.Release()
		require.True(t, array.RecordEqual(b, got), "%v\n%v", b, got)
		if odd == 0 && n >= evenLeast {
			const heads = 512 // and what builders have left
			require.Less(t, len(form), heads+4*evenSize+n*(size+1))
		}
	})
}

// TestEvenIsBounded: a damaged file asks for no more than there may be.
func TestEvenIsBounded(t *testing.T) {
	t.Parallel()
	form := func(base, step, n uint64) []byte {
		b := binary.LittleEndian.AppendUint64(nil, base)
		return binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(b, step), n)
	}
	for _, kind := range []narrowing{nearWords, nearWides, shortTexts} {
		require.NotNil(t, kind.widen(form(5, 7, evenMost)))
		require.Nil(t, kind.widen(form(5, 7, evenMost+1)))
		require.Nil(t, kind.widen(form(5, 7, math.MaxUint64)))
		require.Nil(t, kind.widen(form(5, 7, 1)[1:]))
	}
	require.Nil(t, shortTexts.widen(form(math.MaxUint64, 0, 2)), "an offset below 0")
	require.Nil(t, shortTexts.widen(form(1, math.MaxInt32, 2)), "one that is too high")
	require.Nil(t, shortTexts.widen(form(9, math.MaxUint64, 2)), "texts shorter than nothing")
	require.Nil(t, (shortTexts + 1<<4).widen(form(0, 0, 2)))
	all := make([]int64, 2*evenMost+2)
	require.False(t, isEven(all[:evenMost+1]))
	require.False(t, isEvenWide(all))
	require.True(t, isEven(all[:evenMost]))
	require.True(t, isEvenWide(all[:2*evenMost]))
}

// TestNarrowIsSmall: near numbers and short texts take little of the file.
func TestNarrowIsSmall(t *testing.T) {
	t.Parallel()
	const rows = 2048
	numbers, none, lengths := make([]int64, rows), make([]int64, rows), make([]int, rows)
	for i := range numbers {
		numbers[i], lengths[i] = math.MaxInt64-int64(i), 5
	}
	for _, c := range []struct {
		far  int64
		want int // bytes of a row
	}{{0, 3*2 + 1 + 5}, {math.MaxInt32, 3*4 + 1 + 5}, {math.MaxInt32 + 2, 2*8 + 16 + 1 + 5}} {
		numbers[rows-1] = numbers[0] - c.far
		b := narrowBatch(numbers, none, lengths, make([]bool, rows))
		parts, flat := appendFlat(nil, b, narrowSchema, &packer{})
		require.True(t, flat)
		size := len(bytes.Join(parts, nil))
		require.InDelta(t, c.want*rows, size, 1536) // builders have some room left
		b.Release()
	}
}

// TestWidenTellsOfWhatIsNotNarrow: of a damaged file.
func TestWidenTellsOfWhatIsNotNarrow(t *testing.T) {
	t.Parallel()
	for i := range 256 {
		how := narrowing(i)
		for n := range 20 {
			for _, fill := range []byte{0, 0xff} {
				got := how.widen(bytes.Repeat([]byte{fill}, n))
				width := how & widthMask
				ok := how >= nearWords && how < shortTexts+1<<4 && (width == 1 || width == 2 || width == 4) &&
					n >= baseSize && n%int(width) == 0 && (how < shortTexts || fill == 0)
				require.Equal(t, ok, got != nil, "%x of %d bytes %x", how, n, fill)
			}
		}
	}
}

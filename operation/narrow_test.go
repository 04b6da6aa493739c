package operation

import (
	"bytes"
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
		n := rapid.IntRange(1, 40).Draw(t, "rows")
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

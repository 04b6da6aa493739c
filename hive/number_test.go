package hive_test

import (
	"math"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/decimal256"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nekomata-sql/nekomata/hive"
)

func TestAppendDoubleLikeJava(t *testing.T) {
	t.Parallel()
	for want, v := range map[string]float64{
		"0.0": 0, "-0.0": math.Copysign(0, -1), "1.0": 1, "1.5": 1.5, "-1.5": -1.5, "100.0": 100,
		"9999999.0": 9999999, "1.0E7": 1e7, "1.23456789E7": 12345678.9, "0.001": 0.001, "9.9E-4": 0.00099,
		"1.0E10": 1e10, "1.0E-5": 1e-5, "1.23456789012E11": 123456789012, "5.0E-324": 5e-324,
		"1.7976931348623157E308": math.MaxFloat64, "NaN": math.NaN(), "Infinity": math.Inf(1),
		"-Infinity": math.Inf(-1), "0.1": 0.1, "1.0E21": 1e21, "-1.25E-7": -1.25e-7, "1.2E-99": 12e-100,
	} {
		assert.Equal(t, want, string(hive.AppendDouble(nil, v, 64)))
	}
	for want, v := range map[string]float32{
		"1.1": 1.1, "1.0E10": 1e10, "3.4028235E38": math.MaxFloat32, "1.6777216E7": 1 << 24, "0.3": 0.3, "0.001": 1e-3,
	} {
		assert.Equal(t, want, string(hive.AppendDouble(nil, float64(v), 32)))
	}
}

var javaDouble = regexp.MustCompile(`^-?(\d{1,7}\.\d+|\d\.\d+E-?[1-9]\d*)$`)

func TestAppendDoubleReadsBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		v := math.Float64frombits(rapid.Uint64().Draw(t, "bits"))
		if math.IsNaN(v) || math.IsInf(v, 0) {
			t.Skip()
		}
		text := string(hive.AppendDouble(nil, v, 64))
		require.Regexp(t, javaDouble, text)
		back, err := strconv.ParseFloat(text, 64)
		require.NoError(t, err)
		require.Equal(t, math.Float64bits(v), math.Float64bits(back))
	})
}

func TestWiden(t *testing.T) {
	t.Parallel()
	assert.Equal(t, 1.1, hive.Widen(1.1)) //nolint:testifylint // to the last bit
	assert.True(t, math.IsInf(hive.Widen(float32(math.Inf(-1))), -1))
	assert.True(t, math.IsNaN(hive.Widen(float32(math.NaN()))))
	assert.True(t, math.Signbit(hive.Widen(float32(math.Copysign(0, -1)))))
	rapid.Check(t, func(t *rapid.T) {
		v := math.Float32frombits(rapid.Uint32().Draw(t, "bits"))
		if v != v {
			t.Skip()
		}
		want, err := strconv.ParseFloat(strconv.FormatFloat(float64(v), 'g', -1, 32), 64)
		require.NoError(t, err)
		require.Equal(t, math.Float64bits(want), math.Float64bits(hive.Widen(v)))
	})
}

// slowDecimal places the point in a number's digits.
func slowDecimal(n *big.Int, scale int) string {
	s := new(big.Int).Abs(n).String()
	if scale > 0 {
		s = strings.Repeat("0", max(0, scale+1-len(s))) + s
		s = s[:len(s)-scale] + "." + s[len(s)-scale:]
	} else if n.Sign() != 0 {
		s += strings.Repeat("0", -scale)
	}
	if n.Sign() < 0 {
		s = "-" + s
	}
	return s
}

// integers draws whole numbers of up to so many bits, of all sizes.
func integers(bits int) *rapid.Generator[*big.Int] {
	return rapid.Custom(func(t *rapid.T) *big.Int {
		n := new(big.Int).SetBytes(rapid.SliceOfN(rapid.Byte(), bits/8, bits/8).Draw(t, "bytes"))
		n.Rsh(n, uint(rapid.IntRange(1, bits).Draw(t, "shift")))
		if rapid.Bool().Draw(t, "negative") {
			n.Neg(n)
		}
		return n
	})
}

func TestDecimals(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		scale := int32(rapid.IntRange(-3, 40).Draw(t, "scale"))

		n := integers(256).Draw(t, "256")
		b256 := array.NewDecimal256Builder(memory.DefaultAllocator, &arrow.Decimal256Type{Precision: 76, Scale: scale})
		b256.Append(decimal256.FromBigInt(n))
		require.Equal(t, slowDecimal(n, int(scale)), text(b256.NewArray()))

		n = integers(128).Draw(t, "128")
		b128 := array.NewDecimal128Builder(memory.DefaultAllocator, &arrow.Decimal128Type{Precision: 38, Scale: scale})
		b128.Append(decimal128.FromBigInt(n))
		require.Equal(t, slowDecimal(n, int(scale)), text(b128.NewArray()))

		n = integers(64).Draw(t, "64")
		b64 := array.NewDecimal64Builder(memory.DefaultAllocator, &arrow.Decimal64Type{Precision: 18, Scale: scale})
		b64.Append(decimal.Decimal64(n.Int64()))
		require.Equal(t, slowDecimal(n, int(scale)), text(b64.NewArray()))

		n = integers(32).Draw(t, "32")
		b32 := array.NewDecimal32Builder(memory.DefaultAllocator, &arrow.Decimal32Type{Precision: 9, Scale: scale})
		b32.Append(decimal.Decimal32(n.Int64()))
		require.Equal(t, slowDecimal(n, int(scale)), text(b32.NewArray()))
	})
}

// The least numbers have no counterpart above zero.
func TestDecimalLimits(t *testing.T) {
	t.Parallel()
	b := array.NewDecimal128Builder(memory.DefaultAllocator, &arrow.Decimal128Type{Precision: 38})
	b.Append(decimal128.New(math.MinInt64, 0))
	assert.Equal(t, "-170141183460469231731687303715884105728", text(b.NewArray()))
	b64 := array.NewDecimal64Builder(memory.DefaultAllocator, &arrow.Decimal64Type{Precision: 18, Scale: 2})
	b64.Append(math.MinInt64)
	assert.Equal(t, "-92233720368547758.08", text(b64.NewArray()))
}

// text is the first value's.
func text(arr arrow.Array) string { return string(hive.AppendText(nil, arr, 0)) }

// TestPutScaled compares with the slow way: around each power of ten, and random
// numbers of any length.
func TestPutScaled(t *testing.T) {
	t.Parallel()
	check := func(magnitude uint64, negative bool, scale int) {
		var out [hive.ScaledRoom]byte
		n := hive.PutScaled(&out, magnitude, negative, scale)
		if magnitude >= 1e16 || scale < 0 || scale > 15 {
			require.Zero(t, n)
			return
		}
		require.Equal(t, string(hive.AppendScaled(nil, magnitude, negative, scale)), string(out[:n]))
	}
	for scale := -1; scale <= 17; scale++ {
		for power := uint64(1); power < 1e18; power *= 10 {
			for _, m := range []uint64{0, power - 1, power, power + 1, 7 * power, 9*power + 9} {
				check(m, false, scale)
				check(m, true, scale)
			}
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		bits := rapid.IntRange(0, 64).Draw(t, "bits")
		check(rapid.Uint64().Draw(t, "magnitude")>>bits, rapid.Bool().Draw(t, "negative"), rapid.IntRange(-2, 40).Draw(t, "scale"))
	})
	for n := range uint64(1e5) { // each half of eight figures
		check(n*999, false, 7)
	}
}

package hive_test

import (
	"encoding/binary"
	"math"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nekomata-sql/nekomata/hive"
)

// appendCell appends text as a cell.
func appendCell(dst, text []byte) []byte {
	return append(binary.BigEndian.AppendUint32(dst, uint32(len(text))), text...)
}

// walk draws numbers that are near the one before, mostly.
func walk(t *rapid.T, far *rapid.Generator[int64], most int64) []int64 {
	v := far.Draw(t, "first")
	var all []int64
	for range rapid.IntRange(1, 40).Draw(t, "count") {
		all = append(all, v)
		switch rapid.IntRange(0, 9).Draw(t, "way") {
		case 0:
			v = far.Draw(t, "far")
		case 1:
			v = -v
		case 2: // the same again
		default:
			v += rapid.Int64Range(-most, most).Draw(t, "step")
		}
	}
	return all
}

// TestDecimalCells: what is remembered of numbers before, near ones and far ones of any
// scale and sign, shows in none.
func TestDecimalCells(t *testing.T) {
	t.Parallel()
	far := rapid.Custom(func(t *rapid.T) int64 {
		return rapid.Int64().Draw(t, "number") >> rapid.IntRange(0, 63).Draw(t, "shift")
	})
	unknown := []decimal128.Num{
		decimal128.New(-1, 0), decimal128.New(1, 0), decimal128.New(1, 1500), decimal128.New(-2, 1500),
		decimal128.New(-1, 1500), decimal128.New(0, math.MaxUint64), decimal128.New(math.MinInt64, 0),
	}
	rapid.Check(t, func(t *rapid.T) {
		scale := rapid.IntRange(-1, 17).Draw(t, "scale")
		var values []decimal128.Num
		for _, v := range walk(t, far, rapid.SampledFrom([]int64{1, 15, 900, 20_000}).Draw(t, "most")) {
			values = append(values, decimal128.FromI64(v))
			if rapid.IntRange(0, 30).Draw(t, "odd") == 0 {
				values = append(values, rapid.SampledFrom(unknown).Draw(t, "unknown"))
			}
		}
		d := hive.NewDecimals(scale)
		out := make([]byte, hive.DecimalCell*len(values)+hive.DecimalSlack)
		for len(values) > 0 {
			n, size := d.PutCells(out, values)
			want := []byte{}
			for _, v := range values[:n] {
				want = appendCell(want, hive.AppendScaled(nil, v.Abs().LowBits(), v.Sign() < 0, scale))
			}
			require.Equal(t, want, out[:size])
			if values = values[n:]; len(values) > 0 { // it has stopped for a reason
				a := values[0].Abs()
				require.True(t, a.HighBits() != 0 || a.LowBits() >= 1e16 || scale < 0 || scale > 15, values[0])
				values = values[1:]
			}
		}
	})
}

// TestDecimalCellsStopWithoutRoom: with room for some numbers only, they are some.
func TestDecimalCellsStopWithoutRoom(t *testing.T) {
	t.Parallel()
	values := make([]decimal128.Num, 100)
	for i := range values {
		values[i] = decimal128.FromI64(1_000_000 + int64(i))
	}
	for room := range 400 {
		d := hive.NewDecimals(2)
		n, size := d.PutCells(make([]byte, room), values)
		require.Equal(t, n*(4+8), size)
		require.Equal(t, max(0, (room-hive.DecimalSlack+12)/12), n)
	}
}

// TestTimestampCells is TestDecimalCells for times, of which some are near the moments at
// which clocks are moved.
func TestTimestampCells(t *testing.T) {
	t.Parallel()
	zones := []string{"", "", "Europe/Berlin", "Europe/Amsterdam", "America/Caracas", "Australia/Lord_Howe", "Africa/Monrovia", "-04:30"}
	rapid.Check(t, func(t *rapid.T) {
		typ := &arrow.TimestampType{
			Unit:     rapid.SampledFrom([]arrow.TimeUnit{arrow.Second, arrow.Millisecond, arrow.Microsecond, arrow.Microsecond, arrow.Nanosecond}).Draw(t, "unit"),
			TimeZone: rapid.SampledFrom(zones).Draw(t, "zone"),
		}
		zone, err := typ.GetZone()
		require.NoError(t, err)
		second := []int64{1, 1e3, 1e6, 1e9}[typ.Unit]
		ours := rapid.Custom(func(t *rapid.T) int64 {
			at := time.Unix(rapid.Int64Range(-2_300_000_000, 4_200_000_000).Draw(t, "seconds"), 0)
			if start, end := at.In(zone).ZoneBounds(); rapid.Bool().Draw(t, "moved") {
				for _, bound := range []time.Time{start, end} {
					if !bound.IsZero() {
						at = bound
					}
				}
			}
			return at.Unix()*second + rapid.SampledFrom([]int64{0, -1, 1, second / 2, -61 * second}).Draw(t, "rest")
		})
		far := rapid.OneOf(ours, ours, ours, rapid.Int64())
		most := rapid.SampledFrom([]int64{1, second / 1000, second, 20 * second, 2000 * second}).Draw(t, "most")
		var values []arrow.Timestamp
		for _, v := range walk(t, far, most) {
			values = append(values, arrow.Timestamp(v))
		}
		ts := hive.NewTimestamps(typ)
		out := make([]byte, hive.TimestampCell*len(values))
		for len(values) > 0 {
			n, size := ts.PutCells(out, values)
			want := []byte{}
			for _, v := range values[:n] {
				fresh := hive.NewTimestamps(typ)
				want = appendCell(want, fresh.Append(nil, v))
			}
			require.Equal(t, string(want), string(out[:size]))
			if values = values[n:]; len(values) > 0 {
				fresh := hive.NewTimestamps(typ)
				require.Zero(t, fresh.Put(new([hive.TimestampRoom]byte), values[0]))
				values = values[1:]
			}
		}
	})
}

// TestTimestampCellsWhereClocksAreMoved goes to and fro around each such moment.
func TestTimestampCellsWhereClocksAreMoved(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"Europe/Berlin", "America/Caracas", "Africa/Monrovia", "Asia/Singapore"} {
		typ := &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: name}
		zone, err := typ.GetZone()
		require.NoError(t, err)
		at := time.Date(1901, 1, 1, 0, 0, 0, 0, time.UTC)
		for {
			_, moved := at.In(zone).ZoneBounds()
			if moved.IsZero() || moved.Year() > 2030 {
				break
			}
			var values []arrow.Timestamp
			for _, seconds := range []int64{0, 1, -1, 2, -20, -19, 3, -1, 35, 36, -35, 59, 61, -59, -60, -61, 0} {
				values = append(values, arrow.Timestamp((moved.Unix()+seconds)*1e6))
			}
			ts := hive.NewTimestamps(typ)
			out := make([]byte, hive.TimestampCell*len(values))
			n, size := ts.PutCells(out, values)
			require.Equal(t, len(values), n)
			want := []byte{}
			for _, v := range values {
				want = appendCell(want, []byte(slowTimestamp(time.UnixMicro(int64(v)).In(zone))))
			}
			require.Equal(t, string(want), string(out[:size]), moved)
			at = moved.Add(time.Hour)
		}
	}
}

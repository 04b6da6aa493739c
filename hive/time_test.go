package hive_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nekomata-sql/nekomata/hive"
)

// slowTimestamp is what Append should write, by way of package time. Years must
// have four digits.
func slowTimestamp(t time.Time) string {
	s := t.Format("2006-01-02 15:04:05.000000000")
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

func TestAppendDate(t *testing.T) {
	t.Parallel()
	for days, want := range map[int32]string{
		0: "1970-01-01", -1: "1969-12-31", 19724: "2024-01-02", 11016: "2000-02-29",
		-719162: "0001-01-01", -719163: "0000-12-31", -719528: "0000-01-01", -719529: "-0001-12-31",
		-735160: "-0043-03-15", 2932896: "9999-12-31", 2932897: "10000-01-01",
		math.MaxInt32: "infinity", -math.MaxInt32: "-infinity",
		math.MaxInt32 - 1: "5881580-07-10", math.MinInt32: "-5877641-06-23",
	} {
		assert.Equal(t, want, string(hive.AppendDate(nil, days)), days)
	}
}

func TestAppendDateLikePackageTime(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		days := rapid.Int32Range(-719528, 2932896).Draw(t, "days")
		want := time.Unix(int64(days)*86400, 0).UTC().Format("2006-01-02")
		require.Equal(t, want, string(hive.AppendDate(nil, days)))
	})
}

func TestTimestamps(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		want string
		unit arrow.TimeUnit
		zone string
		v    arrow.Timestamp
	}{
		{"2024-01-02 03:04:05.678", arrow.Millisecond, "", 1704164645678},
		{"2024-01-02 03:04:05", arrow.Second, "", 1704164645},
		{"2024-01-02 03:04:05", arrow.Microsecond, "", 1704164645000000},
		{"2024-01-02 03:04:05.000001", arrow.Microsecond, "", 1704164645000001},
		{"2024-01-02 03:04:05.12345678", arrow.Nanosecond, "", 1704164645123456780},
		{"1969-12-31 23:59:59.999999999", arrow.Nanosecond, "", -1},
		{"1970-01-01 00:00:00", arrow.Nanosecond, "", 0},
		{"0000-12-31 23:59:59", arrow.Second, "", -62135596801},
		{"-0043-03-15 00:00:00", arrow.Second, "", -735160 * 86400},
		{"12345-05-09 01:00:00", arrow.Second, "", 327414445200},
		{"2024-07-02 05:04:05.678", arrow.Microsecond, "Europe/Berlin", 1719889445678000},
		{"2024-01-02 04:04:05.678", arrow.Millisecond, "Europe/Berlin", 1704164645678},
		{"2024-01-01 22:34:05", arrow.Second, "-04:30", 1704164645},
		{"2024-01-02 03:04:05", arrow.Second, "UTC", 1704164645},
		{"2024-01-02 03:04:05", arrow.Second, "Nowhere/Land", 1704164645},
		{"infinity", arrow.Second, "Europe/Berlin", math.MaxInt64},
		{"-infinity", arrow.Nanosecond, "", -math.MaxInt64},
		{"-292277022657-01-27 08:29:52", arrow.Second, "", math.MinInt64},
	} {
		ts := hive.NewTimestamps(&arrow.TimestampType{Unit: c.unit, TimeZone: c.zone})
		assert.Equal(t, c.want, string(ts.Append(nil, c.v)))
		assert.Equal(t, "x"+c.want, string(ts.Append([]byte("x"), c.v)), "the second time")
	}
}

// One writer for a whole column: whatever it remembers of one value must not show
// in the next.
func TestTimestampsLikePackageTime(t *testing.T) {
	t.Parallel()
	zones := []string{"", "UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "+05:30"}
	perSecond := map[arrow.TimeUnit]int64{
		arrow.Second: 1, arrow.Millisecond: 1e3, arrow.Microsecond: 1e6, arrow.Nanosecond: 1e9,
	}
	rapid.Check(t, func(t *rapid.T) {
		typ := &arrow.TimestampType{
			Unit:     arrow.TimeUnit(rapid.IntRange(0, 3).Draw(t, "unit")),
			TimeZone: rapid.SampledFrom(zones).Draw(t, "zone"),
		}
		loc, err := typ.GetZone()
		require.NoError(t, err)
		n := perSecond[typ.Unit]
		first, last := int64(-62135596800), int64(253402214400)
		if typ.Unit == arrow.Nanosecond {
			first, last = -9223372036, 9223372036
		}
		ts := hive.NewTimestamps(typ)
		near := rapid.Int64Range(first, last).Draw(t, "near")
		for range 20 {
			seconds := min(max(near+rapid.Int64Range(-100000, 100000).Draw(t, "seconds"), first+86400), last-86400)
			rest := rapid.Int64Range(0, n-1).Draw(t, "rest")
			want := slowTimestamp(time.Unix(seconds, rest*(1e9/n)).In(loc))
			require.Equal(t, want, string(ts.Append(nil, arrow.Timestamp(seconds*n+rest))))
		}
	})
}

// What a writer remembers of the values before, near ones and far ones in any order, shows
// in none: it writes what one writes that has seen nothing.
func TestTimestampsForget(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		typ := &arrow.TimestampType{
			Unit:     arrow.TimeUnit(rapid.IntRange(0, 3).Draw(t, "unit")),
			TimeZone: rapid.SampledFrom([]string{"", "Europe/Berlin", "-04:30"}).Draw(t, "zone"),
		}
		second := []int64{1, 1e3, 1e6, 1e9}[typ.Unit]
		const day, firstNear, lastNear = 86400, -25508, 47540 // March 1st, 1900 to February 28th, 2100
		days := rapid.OneOf(rapid.SampledFrom([]int64{firstNear - 1, firstNear, lastNear, lastNear + 1, -1, 0}), rapid.Int64Range(-100000, 100000))
		value := rapid.OneOf(rapid.Int64(), rapid.Custom(func(t *rapid.T) int64 {
			return days.Draw(t, "day")*day*second + rapid.Int64Range(0, day*second-1).Draw(t, "clock")
		}))
		some := rapid.SliceOfN(value, 1, 4).Draw(t, "some")
		kept := hive.NewTimestamps(typ)
		for _, v := range rapid.SliceOfN(rapid.SampledFrom(some), 1, 20).Draw(t, "values") {
			fresh := hive.NewTimestamps(typ)
			want := string(fresh.Append(nil, arrow.Timestamp(v)))
			require.Equal(t, want, string(kept.Append([]byte{}, arrow.Timestamp(v))), v)
		}
	})
}

func FuzzTimestamps(f *testing.F) {
	f.Add(int64(0), uint8(0), "Europe/Berlin")
	f.Add(int64(math.MinInt64), uint8(3), "-23:59")
	f.Fuzz(func(t *testing.T, v int64, unit uint8, zone string) {
		ts := hive.NewTimestamps(&arrow.TimestampType{Unit: arrow.TimeUnit(unit % 4), TimeZone: zone})
		text := string(ts.Append(nil, arrow.Timestamp(v)))
		require.Regexp(t, `^(-?infinity|-?\d{4,12}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{0,8}[1-9])?)$`, text)
	})
}

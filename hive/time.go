package hive

import (
	"encoding/binary"
	"math"
	"slices"
	"strconv"
	"sync"
	"time"
	_ "time/tzdata" // a machine without a zone database must not change what a session sees

	"github.com/apache/arrow-go/v18/arrow"
)

const secondsPerDay = 24 * 60 * 60

// digits has every number below 100 in two figures.
const digits = "00010203040506070809" +
	"10111213141516171819" +
	"20212223242526272829" +
	"30313233343536373839" +
	"40414243444546474849" +
	"50515253545556575859" +
	"60616263646566676869" +
	"70717273747576777879" +
	"80818283848586878889" +
	"90919293949596979899"

// DuckDB's infinities, which no clock will ever show.
const (
	infinity         = "infinity"
	negativeInfinity = "-infinity"
)

// AppendDate appends a date, given in days since 1970, as "2024-01-02". Years
// beyond 9999 have more digits; a year before 1 is written as ISO 8601 counts it,
// so that 44 BC is "-0043". DuckDB's infinite dates are "infinity" and "-infinity".
func AppendDate(dst []byte, days int32) []byte {
	if n := uint64(int64(days) + nearDay); n < nearDays {
		b, out := extend(dst, 12)
		putNearDay((*[12]byte)(out), uint32(n))
		return b[:len(dst)+10]
	}
	switch days {
	case math.MaxInt32:
		return append(dst, infinity...)
	case -math.MaxInt32:
		return append(dst, negativeInfinity...)
	}
	return appendDay(dst, int64(days))
}

// The near days, which are those that data is full of: from March 1st, 1900 to the
// last of February 2100 every fourth year has a leap day, and it comes last.
const (
	nearDay  = 25508 // days from the first of them to 1970
	nearDays = 73049
)

// texts are ready-made: the near years, "1900" and so on; the days of a year that
// begins in March, "-03-01 " and so on; numbers of three figures, with a fourth byte
// that counts those up to the last that is not 0.
var texts = func() (t struct {
	year     [201][4]byte
	day      [366][8]byte
	thousand [1000][4]byte
},
) {
	for y := range t.year {
		strconv.AppendInt(t.year[y][:0], int64(1900+y), 10)
	}
	for d := range t.day {
		const march = 10651 // March 1st, 1999; the February after it has 29 days
		text := append(appendDay(nil, int64(march+d)), ' ')
		copy(t.day[d][:], text[4:])
	}
	for n := range t.thousand {
		count := 3
		for rest := n; count > 0 && rest%10 == 0; rest /= 10 {
			count--
		}
		t.thousand[n] = [4]byte{byte('0' + n/100), byte('0' + n/10%10), byte('0' + n%10), byte(count)}
	}
	return t
}()

// putNearDay writes a near day with a space behind it, and one byte more.
func putNearDay(out *[12]byte, n uint32) {
	year := (4*n + 3) / 1461
	day := n - 1461*year/4
	year += 1 - (day-306)>>31 // one more in January and February, without a branch
	*(*[4]byte)(out[:]) = texts.year[year]
	*(*[8]byte)(out[4:]) = texts.day[day]
}

// appendDay appends a date of any time.
func appendDay(dst []byte, days int64) []byte {
	y, m, d := civil(days)
	b := dst
	if y < 0 {
		b, y = append(b, '-'), -y
	}
	for limit := int64(1000); limit > 1 && y < limit; limit /= 10 {
		b = append(b, '0')
	}
	b = strconv.AppendInt(b, y, 10)
	m, d = 2*m, 2*d
	return append(b, '-', digits[m], digits[m+1], '-', digits[d], digits[d+1])
}

// civil turns days since 1970 into a date of the Gregorian calendar, extended to
// all times. It counts years from March, so that the leap day comes last, in eras
// of 400 years, which are all alike.
func civil(days int64) (year int64, month, day uint) {
	const (
		daysPerEra = 146097
		toMarch0   = 719468 // days from March 1st of the year 0 to 1970
	)
	era := (days + toMarch0) / daysPerEra
	rest := (days + toMarch0) % daysPerEra
	if rest < 0 {
		era, rest = era-1, rest+daysPerEra
	}
	n := uint(rest)
	years := (n - n/1460 + n/36524 - n/146096) / 365
	ofYear := n - (365*years + years/4 - years/100)
	march := (5*ofYear + 2) / 153
	year, month, day = era*400+int64(years), march+3, ofYear-(153*march+2)/5+1
	if month > 12 {
		year, month = year+1, month-12
	}
	return year, month, day
}

// extend lengthens b by n bytes, whatever they hold, and returns them as well.
func extend(b []byte, n int) (all, more []byte) {
	all = slices.Grow(b, n)[:len(b)+n]
	return all, all[len(b):]
}

// clockDigits are the eight bytes of "03:04:05" for the seconds of a day, the first
// lowest. All figures are found at once: 103/1024 is a tenth, near enough.
func clockDigits(seconds uint32) uint64 {
	minutes := seconds / 60
	hours := minutes / 60
	v := uint64(hours) | uint64(minutes-60*hours)<<24 | uint64(seconds-60*minutes)<<48
	tens := v * 103 >> 10 & 0x000f_0000_0f00_000f
	return tens | (v-10*tens)<<8 | 0x3030_3a30_303a_3030
}

// appendClock appends seconds of a day as "03:04:05".
func appendClock(dst []byte, seconds uint32) []byte {
	return binary.LittleEndian.AppendUint64(dst, clockDigits(seconds))
}

// fractionRoom is what putFraction may write to.
const fractionRoom = 11

// putFraction writes a fraction of a second, given by thousands, as ".678": without
// zeros at the end. It returns how many bytes those are, none for 0.
func putFraction(out *[fractionRoom]byte, milli, micro, nano uint32) int {
	a, b, c := texts.thousand[milli], texts.thousand[micro], texts.thousand[nano]
	out[0] = '.'
	*(*[4]byte)(out[1:]) = a
	*(*[4]byte)(out[4:]) = b
	*(*[4]byte)(out[7:]) = c
	switch {
	case c[3] > 0:
		return 7 + int(c[3])
	case b[3] > 0:
		return 4 + int(b[3])
	case a[3] > 0:
		return 1 + int(a[3])
	default:
		return 0
	}
}

// Timestamps writes the timestamps of one Arrow type. It remembers the zone's last
// offset, so keep it for a whole array.
type Timestamps struct {
	unit arrow.TimeUnit
	zone *time.Location // nil when there is nothing to add

	from, until int64 // seconds between which offset is valid
	offset      int64
}

// NewTimestamps readies for timestamps of type t.
func NewTimestamps(t *arrow.TimestampType) Timestamps {
	return Timestamps{unit: t.Unit, zone: zoneOf(t), from: math.MaxInt64}
}

// TimestampRoom is what [Timestamps.Put] may write to.
const TimestampRoom = 19 + fractionRoom

// Append appends a timestamp as "2024-01-02 03:04:05.678", in the type's zone when
// it has one. There are no zeros at the end of the fraction, and no fraction when
// it is 0; years are written as in [AppendDate], infinite timestamps too.
func (t *Timestamps) Append(dst []byte, v arrow.Timestamp) []byte {
	b, out := extend(dst, TimestampRoom)
	if n := t.Put((*[TimestampRoom]byte)(out), v); n > 0 {
		return b[:len(dst)+n]
	}
	return t.appendFar(dst, v)
}

// Put writes a timestamp of the years 1900 to 2099 to the front of out, as Append
// does, and returns its length; what is behind it may change. It returns 0 for any
// other time, which Append knows.
func (t *Timestamps) Put(out *[TimestampRoom]byte, v arrow.Timestamp) int {
	shift := int64(nearDay * secondsPerDay)
	if t.zone != nil {
		seconds, _ := split(int64(v), t.unit)
		shift += t.offsetAt(seconds)
	}
	// What is not near is far from it, so that a sum that overflows is too.
	var seconds uint64
	var milli, micro, nano uint32
	switch t.unit {
	case arrow.Microsecond:
		n := uint64(int64(v) + shift*1e6)
		seconds = n / 1e6
		micro = uint32(n - seconds*1e6)
		milli = micro / 1e3
		micro -= milli * 1e3
	case arrow.Millisecond:
		n := uint64(int64(v) + shift*1e3)
		seconds = n / 1e3
		milli = uint32(n - seconds*1e3)
	case arrow.Nanosecond:
		n := uint64(int64(v) + shift*1e9)
		seconds = n / 1e9
		nano = uint32(n - seconds*1e9)
		micro = nano / 1e3
		nano -= micro * 1e3
		milli = micro / 1e3
		micro -= milli * 1e3
	default:
		seconds = uint64(int64(v) + shift)
	}
	if seconds >= nearDays*secondsPerDay {
		return 0
	}
	day := seconds / secondsPerDay
	putNearDay((*[12]byte)(out[:]), uint32(day))
	binary.LittleEndian.PutUint64(out[11:], clockDigits(uint32(seconds-day*secondsPerDay)))
	return 19 + putFraction((*[fractionRoom]byte)(out[19:]), milli, micro, nano)
}

// appendFar appends a timestamp that is not of a near day. The infinite ones are
// among them, whatever the unit.
func (t *Timestamps) appendFar(dst []byte, v arrow.Timestamp) []byte {
	switch v {
	case math.MaxInt64:
		return append(dst, infinity...)
	case -math.MaxInt64:
		return append(dst, negativeInfinity...)
	}
	seconds, nanos := split(int64(v), t.unit)
	if t.zone != nil {
		seconds += t.offsetAt(seconds)
	}
	day, clock := seconds/secondsPerDay, seconds%secondsPerDay
	if clock < 0 {
		day, clock = day-1, clock+secondsPerDay
	}
	b := append(appendDay(dst, day), ' ')
	return appendFraction(appendClock(b, uint32(clock)), nanos)
}

func appendFraction(dst []byte, nanos uint32) []byte {
	var room [fractionRoom]byte
	return append(dst, room[:putFraction(&room, nanos/1e6, nanos/1e3%1e3, nanos%1e3)]...)
}

// split makes seconds, rounded down, and billionths of a second.
func split(v int64, unit arrow.TimeUnit) (seconds int64, nanos uint32) {
	var rest int64
	switch unit {
	case arrow.Second:
		return v, 0
	case arrow.Millisecond:
		seconds, rest = v/1e3, v%1e3*1e6
	case arrow.Microsecond:
		seconds, rest = v/1e6, v%1e6*1e3
	default:
		seconds, rest = v/1e9, v%1e9
	}
	if rest < 0 {
		seconds, rest = seconds-1, rest+1e9
	}
	return seconds, uint32(rest)
}

// offsetAt is what to add to UTC, in seconds.
func (t *Timestamps) offsetAt(seconds int64) int64 {
	if t.from <= seconds && seconds < t.until {
		return t.offset
	}
	at := time.Unix(seconds, 0).In(t.zone)
	_, offset := at.Zone()
	t.offset, t.from, t.until = int64(offset), math.MinInt64, math.MaxInt64
	start, end := at.ZoneBounds()
	if !start.IsZero() {
		t.from = start.Unix()
	}
	if !end.IsZero() {
		t.until = end.Unix()
	}
	return t.offset
}

// zones caches the zones that were asked for, by name: looking one up reads a file.
var zones sync.Map

// zoneOf is the zone of a timestamp type, or nil for UTC and for none. A name that
// nobody knows counts as UTC.
func zoneOf(t *arrow.TimestampType) *time.Location {
	if t.TimeZone == "" || t.TimeZone == "UTC" {
		return nil
	}
	if z, ok := zones.Load(t.TimeZone); ok {
		loc, _ := z.(*time.Location)
		return loc
	}
	loc, err := t.GetZone()
	if err != nil || loc == time.UTC {
		loc = nil
	}
	zones.Store(t.TimeZone, loc)
	return loc
}

// appendTime appends a time of day in the given unit since midnight.
func appendTime(dst []byte, v int64, unit arrow.TimeUnit) []byte {
	seconds, nanos := split(v, unit)
	return appendFraction(appendClock(dst, uint32(max(seconds, 0))), nanos)
}

package hive

import (
	"math"
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
	switch days {
	case math.MaxInt32:
		return append(dst, infinity...)
	case -math.MaxInt32:
		return append(dst, negativeInfinity...)
	}
	return appendDay(dst, int64(days))
}

func appendDay(dst []byte, days int64) []byte {
	y, m, d := civil(days)
	m, d = 2*(m&15), 2*(d&31)
	if 0 <= y && y <= 9999 {
		c, yy := 2*(uint(y)/100), 2*(uint(y)%100)
		return append(dst, digits[c], digits[c+1], digits[yy], digits[yy+1],
			'-', digits[m], digits[m+1], '-', digits[d], digits[d+1])
	}
	b := dst
	if y < 0 {
		b, y = append(b, '-'), -y
	}
	for limit := int64(1000); limit > 1 && y < limit; limit /= 10 {
		b = append(b, '0')
	}
	b = strconv.AppendInt(b, y, 10)
	return append(b, '-', digits[m], digits[m+1], '-', digits[d], digits[d+1])
}

// civil turns days since 1970 into a date of the Gregorian calendar, extended to
// all times. It counts years from March, so that the leap day comes last, in eras
// of 400 years, which are all alike.
func civil(days int64) (year int64, month, day uint) {
	const (
		daysPerEra = 146097
		toMarch0   = 719468 // from 0000-03-01 to 1970-01-01
	)
	days += toMarch0
	era := days / daysPerEra
	dayOfEra := days % daysPerEra
	if dayOfEra < 0 {
		era, dayOfEra = era-1, dayOfEra+daysPerEra
	}
	e := uint(dayOfEra)
	yearOfEra := (e - e/1460 + e/36524 - e/146096) / 365
	dayOfYear := e - (365*yearOfEra + yearOfEra/4 - yearOfEra/100)
	march := (5*dayOfYear + 2) / 153
	day = dayOfYear - (153*march+2)/5 + 1
	month = march + 3
	year = era*400 + int64(yearOfEra)
	if month > 12 {
		month, year = month-12, year+1
	}
	return year, month, day
}

// appendClock appends seconds of a day as "03:04:05".
func appendClock(dst []byte, seconds uint) []byte {
	m := seconds / 60
	h, m, s := m/60, 2*(m%60), 2*(seconds%60)
	h = 2 * (h % 100)
	return append(dst, digits[h], digits[h+1], ':', digits[m], digits[m+1], ':', digits[s], digits[s+1])
}

// appendFraction appends a fraction of a second, given in billionths, as ".678":
// without zeros at the end, and nothing at all for 0.
func appendFraction(dst []byte, nanos uint) []byte {
	if nanos == 0 {
		return dst
	}
	a, b := nanos/100_000, nanos%100_000
	c, d, e := 2*(a/100%100), 2*(a%100), 2*(b/1000%100)
	f, g := 2*(b/10%100), byte('0'+b%10)
	out := append(dst, '.', digits[c], digits[c+1], digits[d], digits[d+1],
		digits[e], digits[e+1], digits[f], digits[f+1], g)
	n := len(out)
	for out[n-1] == '0' {
		n--
	}
	return out[:n]
}

// Timestamps writes the timestamps of one Arrow type. It remembers the day and
// the zone's offset of the last one, so keep it for a whole array.
type Timestamps struct {
	unit arrow.TimeUnit
	zone *time.Location // nil when there is nothing to add

	from, until int64 // seconds between which offset is valid
	offset      int64

	day     int64
	text    [32]byte // the day as text, with the space behind it
	textLen int
}

// NewTimestamps readies for timestamps of type t.
func NewTimestamps(t *arrow.TimestampType) Timestamps {
	return Timestamps{unit: t.Unit, zone: zoneOf(t), from: math.MaxInt64, day: math.MinInt64}
}

// Append appends a timestamp as "2024-01-02 03:04:05.678", in the type's zone when
// it has one. There are no zeros at the end of the fraction, and no fraction when
// it is 0; years are written as in [AppendDate], infinite timestamps too.
func (t *Timestamps) Append(dst []byte, v arrow.Timestamp) []byte {
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
	if day != t.day {
		t.setDay(day)
	}
	out := append(dst, t.text[:t.textLen]...)
	out = appendClock(out, uint(clock))
	return appendFraction(out, nanos)
}

// setDay is kept out of Append, which most often finds the day as it was.
func (t *Timestamps) setDay(day int64) {
	t.day = day
	b := append(appendDay(t.text[:0], day), ' ')
	t.textLen = len(b)
}

// split makes seconds, rounded down, and billionths of a second.
func split(v int64, unit arrow.TimeUnit) (seconds int64, nanos uint) {
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
	return seconds, uint(rest)
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
	return appendFraction(appendClock(dst, uint(max(seconds, 0))), nanos)
}

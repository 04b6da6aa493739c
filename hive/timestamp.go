package hive

import (
	"encoding/binary"
	"math"
	"sync"
	"time"
	_ "time/tzdata" // a machine without a zone database must not change what a session sees

	"github.com/apache/arrow-go/v18/arrow"
)

// Timestamps writes the timestamps of one Arrow type. It remembers the last day's text
// and the zone's last offset, so keep it for a whole array.
type Timestamps struct {
	unit arrow.TimeUnit
	zone *time.Location // nil when there is nothing to add

	from, until int64 // seconds between which offset is valid
	offset      int64

	day  uint64 // the near day whose text is date
	date [12]byte
}

// NewTimestamps readies for timestamps of type t.
func NewTimestamps(t *arrow.TimestampType) Timestamps {
	return Timestamps{unit: t.Unit, zone: zoneOf(t), from: math.MaxInt64, day: math.MaxUint64}
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
	if day != t.day {
		t.day = day
		putNearDay(&t.date, uint32(day))
	}
	*(*[12]byte)(out[:]) = t.date
	binary.LittleEndian.PutUint64(out[11:], clockDigits(uint32(seconds-day*secondsPerDay)))
	if milli|micro|nano == 0 { // so the next one need not wait for what is looked up
		return 19
	}
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

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

	last   arrow.Timestamp // that was written the long way
	span   uint64          // of the minute that is remembered, 0 if none is
	minute arrow.Timestamp // its beginning
	head   [3]uint64       // what its cells begin with
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

// PutCells writes times to the front of out, each as text behind the text's length, four
// bytes of which the highest comes first. It stops at a time that [Timestamps.Put] does
// not know, or when out has no room of TimestampCell for it, and returns how many times it
// has written, and how many bytes.
func (t *Timestamps) PutCells(out []byte, values []arrow.Timestamp) (n, size int) {
	for n < len(values) && len(out)-size >= TimestampCell {
		v := values[n]
		if uint64(v-t.minute) < t.span {
			more, bytes := t.putNear(out[size:], values[n:])
			n += more
			size += bytes
			continue
		}
		cell := (*[TimestampCell]byte)(out[size:])
		length := t.Put((*[TimestampRoom]byte)(cell[cellLength:]), v)
		if length == 0 {
			break
		}
		binary.BigEndian.PutUint32(cell[:], uint32(length))
		const near = 3600e6 // to remember times that are far from each other is of no use
		if uint64(v-t.last+near) < 2*near && t.unit == arrow.Microsecond {
			t.remember(cell, v)
		}
		t.last = v
		size += cellLength + length
		n++
	}
	return n, size
}

// TimestampCell is what [Timestamps.PutCells] may write to for a value.
const TimestampCell = cellLength + TimestampRoom

// putNear is PutCells for times of the minute that is remembered, of which the first is
// one. It stops at any other.
func (t *Timestamps) putNear(out []byte, values []arrow.Timestamp) (n, size int) {
	const whole = cellLength + 19
	head0, head1, head2 := t.head[0], t.head[1], t.head[2]
	minute, span := t.minute, t.span
	rest := out
	for _, v := range values {
		into := uint64(v - minute)
		if into >= span || len(rest) < TimestampCell {
			break
		}
		cell := (*[TimestampCell]byte)(rest)
		second := uint32(into) / 1e6
		fraction := uint32(into) - second*1e6
		tens := second * 103 >> 10
		binary.LittleEndian.PutUint64(cell[:], head0)
		binary.LittleEndian.PutUint64(cell[8:], head1)
		binary.LittleEndian.PutUint64(cell[16:], head2|uint64(tens)<<40|uint64(second-10*tens)<<48)
		n++
		if fraction == 0 {
			rest = rest[whole:]
			continue
		}
		milli := fraction / 1e3
		more := putFraction((*[fractionRoom]byte)(cell[whole:]), milli, fraction-1e3*milli, 0)
		cell[cellLength-1] += byte(more)
		rest = rest[whole+more:]
	}
	return n, len(out) - len(rest)
}

// remember keeps what the cells of times in the minute of v, whose cell this is, begin
// with: their length if they are whole seconds, and the text up to the seconds.
func (t *Timestamps) remember(cell *[TimestampCell]byte, v arrow.Timestamp) {
	const perMinute = 60e6
	local := uint64(v) + nearDay*secondsPerDay*1e6
	if t.zone != nil {
		local += uint64(t.offset * 1e6)
	}
	t.minute, t.span = v-arrow.Timestamp(local%perMinute), perMinute
	if begin, _ := split(int64(t.minute), t.unit); t.zone != nil && (begin < t.from || begin+60 >= t.until) {
		t.span = 0 // the clock is moved
	}
	t.head[0] = binary.LittleEndian.Uint64(cell[:])&^0xffff_ffff | 19<<24
	t.head[1] = binary.LittleEndian.Uint64(cell[8:])
	t.head[2] = uint64(binary.LittleEndian.Uint32(cell[16:])) | ':'<<32 | '0'<<40 | '0'<<48
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

package hive

import (
	"encoding/binary"

	"github.com/apache/arrow-go/v18/arrow"
)

const secondsPerDay = 24 * 60 * 60

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

// appendTime appends a time of day in the given unit since midnight.
func appendTime(dst []byte, v int64, unit arrow.TimeUnit) []byte {
	seconds, nanos := split(v, unit)
	return appendFraction(appendClock(dst, uint32(max(seconds, 0))), nanos)
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

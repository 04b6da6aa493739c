package hive

import (
	"strconv"

	"github.com/apache/arrow-go/v18/arrow"
)

// appendYearMonth appends Hive's INTERVAL_YEAR_MONTH, "1-2".
func appendYearMonth(dst []byte, months int64) []byte {
	b := dst
	if months < 0 {
		b, months = append(b, '-'), -months
	}
	b = strconv.AppendInt(b, months/12, 10)
	return strconv.AppendInt(append(b, '-'), months%12, 10)
}

// appendDayTime appends Hive's INTERVAL_DAY_TIME, "1 02:03:04.000000005".
func appendDayTime(dst []byte, v int64, unit arrow.TimeUnit) []byte {
	b := dst
	seconds, nanos := split(v, unit) // rounded down
	if v < 0 {
		b = append(b, '-')
		if seconds = -seconds; nanos != 0 {
			seconds, nanos = seconds-1, 1e9-nanos
		}
	}
	s := uint64(seconds) // right for the least number as well
	b = strconv.AppendUint(b, s/secondsPerDay, 10)
	b = appendClock(append(b, ' '), uint32(s%secondsPerDay))
	b = append(b, '.')
	for limit := uint32(1e8); limit > 0; limit /= 10 {
		b = append(b, byte('0'+nanos/limit%10))
	}
	return b
}

// appendInterval appends an interval of all three parts as DuckDB writes it,
// "1 year 2 months 3 days 04:05:06.789". Hive has no type for it, so this is text.
func appendInterval(dst []byte, v arrow.MonthDayNanoInterval) []byte {
	start := len(dst)
	b := appendPart(dst, start, int64(v.Months/12), " year")
	b = appendPart(b, start, int64(v.Months%12), " month")
	b = appendPart(b, start, int64(v.Days), " day")
	if v.Nanoseconds == 0 && len(b) > start {
		return b
	}
	if len(b) > start {
		b = append(b, ' ')
	}
	nanos := uint64(v.Nanoseconds)
	if v.Nanoseconds < 0 {
		b, nanos = append(b, '-'), -nanos
	}
	seconds := nanos / 1e9
	if hundreds := seconds / (100 * 3600); hundreds > 0 {
		b = strconv.AppendUint(b, hundreds, 10)
	}
	return appendFraction(appendClock(b, uint32(seconds%(100*3600))), uint32(nanos%1e9))
}

// appendPart appends one part of an interval that begins at start.
func appendPart(dst []byte, start int, n int64, name string) []byte {
	if n == 0 {
		return dst
	}
	b := dst
	if len(b) > start {
		b = append(b, ' ')
	}
	b = append(strconv.AppendInt(b, n, 10), name...)
	if n != 1 && n != -1 {
		b = append(b, 's')
	}
	return b
}

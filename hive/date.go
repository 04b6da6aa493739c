package hive

import (
	"math"
	"slices"
	"strconv"
)

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

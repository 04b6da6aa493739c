package config

import (
	"errors"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

var isoDuration = regexp.MustCompile(`^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.(\d{1,9}))?S)?)?$`)

var errDuration = errors.New("is not a duration; write PT5S, PT1H30M or P30D (ISO-8601), 5s, or a plain number of milliseconds")

// ParseDuration reads a length of time: ISO-8601 in days, hours, minutes and
// seconds (PT5S, PT0.2S, P30D; a day is 24 hours), a plain number of
// milliseconds, or Go's form (5s, 1h30m).
func ParseDuration(s string) (time.Duration, error) {
	if ms, err := strconv.ParseInt(s, 10, 64); err == nil {
		if ms > math.MaxInt64/int64(time.Millisecond) || ms < math.MinInt64/int64(time.Millisecond) {
			return 0, errors.New("is too long a time")
		}
		return time.Duration(ms) * time.Millisecond, nil
	}
	upper := strings.ToUpper(s)
	if !strings.HasPrefix(upper, "P") {
		d, err := time.ParseDuration(s)
		if err != nil {
			return 0, errDuration
		}
		return d, nil
	}
	m := isoDuration.FindStringSubmatch(upper)
	if m == nil || strings.HasSuffix(upper, "T") || upper == "P" {
		return 0, errDuration
	}
	return isoSum(m[1:])
}

// isoSum adds up days, hours, minutes, seconds and a fraction of a second.
func isoSum(parts []string) (time.Duration, error) {
	var sum time.Duration
	for i, unit := range []time.Duration{24 * time.Hour, time.Hour, time.Minute, time.Second} {
		if parts[i] == "" {
			continue
		}
		n, err := strconv.ParseInt(parts[i], 10, 64)
		if err != nil || n > int64((math.MaxInt64-sum)/unit) {
			return 0, errors.New("is too long a time")
		}
		sum += time.Duration(n) * unit
	}
	if fraction := parts[4]; fraction != "" {
		n, err := strconv.ParseInt((fraction + "00000000")[:9], 10, 64)
		if err != nil || n > math.MaxInt64-int64(sum) {
			return 0, errDuration
		}
		sum += time.Duration(n)
	}
	return sum, nil
}

// FormatDuration writes d as ISO-8601, in days only when it is whole days.
func FormatDuration(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d == 0:
		return "PT0S"
	case d < 0: // no setting takes one; a form that can be read back all the same
		return d.String()
	case d%day == 0:
		return "P" + strconv.FormatInt(int64(d/day), 10) + "D"
	}
	hours, minutes, seconds := d/time.Hour, d%time.Hour/time.Minute, d%time.Minute/time.Second
	return "PT" + part(hours, "", "H") + part(minutes, "", "M") + part(seconds, fraction(d%time.Second), "S")
}

// part is a number with its letter, or nothing for 0.
func part(n time.Duration, fraction, letter string) string {
	if n == 0 && fraction == "" {
		return ""
	}
	return strconv.FormatInt(int64(n), 10) + fraction + letter
}

// fraction is .d with as few digits as will do, or nothing for 0.
func fraction(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return "." + strings.TrimRight(strconv.FormatInt(int64(time.Second+d), 10)[1:], "0")
}

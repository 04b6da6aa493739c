package config

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

var byteUnits = []struct {
	letter string
	shift  uint
}{{"K", 10}, {"M", 20}, {"G", 30}, {"T", 40}, {"P", 50}}

// ParseBytes reads a size: a plain number of bytes, or one with a unit in any
// case. The units are powers of 1024, as Spark and Hadoop have them: 1k, 1kb and
// 1KiB are all 1024 bytes.
func ParseBytes(s string) (int64, error) {
	number, unit := s, ""
	if i := strings.IndexFunc(s, func(r rune) bool { return (r < '0' || r > '9') && r != '-' }); i >= 0 {
		number, unit = s[:i], strings.ToUpper(strings.TrimSpace(s[i:]))
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if errors.Is(err, strconv.ErrRange) {
		return 0, errors.New("is too large")
	}
	if err != nil {
		return 0, errors.New("is not a size; write a number of bytes, or 64k, 100m, 1g, 1GiB")
	}
	if unit == "" || unit == "B" {
		return n, nil
	}
	for _, u := range byteUnits {
		if unit == u.letter || unit == u.letter+"B" || unit == u.letter+"IB" {
			if n > math.MaxInt64>>u.shift || n < math.MinInt64>>u.shift {
				return 0, errors.New("is too large")
			}
			return n << u.shift, nil
		}
	}
	return 0, errors.New("has an unknown unit; use k, m, g, t or p (powers of 1024)")
}

// FormatBytes writes n with the largest unit that divides it.
func FormatBytes(n int64) string {
	out := strconv.FormatInt(n, 10)
	if n == 0 {
		return out
	}
	for _, u := range byteUnits {
		if n%(1<<u.shift) != 0 {
			break
		}
		out = strconv.FormatInt(n>>u.shift, 10) + u.letter + "iB"
	}
	return out
}

package config

import (
	"math"
	"strings"
)

// nearest is the name that looks most like word, or "" when none looks like it.
func nearest(word string, names []string) string {
	best, least := "", math.MaxInt
	for _, name := range names {
		limit := min(least, max(2, len(word)/4)+1)
		d := distance(word, name, limit)
		if d > 1 && lacksOnePart(word, name) {
			d = 1
		}
		if d < limit {
			best, least = name, d
		}
	}
	return best
}

// lacksOnePart says whether word is name without one of its parts.
func lacksOnePart(word, name string) bool {
	separator := func(r rune) bool { return r == '.' || r == '_' }
	have, want := strings.FieldsFunc(word, separator), strings.FieldsFunc(name, separator)
	if len(have)+1 != len(want) {
		return false
	}
	i := 0
	for _, part := range want {
		if i < len(have) && have[i] == part {
			i++
		}
	}
	return i == len(have)
}

// distance is the number of letters to insert, delete, replace or swap with their
// neighbour that make b of a; limit when it is not below limit.
func distance(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	var before []int // the row before last
	last := make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
			least = min(least, row[j])
		}
		if least >= limit {
			return limit
		}
		before, last = last, row
	}
	return min(last[len(b)], limit)
}

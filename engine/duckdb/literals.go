package duckdb

import "strings"

// onlyLiterals tells whether DuckDB's text sql is a SELECT of numbers, strings, NULL, TRUE
// and FALSE, with or without names, and nothing else. It says no to some that are.
func onlyLiterals(sql string) bool {
	s, ok := literalScan{sql}.word("select")
	if !ok {
		return false
	}
	for {
		if s, ok = s.literal(); !ok {
			return false
		}
		if s, ok = s.named(); !ok {
			return false
		}
		switch s = s.gap(); {
		case s.left == "":
			return true
		case s.left[0] == ',':
			s.left = s.left[1:]
		default:
			return s.left[0] == ';' && literalScan{s.left[1:]}.gap().left == ""
		}
	}
}

// literalScan is what is left of a text. Its methods answer what is left behind what they
// found.
type literalScan struct{ left string }

// gap passes over space, but not over comments: what ends one is for DuckDB to know.
func (s literalScan) gap() literalScan { return literalScan{strings.TrimLeft(s.left, " \t\n\v\f\r")} }

// name is a name without quotes, also a keyword.
func (s literalScan) name() (string, literalScan) {
	end := 0
	for end < len(s.left) && (isLetter(s.left[end]) || s.left[end] == '_' || end > 0 && isDigit(s.left[end])) {
		end++
	}
	return s.left[:end], literalScan{s.left[end:]}
}

// word is this keyword.
func (s literalScan) word(want string) (literalScan, bool) {
	name, rest := s.gap().name()
	return rest, strings.EqualFold(name, want)
}

func (s literalScan) literal() (literalScan, bool) {
	s = s.gap()
	if strings.HasPrefix(s.left, "'") {
		return s.quoted()
	}
	if name, rest := s.name(); name != "" {
		return rest, strings.EqualFold(name, "null") || strings.EqualFold(name, "true") || strings.EqualFold(name, "false")
	}
	if s.left != "" && (s.left[0] == '-' || s.left[0] == '+') {
		s.left = s.left[1:]
	}
	return s.number()
}

// number is digits, with at most one point among or before them.
func (s literalScan) number() (literalScan, bool) {
	end, points, digits := 0, 0, 0
	for ; end < len(s.left); end++ {
		switch {
		case isDigit(s.left[end]):
			digits++
		case s.left[end] == '.':
			points++
		default:
			return literalScan{s.left[end:]}, digits > 0 && points <= 1 && !isLetter(s.left[end]) && s.left[end] != '_'
		}
	}
	return literalScan{}, digits > 0 && points <= 1
}

// quoted is what begins with a quote, up to the next one that isn't doubled.
func (s literalScan) quoted() (literalScan, bool) {
	quote := s.left[0]
	for i := 1; i < len(s.left); i++ {
		if s.left[i] != quote {
			continue
		}
		if i+1 == len(s.left) || s.left[i+1] != quote {
			return literalScan{s.left[i+1:]}, true
		}
		i++
	}
	return s, false
}

// named passes over the column's name, if it has one.
func (s literalScan) named() (literalScan, bool) {
	s = s.gap()
	if name, rest := s.name(); strings.EqualFold(name, "as") {
		s = rest.gap()
	}
	if strings.HasPrefix(s.left, `"`) {
		return s.quoted()
	}
	_, s = s.name()
	return s, true
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }

package duckdb

import "strings"

// quote makes a string literal.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// quoteList makes a list of string literals.
func quoteList(list []string) string {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = quote(s)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// quoteName makes an identifier.
func quoteName(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

// several tells whether DuckDB's text sql holds more than one statement. DuckDB
// itself can't be asked: it makes two of one PIVOT.
func several(sql string) bool {
	i := 0
	for i < len(sql) && sql[i] != ';' {
		i += element(sql[i:])
	}
	for i < len(sql) {
		n := blank(sql[i:])
		if n == 0 && sql[i] == ';' {
			n = 1
		}
		if n == 0 {
			return true
		}
		i += n
	}
	return false
}

// firstWord is the first word of DuckDB's text sql, in lower case.
func firstWord(sql string) string {
	sql = afterBlank(sql)
	end := 0
	for end < len(sql) && isLetter(sql[end]) {
		end++
	}
	return strings.ToLower(sql[:end])
}

// afterBlank is s without the space and the comments that it begins with.
func afterBlank(s string) string {
	for {
		n := blank(s)
		if n == 0 {
			return s
		}
		s = s[n:]
	}
}

func isLetter(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' }

// blank is the length of the space or comment that s begins with, or 0.
func blank(s string) int {
	switch {
	case s == "":
		return 0
	case s[0] == ' ', s[0] >= '\t' && s[0] <= '\r':
		return 1
	case strings.HasPrefix(s, "--"):
		return upTo(s, "\n")
	case strings.HasPrefix(s, "/*"):
		return 2 + upTo(s[2:], "*/")
	}
	return 0
}

// upTo is the length of s up to and with end, or all of it.
func upTo(s, end string) int {
	if i := strings.Index(s, end); i >= 0 {
		return i + len(end)
	}
	return len(s)
}

// element is the length of the string, quoted name, comment or single character
// that s, which is not empty, begins with.
func element(s string) int {
	switch s[0] {
	case 'e', 'E':
		if len(s) > 1 && s[1] == '\'' {
			return 2 + escaped(s[2:])
		}
	case '\'', '"':
		return 1 + upTo(s[1:], s[:1]) // a doubled quote is two strings in a row: as good
	case '$':
		if tag := dollar(s); tag != "" {
			return len(tag) + upTo(s[len(tag):], tag)
		}
	}
	return max(1, blank(s))
}

// escaped is the length of what is left of an E'...' string.
func escaped(s string) int {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '\'':
			return i + 1
		}
	}
	return len(s)
}

// dollar is the opening quote of a dollar-quoted string, such as $tag$, or "".
func dollar(s string) string {
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '$':
			return s[:i+1]
		case !isLetter(s[i]) && s[i] != '_' && s[i] < 0x80 && (i == 1 || s[i] < '0' || s[i] > '9'):
			return ""
		}
	}
	return ""
}

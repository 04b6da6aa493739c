package dialect

import "strings"

// likeJDBC is a condition on expr for a JDBC pattern: "%" is any run, "_" any one
// character, a backslash takes away their meaning. Clients of HiveServer2 also
// send "*" and ".*" for any run. Empty when the pattern matches everything.
func likeJDBC(expr, pattern string) string {
	switch pattern {
	case "", "%", "*", ".*":
		return ""
	}
	var b strings.Builder
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '\\' && i+1 < len(pattern):
			i++
			likeLiteral(&b, pattern[i])
		case c == '*':
			b.WriteByte('%')
		case c == '%' || c == '_':
			b.WriteByte(c)
		default:
			likeLiteral(&b, c)
		}
	}
	return ilike(expr, b.String())
}

// likeHive is a condition on expr for the pattern of SHOW ... LIKE: "*" and "%"
// are any run, "|" separates alternatives, and all else is itself: "_" is part
// of too many names to be a wildcard here.
func likeHive(expr, pattern string) string {
	var alternatives []string
	for alternative := range strings.SplitSeq(pattern, "|") {
		var b strings.Builder
		for i := range len(alternative) {
			if c := alternative[i]; c == '*' || c == '%' {
				b.WriteByte('%')
			} else {
				likeLiteral(&b, c)
			}
		}
		alternatives = append(alternatives, ilike(expr, b.String()))
	}
	return "(" + strings.Join(alternatives, " OR ") + ")"
}

func likeLiteral(b *strings.Builder, c byte) {
	if c == '%' || c == '_' || c == '\\' {
		b.WriteByte('\\')
	}
	b.WriteByte(c)
}

// ilike compares without regard to case, as Hive and DuckDB take names.
func ilike(expr, pattern string) string {
	return expr + " ILIKE " + quote(pattern) + ` ESCAPE '\'`
}

// where joins conditions; empty ones don't count.
func where(conditions ...string) string {
	var some []string
	for _, c := range conditions {
		if c != "" {
			some = append(some, c)
		}
	}
	if len(some) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(some, " AND ")
}

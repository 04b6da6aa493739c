package dialect

import (
	"encoding/hex"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// How a string literal treats backslashes.
type escaping bool

const (
	escapes escaping = true
	raw     escaping = false
)

// quoted reads a string literal that starts prefix bytes after l.pos. The quote
// doubled is one quote. With escapes it reads backslashes as Hive does: the
// letters b, n, r, t, Z and 0, \uXXXX, three octal digits up to \177; \% and \_
// keep their backslash, for LIKE; any other character loses it.
func (l *lexer) quoted(t *Token, prefix int, esc escaping) error {
	t.Kind = String
	open := t.Off + prefix
	quote := l.src[open]
	var b strings.Builder
	for i := open + 1; i < len(l.src); {
		c := l.src[i]
		switch {
		case c == 0:
			return syntaxError(l.src, i, "a string can't have a NUL byte")
		case c == '\\' && bool(esc) && i+1 < len(l.src):
			n := unescape(&b, l.src[i:])
			if n == 0 {
				return syntaxError(l.src, i, "a string can't have a NUL character")
			}
			i += n
		case c != quote:
			b.WriteByte(c)
			i++
		case i+1 < len(l.src) && l.src[i+1] == quote:
			b.WriteByte(c)
			i += 2
		default:
			t.Value = b.String()
			l.pos = i + 1
			return nil
		}
	}
	return syntaxError(l.src, t.Off, "this string never ends: %c is missing", quote)
}

// unescape appends what the escape at the start of s stands for and tells how
// long it is; 0 means a NUL character. s has a backslash and at least one more
// byte.
func unescape(b *strings.Builder, s string) int {
	if r, n := unicodeEscape(s); n > 0 {
		if r == 0 {
			return 0
		}
		b.WriteRune(r)
		return n
	}
	if len(s) >= 4 && (s[1] == '0' || s[1] == '1') && isOctal(s[2]) && isOctal(s[3]) {
		code := (s[1]-'0')<<6 | (s[2]-'0')<<3 | (s[3] - '0')
		if code == 0 {
			return 0
		}
		b.WriteByte(code)
		return 4
	}
	switch c := s[1]; c {
	case '0', 0:
		return 0
	case 'b':
		b.WriteByte('\b')
	case 'n':
		b.WriteByte('\n')
	case 'r':
		b.WriteByte('\r')
	case 't':
		b.WriteByte('\t')
	case 'Z':
		b.WriteByte(0x1A)
	case '%', '_':
		b.WriteByte('\\')
		b.WriteByte(c)
	default:
		b.WriteByte(c)
	}
	return 2
}

// unicodeEscape reads \uXXXX; two that make a surrogate pair are one character,
// half a pair is U+FFFD.
func unicodeEscape(s string) (rune, int) {
	r, ok := codeUnit(s)
	if !ok {
		return 0, 0
	}
	if !utf16.IsSurrogate(r) {
		return r, 6
	}
	if low, ok := codeUnit(s[6:]); ok {
		if both := utf16.DecodeRune(r, low); both != utf8.RuneError {
			return both, 12
		}
	}
	return utf8.RuneError, 6
}

func codeUnit(s string) (rune, bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	v, err := hex.DecodeString(s[2:6])
	if err != nil {
		return 0, false
	}
	return rune(v[0])<<8 | rune(v[1]), true
}

func isOctal(c byte) bool { return c >= '0' && c <= '7' }

// quote writes s as a DuckDB string literal. s has no NUL.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// quoteName writes s as a DuckDB identifier.
func quoteName(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

// quoteLines is quote with lines as many as the user wrote: a line feed that was
// an escape stays one, so that DuckDB counts lines as the user does.
func quoteLines(s string, lines int) string {
	if strings.Count(s, "\n") <= lines {
		return quote(s)
	}
	return "E" + quote(lineEscapes.Replace(s)) + strings.Repeat("\n", lines)
}

var lineEscapes = strings.NewReplacer(`\`, `\\`, "\n", `\n`)

package dialect

import (
	"strings"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// Split finds the statements of a script: what stands between semicolons and is
// more than comments. A dialect has its own strings and comments, in which a
// semicolon ends nothing; conf and o say which it is, as for a [Session]. It fails
// with Invalid, SQLSTATE 42601 and the place for what never ends.
//
// Each statement is the first and the last offset of its text.
func Split(script string, conf map[string]string, o Options) ([][2]int, error) {
	s := NewSession(conf, nil, o)
	effective := settings{nil, s.conf}
	var (
		tokens []Token
		err    error
	)
	if s.hive(effective) {
		tokens, err = Lex(script, strings.EqualFold(effective.get(KeyDoubleQuotes), "string"))
	} else {
		tokens, err = lexDuckDB(script)
	}
	if err != nil {
		return nil, err
	}
	var (
		parts [][2]int
		part  [2]int
		open  bool
	)
	for _, t := range tokens {
		switch {
		case t.Kind == Op && script[t.Off:t.End] == ";":
			if open {
				parts = append(parts, part)
			}
			open = false
		case t.Kind == Space || t.Kind == Comment:
		default:
			if !open {
				part[0], open = t.Off, true
			}
			part[1] = t.End
		}
	}
	if open {
		parts = append(parts, part)
	}
	return parts, nil
}

// lexDuckDB splits a script as DuckDB does, as far as that tells where statements
// end: everything outside of strings, names and comments is Space or Op.
func lexDuckDB(src string) ([]Token, error) {
	var tokens []Token
	for pos := 0; pos < len(src); {
		kind, end := Op, pos+1
		rest := src[pos:]
		switch c := src[pos]; {
		case strings.IndexByte(" \t\r\n\f\v", c) >= 0:
			kind = Space
		case strings.HasPrefix(rest, "--"):
			kind, end = Comment, lineEnd(src, pos)
		case strings.HasPrefix(rest, "/*"):
			kind, end = Comment, nestedEnd(src, pos)
		case c == '\'':
			kind, end = String, quotedEnd(src, pos, backslashed(src, pos))
		case c == '"':
			kind, end = Name, quotedEnd(src, pos, false)
		case c == '$' && (pos == 0 || !wordByte(src[pos-1])):
			if tag := dollarTag(rest); tag != "" {
				kind, end = String, dollarEnd(src, pos, tag)
			}
		}
		if end < 0 {
			line, column := Place(src, pos)
			return nil, sqlerr.New(sqlerr.Invalid, "what begins at line %d, column %d never ends", line, column).WithState("42601")
		}
		tokens = append(tokens, Token{Kind: kind, Off: pos, End: end})
		pos = end
	}
	return tokens, nil
}

func lineEnd(src string, pos int) int {
	if i := strings.IndexByte(src[pos:], '\n'); i >= 0 {
		return pos + i
	}
	return len(src)
}

// nestedEnd is the end of a block comment, which may hold others; -1 is none.
func nestedEnd(src string, pos int) int {
	depth := 0
	for i := pos; i+1 < len(src); i++ {
		switch src[i : i+2] {
		case "/*":
			depth++
			i++
		case "*/":
			depth--
			i++
			if depth == 0 {
				return i + 1
			}
		}
	}
	return -1
}

// backslashed says that a string is one with backslashes: E'...'.
func backslashed(src string, pos int) bool {
	return pos > 0 && (src[pos-1] == 'e' || src[pos-1] == 'E') && (pos == 1 || !wordByte(src[pos-2]))
}

// quotedEnd is the end of what stands between two of the quotes at pos, of which
// two together are one inside; -1 is none.
func quotedEnd(src string, pos int, backslashes bool) int {
	quote := src[pos]
	for i := pos + 1; i < len(src); i++ {
		switch {
		case backslashes && src[i] == '\\':
			i++
		case src[i] != quote:
		case i+1 < len(src) && src[i+1] == quote:
			i++
		default:
			return i + 1
		}
	}
	return -1
}

// dollarTag is the $tag$ that a string begins with; "" is none.
func dollarTag(text string) string {
	for i := 1; i < len(text); i++ {
		switch c := text[i]; {
		case c == '$':
			return text[:i+1]
		case !wordByte(c), i == 1 && '0' <= c && c <= '9':
			return ""
		}
	}
	return ""
}

func dollarEnd(src string, pos int, tag string) int {
	from := pos + len(tag)
	if i := strings.Index(src[from:], tag); i >= 0 {
		return from + i + len(tag)
	}
	return -1
}

func wordByte(c byte) bool {
	return c == '_' || c >= 0x80 || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}

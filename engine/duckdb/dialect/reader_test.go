package dialect_test

import (
	"errors"
	"strings"

	"github.com/nekomata-sql/nekomata/engine/duckdb/dialect"
)

// readAsDuckDB finds the string literals of a text by DuckDB's rules, written
// down here once more and apart from the lexer: '..' where only a doubled quote
// is special, E'..' where a backslash is too, ".." for names. It fails for what
// never ends and for comments and dollar quotes, which the dialect must not emit.
func readAsDuckDB(sql string) ([]string, error) {
	var out []string
	for i := 0; i < len(sql); {
		switch rest := sql[i:]; {
		case sql[i] == '\'':
			escaped := i > 0 && sql[i-1]|0x20 == 'e' && (i == 1 || !wordPart(sql[i-2]))
			if i > 0 && !escaped && (wordPart(sql[i-1]) || sql[i-1] == '&') {
				return nil, errors.New("a word touches a literal")
			}
			value, n := readLiteral(rest, escaped)
			if n == 0 {
				return nil, errors.New("a literal never ends")
			}
			out = append(out, value)
			i += n
		case sql[i] == '"':
			_, n := readLiteral(rest, false)
			if n == 0 {
				return nil, errors.New("a name never ends")
			}
			i += n
		case strings.HasPrefix(rest, "--"), strings.HasPrefix(rest, "/*"):
			return nil, errors.New("a comment")
		case strings.HasPrefix(rest, "$$"):
			return nil, errors.New("a dollar quote")
		default:
			for i++; i < len(sql) && wordPart(sql[i-1]) && wordPart(sql[i]); i++ { // a$$b is one word
			}
		}
	}
	return out, nil
}

// readLiteral reads what begins with a quote; n is 0 when it never ends.
func readLiteral(s string, escaped bool) (value string, n int) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case escaped && s[i] == '\\' && i+1 < len(s):
			i++
			if s[i] == 'n' {
				b.WriteByte('\n')
			} else {
				b.WriteByte(s[i])
			}
		case s[i] != s[0]:
			b.WriteByte(s[i])
		case i+1 < len(s) && s[i+1] == s[0]:
			b.WriteByte(s[0])
			i++
		default:
			return b.String(), i + 1
		}
	}
	return "", 0
}

func wordPart(c byte) bool {
	return c == '_' || c == '$' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' || c >= 0x80
}

// stringsOf are the values of a statement's string literals as we read them:
// those that follow each other at once are one.
func stringsOf(sql string) []string {
	tokens, err := dialect.Lex(sql, false)
	if err != nil {
		return nil
	}
	var out []string
	joins := false
	for _, t := range tokens {
		switch t.Kind {
		case dialect.Space, dialect.Comment:
			continue
		case dialect.String:
			if joins {
				out[len(out)-1] += t.Value
			} else {
				out = append(out, t.Value)
			}
		case dialect.Bytes:
			var hex strings.Builder
			for i := 0; i < len(t.Value); i += 2 {
				hex.WriteString(`\x` + t.Value[i:i+2])
			}
			out = append(out, hex.String())
		default:
		}
		joins = t.Kind == dialect.String
	}
	return out
}

package dialect

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Kind is a token's class.
type Kind uint8

// The classes of token.
const (
	// Space is a run of white space.
	Space Kind = iota
	// Comment is a line or block comment, hints included. They don't nest.
	Comment
	// Word is a keyword or a bare name. Hive's names may begin with a digit.
	Word
	// Name is a name in backticks or double quotes; Value has it without them.
	Name
	// String is a string literal; Value is what it says.
	String
	// Bytes is a hexadecimal literal such as X'00ff'; Value has the digits.
	Bytes
	// Number is a numeric literal; Value is its suffix in lower case, if any.
	Number
	// Op is everything else: operators, punctuation, parameters.
	Op
)

// Token is a piece of a statement.
type Token struct {
	Kind Kind
	// Off and End are the byte offsets of the token in the statement.
	Off, End int
	// Value depends on Kind.
	Value string
}

// Lex splits a statement into tokens that cover all of it. With doubleStrings a
// text in double quotes is a string, as in Hive; otherwise it is a name, as in
// standard SQL. It fails with Invalid, SQLSTATE 42601 and the place for what
// never ends and for bytes that can't be in a statement.
func Lex(sql string, doubleStrings bool) ([]Token, error) {
	l := lexer{src: sql, doubleStrings: doubleStrings}
	tokens := make([]Token, 0, len(sql)/4+4)
	for l.pos < len(sql) {
		t, err := l.next()
		if err != nil {
			return nil, err
		}
		tokens = append(tokens, t)
	}
	return tokens, nil
}

type lexer struct {
	src           string
	pos           int
	doubleStrings bool
	plain         bool // strings have no escapes
	// last is the token before; a digit or a dot right behind a name is part of a
	// name (default.2024_sales), not of a number.
	last Token
}

// next reads the token at l.pos, which is before the end.
func (l *lexer) next() (Token, error) {
	t := Token{Off: l.pos}
	err := l.read(&t)
	if err != nil {
		return t, err
	}
	t.End = l.pos
	l.last = t
	return t, nil
}

func (l *lexer) read(t *Token) error {
	c := l.src[l.pos]
	switch {
	case l.spaceAt(l.pos) > 0:
		t.Kind = Space
		for n := l.spaceAt(l.pos); n > 0; n = l.spaceAt(l.pos) {
			l.pos += n
		}
		return nil
	case l.at("--"):
		t.Kind = Comment
		l.pos = l.find(l.pos, "\n\r")
		return l.noNul(t)
	case l.at("/*"):
		t.Kind = Comment
		return l.through(t, "*/", 2, "comment")
	case c == '\'':
		return l.quoted(t, 0, escaping(!l.plain))
	case c == '"' && l.doubleStrings:
		return l.quoted(t, 0, escapes)
	case c == '"' || c == '`':
		return l.name(t)
	case c == '$':
		return l.dollar(t)
	case isDigit(c) && l.behindDot():
		t.Kind = Word
		l.skipWord()
		return nil
	case isDigit(c) || c == '.' && l.pos+1 < len(l.src) && isDigit(l.src[l.pos+1]) && !l.behindName():
		return l.number(t)
	case isWordStart(c):
		return l.word(t)
	case c == 0:
		return syntaxError(l.src, l.pos, "a statement can't have a NUL byte")
	default:
		t.Kind = Op
		l.pos += l.opLen()
		return nil
	}
}

// behindName tells whether the token before is a name that ends here.
func (l *lexer) behindName() bool {
	return l.last.End == l.pos && (l.last.Kind == Word || l.last.Kind == Name)
}

// behindDot tells whether a dot ends here. One that belongs to a number is part
// of the number's token, so this one has a name before it.
func (l *lexer) behindDot() bool {
	return l.last.Kind == Op && l.last.End == l.pos && l.pos > 0 && l.src[l.pos-1] == '.'
}

func (l *lexer) at(s string) bool { return strings.HasPrefix(l.src[l.pos:], s) }

// find gives the offset of the first of chars at or after from, else the end.
func (l *lexer) find(from int, chars string) int {
	if i := strings.IndexAny(l.src[from:], chars); i >= 0 {
		return from + i
	}
	return len(l.src)
}

// through moves behind the next end, looked for skip bytes further on.
func (l *lexer) through(t *Token, end string, skip int, what string) error {
	i := strings.Index(l.src[l.pos+skip:], end)
	if i < 0 {
		return syntaxError(l.src, l.pos, "this %s never ends: %s is missing", what, end)
	}
	l.pos += skip + i + len(end)
	return l.noNul(t)
}

func (l *lexer) noNul(t *Token) error {
	if i := strings.IndexByte(l.src[t.Off:l.pos], 0); i >= 0 {
		return syntaxError(l.src, t.Off+i, "a statement can't have a NUL byte")
	}
	return nil
}

// spaceAt is the length of the white space character at i, else 0. DuckDB takes
// Unicode's spaces for spaces, so they are here too.
func (l *lexer) spaceAt(i int) int {
	if i >= len(l.src) {
		return 0
	}
	switch c := l.src[i]; {
	case c == ' ' || c >= '\t' && c <= '\r':
		return 1
	case c < utf8.RuneSelf:
		return 0
	}
	r, n := utf8.DecodeRuneInString(l.src[i:])
	if unicode.IsSpace(r) || r >= 0x200B && r <= 0x200D || r == 0x2060 || r == 0xFEFF {
		return n
	}
	return 0
}

// name reads a name in backticks or double quotes; the quote doubled stands for
// itself.
func (l *lexer) name(t *Token) error {
	t.Kind = Name
	quote := l.src[l.pos]
	var b strings.Builder
	for i := l.pos + 1; i < len(l.src); i++ {
		c := l.src[i]
		switch {
		case c == 0:
			return syntaxError(l.src, i, "a name can't have a NUL byte")
		case c != quote:
			b.WriteByte(c)
		case i+1 < len(l.src) && l.src[i+1] == quote:
			b.WriteByte(c)
			i++
		case b.Len() == 0:
			return syntaxError(l.src, l.pos, "a name can't be empty")
		default:
			t.Value = b.String()
			l.pos = i + 1
			return nil
		}
	}
	return syntaxError(l.src, l.pos, "this name never ends: %c is missing", quote)
}

// dollar reads $$text$$ and $tag$text$tag$; anything else with a dollar is left
// to DuckDB.
func (l *lexer) dollar(t *Token) error {
	i := l.pos + 1
	for i < len(l.src) && isWordPart(l.src[i]) && l.src[i] != '$' && (i > l.pos+1 || !isDigit(l.src[i])) {
		i++
	}
	if i >= len(l.src) || l.src[i] != '$' {
		t.Kind = Op
		l.pos++
		return nil
	}
	t.Kind = String
	tag := l.src[l.pos : i+1]
	if err := l.through(t, tag, len(tag), "string"); err != nil {
		return err
	}
	t.Value = l.src[t.Off+len(tag) : l.pos-len(tag)]
	return nil
}

// word reads a word, or the literal that a letter before a quote makes.
func (l *lexer) word(t *Token) error {
	start := l.pos
	for l.pos < len(l.src) && isWordPart(l.src[l.pos]) && l.spaceAt(l.pos) == 0 {
		l.pos++
	}
	if l.pos == start+1 && l.at("'") {
		switch l.src[start] | 0x20 {
		case 'e', 'n':
			return l.quoted(t, 1, escapes)
		case 'r':
			return l.quoted(t, 1, raw)
		case 'x':
			return l.bytes(t)
		}
	}
	t.Kind = Word
	return nil
}

// bytes reads X'..', whose digits Value gets.
func (l *lexer) bytes(t *Token) error {
	if err := l.quoted(t, 1, raw); err != nil {
		return err
	}
	t.Kind = Bytes
	odd := len(t.Value)%2 != 0
	if odd || strings.Trim(t.Value, "0123456789abcdefABCDEF") != "" {
		return syntaxError(l.src, t.Off, "a binary literal needs pairs of hexadecimal digits")
	}
	return nil
}

// opLen is the length of the operator at l.pos. Only those matter that differ
// from their first character for us or for what comes behind them.
func (l *lexer) opLen() int {
	for _, op := range [...]string{"<=>", "->>", "!~~", "==", "<=", ">=", "<>", "!=", "!~", "||", "&&", "::", "->", "=>", ":="} {
		if l.at(op) {
			return len(op)
		}
	}
	return 1
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isWordStart(c byte) bool {
	return c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z' || c >= utf8.RuneSelf
}

func isWordPart(c byte) bool { return isWordStart(c) || isDigit(c) || c == '$' }

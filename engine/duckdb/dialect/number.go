package dialect

import "strings"

// number reads a numeric literal with Hive's suffixes (10L, 1.5BD), or a name
// that begins with a digit, which Hive allows.
func (l *lexer) number(t *Token) error {
	start := l.pos
	t.Kind = Number
	if l.at("0x") || l.at("0X") {
		l.pos += 2
		l.skipWord()
		t.Kind = Word // neither Hive nor DuckDB has such numbers; the latter takes 0x1F for a 0 named x1F
		return nil
	}
	l.skipDigits()
	whole := l.pos > start
	if l.at(".") && !l.at("..") {
		whole = false
		l.pos++
		l.skipDigits()
	}
	whole = !l.exponent() && whole
	end := l.pos
	l.skipWord()
	tail := strings.ToLower(l.src[end:l.pos])
	switch {
	case tail == "":
	case suffixTypes[tail] != "":
		t.Value = tail
	case whole:
		t.Kind = Word
	default:
		l.pos = end
	}
	return nil
}

func (l *lexer) skipDigits() {
	for l.pos < len(l.src) && (isDigit(l.src[l.pos]) || l.src[l.pos] == '_' && l.pos+1 < len(l.src) && isDigit(l.src[l.pos+1])) {
		l.pos++
	}
}

func (l *lexer) skipWord() {
	for l.pos < len(l.src) && isWordPart(l.src[l.pos]) && l.spaceAt(l.pos) == 0 {
		l.pos++
	}
}

// exponent moves behind e, an optional sign and digits, if they are there.
func (l *lexer) exponent() bool {
	i := l.pos
	if i >= len(l.src) || l.src[i]|0x20 != 'e' {
		return false
	}
	i++
	if i < len(l.src) && (l.src[i] == '+' || l.src[i] == '-') {
		i++
	}
	if i >= len(l.src) || !isDigit(l.src[i]) {
		return false
	}
	l.pos = i
	l.skipDigits()
	return true
}

// suffixTypes has the DuckDB type that a literal's suffix asks for.
var suffixTypes = map[string]string{
	"y": "TINYINT", "s": "SMALLINT", "l": "BIGINT", "f": "FLOAT", "d": "DOUBLE", "bd": "DECIMAL(38,0)",
}

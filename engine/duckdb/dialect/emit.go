package dialect

import (
	"slices"
	"strconv"
	"strings"
)

// emitter writes tokens as DuckDB reads them: names and strings quoted anew from
// their values, comments gone, line feeds kept, so that DuckDB and the user
// count lines alike. Because every quoted thing is written from its value, the
// two can't disagree about where a literal ends.
type emitter struct {
	src    string
	tokens []Token
	out    strings.Builder
	prev   Token // the significant token before this one
	any    bool  // prev is set

	parens  []paren        // by the token that opens; made when first asked for
	weighed bool           // single is made
	single  map[int]bool   // calls, by their parentheses, that write their arguments once
	ahead   map[int]string // texts to write before tokens
	behind  map[int]string // texts to write behind tokens
	instead map[int]string // texts to write in the place of tokens
	skip    map[int]int    // tokens to leave out, from one to another

	depth   int         // how many others this one is inside of; see piece
	starts  []int       // where in out each token begins; nil without brackets
	inserts []textAt    // texts to put into out in the end
	opens   map[int]int // what opens, by what closes
}

// emit writes tokens, all of them from src, for DuckDB.
func emit(src string, tokens []Token) string {
	e := emitter{src: src, tokens: tokens}
	return e.run()
}

// run writes all tokens.
func (e *emitter) run() string {
	src, tokens := e.src, e.tokens
	if len(tokens) == 0 {
		return ""
	}
	from, end := tokens[0].Off, tokens[len(tokens)-1].End
	e.out.Grow(end - from + 16)
	if strings.IndexByte(src[from:end], '[') >= 0 { // and not in all of src: many emitters write a small part of it
		e.starts = slices.Repeat([]int{-1}, len(tokens))
	}
	e.between()
	for i := 0; i < len(tokens); i++ {
		if text, ok := e.ahead[i]; ok {
			e.literal(text)
		}
		if e.starts != nil {
			e.starts[i] = e.out.Len()
		}
		if end, ok := e.skip[i]; ok {
			e.out.WriteString(strings.Repeat("\n", strings.Count(src[tokens[i].Off:tokens[end].End], "\n")))
			i = end
			e.prev = tokens[end]
		} else if text, ok := e.instead[i]; ok {
			e.literal(text)
			e.prev = tokens[i]
		} else {
			i = e.write(i)
		}
		if text, ok := e.behind[i]; ok {
			e.out.WriteString(text)
		}
	}
	return strings.TrimRight(e.inserted(), " \t\r\n")
}

// write writes token i and gives the index of the last token that it consumed.
func (e *emitter) write(i int) int {
	t := e.tokens[i]
	text := e.src[t.Off:t.End]
	switch t.Kind {
	case Space, Comment:
		e.blank(text)
		return i
	case Name:
		e.literal(quoteName(t.Value))
	case String:
		i = e.str(i)
	case Bytes:
		e.literal(`CAST('` + hexEscapes(t.Value) + `' AS BLOB)`)
	case Number:
		e.number(t, text)
	case Word:
		if last, done := e.call(i, lower(text)); done {
			e.prev, e.any = e.tokens[last], true
			return last
		}
		e.word(i, text)
	default:
		if text != "[" || !e.index(i) {
			e.op(text)
		}
	}
	e.prev, e.any = t, true
	return i
}

// replace writes text in the place of token i.
func (e *emitter) replace(i int, text string) {
	if e.instead == nil {
		e.instead = map[int]string{}
	}
	e.instead[i] = text
}

// before writes text before token i, and before what is to be written there.
func (e *emitter) before(i int, text string) {
	if e.ahead == nil {
		e.ahead = map[int]string{}
	}
	e.ahead[i] = text + e.ahead[i]
}

// drop leaves out the tokens from i to last.
func (e *emitter) drop(i, last int) {
	if e.skip == nil {
		e.skip = map[int]int{}
	}
	e.skip[i] = last
}

// blank writes white space in place of text, with its line feeds.
func (e *emitter) blank(text string) {
	if n := strings.Count(text, "\n"); n > 0 {
		e.out.WriteString(strings.Repeat("\n", n))
		text = text[strings.LastIndexByte(text, '\n')+1:]
		if strings.TrimLeft(text, " \t") != "" {
			return
		}
		e.out.WriteString(text)
		return
	}
	if strings.TrimLeft(text, " \t") == "" {
		e.out.WriteString(text)
		return
	}
	e.out.WriteByte(' ')
}

// literal writes something quoted. What stands before must not become its
// prefix (E'..', U&'..').
func (e *emitter) literal(text string) {
	if s := e.out.String(); s != "" {
		if last := s[len(s)-1]; isWordPart(last) || last == '&' {
			e.out.WriteByte(' ')
		}
	}
	e.out.WriteString(text)
}

// str writes the string token i together with those that follow it at once,
// which in Hive are one string.
func (e *emitter) str(i int) int {
	var value strings.Builder
	end := i
	for j := i; j < len(e.tokens); j++ {
		t := e.tokens[j]
		if t.Kind == String {
			value.WriteString(t.Value)
			end = j
		} else if t.Kind != Space && t.Kind != Comment {
			break
		}
	}
	lines := strings.Count(e.src[e.tokens[i].Off:e.tokens[end].End], "\n")
	text := quoteLines(value.String(), lines)
	e.literal(text)
	// Line feeds between the strings come behind them, so that the lines add up.
	e.out.WriteString(strings.Repeat("\n", max(0, lines-strings.Count(text, "\n"))))
	return end
}

func (e *emitter) number(t Token, text string) {
	if t.Value == "" {
		if len(text) > len("9223372036854775807") && len(text) <= 38 && strings.Trim(text, "0123456789") == "" {
			e.literal("CAST(" + text + " AS DECIMAL(" + strconv.Itoa(len(text)) + ",0))")
			return
		}
		if before, after, found := strings.Cut(text, "."); found && strings.Trim(before, "0") == "" && after != "" && len(after) <= 38 && strings.Trim(after, "0123456789") == "" {
			n := strconv.Itoa(len(after)) // Hive counts no digit before the point
			e.literal("CAST(" + text + " AS DECIMAL(" + n + "," + n + "))")
			return
		}
		e.out.WriteString(text)
		return
	}
	digits := text[:len(text)-len(t.Value)]
	if t.Value == "bd" && strings.Contains(digits, ".") && !strings.ContainsAny(digits, "eE") {
		e.out.WriteString(digits) // DuckDB takes it for a DECIMAL that is just wide enough
		return
	}
	e.literal("CAST(" + digits + " AS " + suffixTypes[t.Value] + ")")
}

// word writes a word, quoted where it is a name that DuckDB reserves.
func (e *emitter) word(i int, text string) {
	if isDigit(text[0]) || e.isName(i, lower(text)) {
		e.literal(quoteName(text))
		return
	}
	if e.insertTable(i, text) {
		return // INSERT INTO TABLE t: DuckDB knows no TABLE there
	}
	e.out.WriteString(text)
}

// isName tells whether the word, reserved in DuckDB, stands where a name must.
func (e *emitter) isName(i int, word string) bool {
	if !reserved[word] {
		return false
	}
	next, after := e.following(i)
	if e.any && e.prevIs(".") || next == "." {
		return true
	}
	if !columnWords[word] || !e.operandPlace() {
		return false
	}
	switch {
	case word == "lambda": // lambda x: x + 1
		return after.Kind == Op || after.End == 0
	case e.prevIs("(") && statementWords[word]:
		return after.Kind == Op && next != "(" && next != "*"
	}
	return true
}

// operandPlace tells whether an expression or a name must begin here.
func (e *emitter) operandPlace() bool {
	if !e.any {
		return false
	}
	text := e.src[e.prev.Off:e.prev.End]
	if e.prev.Kind == Word {
		return beforeOperand[lower(text)]
	}
	return e.prev.Kind == Op && !endsOperand[text]
}

// following gives the text of the next significant token as far as it is an
// operator, and the token itself.
func (e *emitter) following(i int) (string, Token) {
	for _, t := range e.tokens[i+1:] {
		if t.Kind == Space || t.Kind == Comment {
			continue
		}
		if t.Kind == Op {
			return e.src[t.Off:t.End], t
		}
		return "", t
	}
	return "", Token{}
}

func (e *emitter) prevIs(op string) bool {
	return e.prev.Kind == Op && e.src[e.prev.Off:e.prev.End] == op
}

// insertTable tells whether the word is TABLE behind INSERT INTO.
func (e *emitter) insertTable(i int, text string) bool {
	if !strings.EqualFold(text, "table") || !e.any || !isWord(e.src, e.prev, "into") {
		return false
	}
	n := 0
	for j := i - 1; j >= 0; j-- {
		t := e.tokens[j]
		if t.Kind == Space || t.Kind == Comment {
			continue
		}
		if n++; n == 2 {
			return isWord(e.src, t, "insert")
		}
	}
	return false
}

func (e *emitter) op(text string) {
	switch {
	case text == "<=>": // Hive's null-safe equality; DuckDB's is a distance
		e.out.WriteString(" IS NOT DISTINCT FROM ")
	case text == "==": // which DuckDB reads inside of brackets only where it is alone
		e.out.WriteString("=")
	case text == "!" && (!e.any || e.operandPlace()):
		e.out.WriteString(" NOT ")
	default:
		e.out.WriteString(text)
	}
}

func isWord(src string, t Token, word string) bool {
	return t.Kind == Word && strings.EqualFold(src[t.Off:t.End], word)
}

// hexEscapes writes pairs of digits as DuckDB's text form of a BLOB.
func hexEscapes(digits string) string {
	var b strings.Builder
	for i := 0; i < len(digits); i += 2 {
		b.WriteString(`\x`)
		b.WriteString(digits[i : i+2])
	}
	return b.String()
}

package dialect

import (
	"slices"
	"strings"
)

// Macros for a value with a key in brackets: numberedItem for a key that is surely a
// number, anyItem for others. The latter chooses by the key's type, which
// DuckDB can't tell in time for aggregates, window functions and columns of outer queries.
const (
	numberedItem = "hive_item"
	anyItem      = "hive_item_by_type"
)

// numeric are functions that make numbers of anything.
var numeric = set("size length char_length character_length cardinality count count_if max min any_value unnest row_number rank dense_rank " +
	"ntile floor ceil ceiling int bigint smallint tinyint instr locate position pmod mod abs greatest least array_position find_in_set ascii " +
	"year month day hour minute second dayofmonth dayofweek weekday quarter datediff extract")

// maxIndexes is how many brackets may stand behind one another: the macro
// names its value twice, so each doubles what DuckDB has to read.
const maxIndexes = 8

// index writes the bracket i behind a value: Hive counts an array from 0, DuckDB
// from 1, and both look up a map by its keys; so a macro asks what the value is.
// It tells whether it wrote the bracket itself.
func (e *emitter) index(i int) bool {
	if !e.any || !e.endsValue(e.prev) {
		return false
	}
	key, last := e.next(i), e.paren(i).close
	if last == 0 || key == last || e.tokens[key].Kind == String || !e.isKey(key, last) {
		return false
	}
	before, behind, number := ", ", ")", e.isNumber(key, last)
	begin, deep := e.operand(i)
	switch {
	case deep && number:
		before, behind = "[1 + (", ")]" // so deep are arrays only
	case deep || begin < 0 || e.starts[begin] < 0 || !e.isValue(begin):
		return false
	default:
		name := anyItem
		if number {
			name = numberedItem
		}
		e.inserts = append(e.inserts, textAt{e.starts[begin], " " + library + "." + name + "("})
	}
	e.out.WriteString(before)
	if e.instead == nil {
		e.instead = map[int]string{}
	}
	e.instead[last] = behind
	return true
}

// endsValue tells whether a bracket behind t belongs to a value, and is no list.
func (e *emitter) endsValue(t Token) bool {
	text := lower(e.src[t.Off:t.End])
	switch t.Kind {
	case Name:
		return true
	case Word:
		return !reserved[text] && !beforeOperand[text] && text != "array"
	case Op:
		return text == ")" || text == "]"
	default:
		return false
	}
}

// isValue tells whether a value, not a type, begins at token i.
func (e *emitter) isValue(i int) bool {
	j := e.previous(i)
	if j < 0 {
		return true
	}
	t := e.tokens[j]
	return t.Kind == Op && !e.is(j, "::") && !e.is(j, ")") || t.Kind == Word && beforeOperand[lower(e.src[t.Off:t.End])]
}

// isNumber tells whether the tokens are an expression that is surely a number.
func (e *emitter) isNumber(from, to int) bool {
	for e.is(from, "(") && e.parens[from].close > 0 && e.next(e.parens[from].close) == to {
		from, to = e.next(from), e.parens[from].close
	}
	t := e.tokens[from]
	if t.Kind == Number && !strings.ContainsAny(e.src[t.Off:t.End], ".eE") || t.Kind == Word && e.makesNumber(from) {
		return true
	}
	for j := from; j < to; j = e.next(j) {
		if t := e.tokens[j]; t.Kind == Op {
			switch e.src[t.Off:t.End] {
			case "+", "-", "*", "/", "%":
				return true
			}
		}
		if p := e.parens[j]; p.close > 0 {
			j = p.close
		}
	}
	return false
}

// makesNumber tells whether word i calls a function that makes a number.
func (e *emitter) makesNumber(i int) bool {
	open := e.next(i)
	if !e.is(open, "(") {
		return false
	}
	p := e.parens[open]
	if e.is(i, "cast") && p.as > 0 && p.close > 0 {
		name := e.tokens[e.next(p.as)]
		switch lower(e.src[name.Off:name.End]) {
		case "int", "integer", "bigint", "smallint", "tinyint":
			return true
		}
		return false
	}
	return numeric[lower(e.src[e.tokens[i].Off:e.tokens[i].End])]
}

// isKey tells whether the tokens in a bracket are one key, not a slice or a list.
func (e *emitter) isKey(from, to int) bool {
	for j := from; j < to; j = e.next(j) {
		if e.tokens[j].Kind != Op {
			if isWord(e.src, e.tokens[j], "for") {
				return false // [x for x in list]
			}
			continue
		}
		if e.is(j, ":") || e.is(j, ",") {
			return false
		}
		if p := e.parens[j]; p.close > 0 {
			j = p.close
		}
	}
	return true
}

// operand is the token that the value before token i begins with, or -1, and
// whether as many brackets as may be are behind it.
func (e *emitter) operand(i int) (begin int, deep bool) {
	begin = -1
	for brackets := 0; ; {
		j := e.previous(i)
		switch {
		case j < 0:
			return begin, false
		case e.tokens[j].Kind == Op && e.is(j, "]"):
			if i = e.openOf(j); i < 0 {
				return -1, false
			}
			if before := e.previous(i); before < 0 || !e.endsValue(e.tokens[before]) {
				return i, false // a list
			}
			if brackets++; brackets == maxIndexes {
				return i, true
			}
			continue
		case e.tokens[j].Kind == Op && e.is(j, ")"):
			begin = e.beginOfCall(j)
		case e.tokens[j].Kind == Word || e.tokens[j].Kind == Name:
			begin = j
		default:
			return begin, false
		}
		if i = e.previous(begin); i < 0 || !e.is(i, ".") {
			return begin, false
		}
	}
}

// beginOfCall is the token that the call or parenthesis begins with that ends at
// token i, or -1.
func (e *emitter) beginOfCall(i int) int {
	open := e.openOf(i)
	if open < 0 {
		return -1
	}
	if name := e.previous(open); name >= 0 && e.isFunction(name) {
		return name
	}
	return open
}

// isFunction tells whether token i names what the parenthesis behind it calls.
func (e *emitter) isFunction(i int) bool {
	t := e.tokens[i]
	return t.Kind == Name || t.Kind == Word && !beforeOperand[lower(e.src[t.Off:t.End])]
}

// previous is the index of the significant token before i, or -1.
func (e *emitter) previous(i int) int {
	for i--; i >= 0 && (e.tokens[i].Kind == Space || e.tokens[i].Kind == Comment); i-- {
		continue
	}
	return i
}

// openOf is the parenthesis that ends at token i, or -1.
func (e *emitter) openOf(i int) int {
	if e.opens == nil {
		e.opens = map[int]int{}
		for open, p := range e.parens {
			if p.close > 0 {
				e.opens[p.close] = open
			}
		}
	}
	if open, ok := e.opens[i]; ok {
		return open
	}
	return -1
}

// textAt is a text to put in at a place of what was written.
type textAt struct {
	at   int
	text string
}

// inserted is what was written, with the beginnings of the macros' calls put in
// where their values begin. Of two at one place the later one stands outside.
func (e *emitter) inserted() string {
	text := e.out.String()
	if len(e.inserts) == 0 {
		return text
	}
	slices.Reverse(e.inserts)
	slices.SortStableFunc(e.inserts, func(a, b textAt) int { return a.at - b.at })
	var b strings.Builder
	b.Grow(len(text) + len(e.inserts)*40)
	from := 0
	for _, i := range e.inserts {
		b.WriteString(text[from:i.at])
		b.WriteString(i.text)
		from = i.at
	}
	b.WriteString(text[from:])
	return b.String()
}

// withBrackets writes calls of the macros in the name of a column as brackets.
func withBrackets(name string) string {
	for limit := len(name); ; {
		at := strings.LastIndex(name[:limit], numberedItem)
		if at < 0 {
			return name
		}
		limit = at
		inner, ok := strings.CutPrefix(name[at:], anyItem+"(")
		if !ok {
			inner, ok = strings.CutPrefix(name[at:], numberedItem+"(")
		}
		if comma, end := lastArgument(inner); ok && comma > 0 {
			name = name[:at] + inner[:comma] + "[" + strings.TrimSpace(inner[comma+1:end]) + "]" + inner[end+1:]
		}
	}
}

// lastArgument is where the last comma of a call's arguments is and where they end; the
// first is 0 when they don't end.
func lastArgument(s string) (comma, end int) {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\'' || c == '"':
			i += upTo(s[i+1:], c)
		case c == '(' || c == '[' || c == '{':
			depth++
		case (c == ')' || c == ']' || c == '}') && depth == 0:
			return comma, i
		case c == ')' || c == ']' || c == '}':
			depth--
		case c == ',' && depth == 0:
			comma = i
		}
	}
	return 0, 0
}

// upTo is the length of s up to and with quote, or all of it.
func upTo(s string, quote byte) int {
	if i := strings.IndexByte(s, quote); i >= 0 {
		return i + 1
	}
	return len(s)
}

package dialect

import (
	"strconv"
	"strings"
)

// call says how a call of a function is written for DuckDB.
type call struct {
	// arities has a bit for each number of arguments that it holds for.
	arities uint64
	// to takes the place of the name.
	to string
	// window is the name with OVER or DISTINCT behind it, where macros can't be.
	window string
	// once takes the place of the name where the arguments are large; see nesting.go.
	once string
	// pattern is the argument, from 1, that is a Java time pattern.
	pattern int
	// text says that the result is text, which Hive calculates with as a number.
	text bool
}

const anyArity = ^uint64(0)

// calls are the functions of Hive's that aren't DuckDB's.
var calls = func() map[string]call {
	m := map[string]call{
		"array": {arities: anyArity, to: "list_value"}, "transform": {arities: 1 << 2, to: "list_transform"},
		"format_string": {arities: anyArity, to: "printf"},
		"collect_list":  {window: "list"}, "collect_set": {window: "list"},
		"count_if": {window: "count_if"}, "percentile": {window: "quantile_cont"},
		"std": {arities: 1 << 1, to: "stddev"}, "every": {arities: 1 << 1, to: "bool_and"}, "kurtosis": {arities: 1 << 1, to: "kurtosis_pop"},
		"first_value": {arities: 1 << 1, to: "first", window: "first_value"}, "last_value": {arities: 1 << 1, to: "last", window: "last_value"},
		"date_format": {pattern: 2, text: true}, "from_unixtime": {pattern: 2, text: true},
		"unix_timestamp": {pattern: 2}, "to_unix_timestamp": {pattern: 2}, "to_date": {pattern: 2}, "to_timestamp": {pattern: 2},
	}
	for _, mac := range allMacros() {
		name := strings.TrimPrefix(mac.name, casting)
		c := m[name]
		c.to = library + "." + quoteName(mac.name)
		for _, body := range mac.bodies {
			list := body[1:strings.IndexByte(body, ')')]
			n := strings.Count(list, ",")
			if list != "" {
				n++
			}
			c.arities |= 1 << n
		}
		m[name] = c
	}
	for _, s := range siblings() {
		name := strings.TrimPrefix(strings.TrimPrefix(s.name, once), casting)
		c := m[name]
		c.once = library + "." + quoteName(s.name)
		m[name] = c
	}
	return m
}()

// paren is what is known about a parenthesis.
type paren struct {
	close int // its end; 0 when there is none
	open  int // of one that closes: where it opens, plus one
	args  int
	as    int // the last AS directly in it
	in    int // of any token: the parenthesis around it, plus one
}

// layout finds where parentheses end and how many arguments are in them.
func (e *emitter) layout() {
	e.parens = make([]paren, len(e.tokens))
	var open []int
	for i, t := range e.tokens {
		if t.Kind == Space || t.Kind == Comment {
			continue
		}
		text := e.src[t.Off:t.End]
		closes := t.Kind == Op && (text == ")" || text == "]" || text == "}")
		var in *paren
		if len(open) > 0 {
			in = &e.parens[open[len(open)-1]]
			e.parens[i].in = open[len(open)-1] + 1
			if in.args == 0 && !closes {
				in.args = 1
			}
		}
		switch {
		case t.Kind == Op && (text == "(" || text == "[" || text == "{"):
			open = append(open, i)
		case closes && in != nil:
			in.close = i
			e.parens[i].open = open[len(open)-1] + 1
			open = open[:len(open)-1]
		case in != nil && t.Kind == Op && text == ",":
			in.args++
		case in != nil && t.Kind == Word && strings.EqualFold(text, "as"):
			in.as = i
		}
	}
}

// paren gives the parenthesis that begins at token i.
func (e *emitter) paren(i int) paren {
	if e.parens == nil {
		e.layout()
	}
	return e.parens[i]
}

// next is the index of the significant token behind i, or the number of tokens.
func (e *emitter) next(i int) int {
	for i++; i < len(e.tokens) && (e.tokens[i].Kind == Space || e.tokens[i].Kind == Comment); i++ {
		continue
	}
	return i
}

func (e *emitter) is(i int, text string) bool {
	return i >= 0 && i < len(e.tokens) && e.tokens[i].Kind != String && strings.EqualFold(e.src[e.tokens[i].Off:e.tokens[i].End], text)
}

// later writes text behind token i.
func (e *emitter) later(i int, text string) {
	if e.behind == nil {
		e.behind = map[int]string{}
	}
	e.behind[i] = text + e.behind[i]
}

// call writes the word i as far as it is a call that has to be written in another
// way. It gives the index of the last token that it consumed, and whether it did
// anything.
func (e *emitter) call(i int, word string) (int, bool) {
	switch word {
	case "current_timestamp":
		return e.withoutParens(i, "CAST(now() AS TIMESTAMP)")
	case "current_user", "session_user":
		return e.withoutParens(i, library+"."+word+"()")
	case "lateral":
		return e.lateralView(i)
	}
	if last, done := e.clause(i, word); done {
		return last, true
	}
	open := e.next(i)
	if !e.is(open, "(") || e.any && e.prevIs(".") {
		return i, false
	}
	if word == "range" && e.any && (isWord(e.src, e.prev, "from") || isWord(e.src, e.prev, "join")) {
		if end := e.paren(open).close; end > 0 { // the column's name is id
			e.out.WriteString("(SELECT range AS id FROM range")
			e.later(end, ")")
			return i, true
		}
	}
	c, known := calls[word]
	special := specialWords[word]
	if !known && !special {
		return i, false
	}
	p := e.paren(open)
	if p.close == 0 || !e.startsOperand() {
		return i, false
	}
	if special {
		if last, done := e.special(i, open, p, word); done {
			return last, true
		}
	}
	switch {
	case known && c.arities&(1<<min(p.args, 63)) != 0 && (!dateSums[word] || !e.interval(open, p.close)):
		e.rename(i, open, p, c)
		return i, true
	}
	return i, false
}

// startsOperand is operandPlace that takes words which aren't known for the
// beginning of an expression as well, but not names of types and tables.
func (e *emitter) startsOperand() bool {
	if !e.any {
		return true
	}
	if e.prev.Kind == Word {
		w := lower(e.src[e.prev.Off:e.prev.End])
		return w != "table" && w != "into" && w != "join" && w != "macro" && w != "function" && w != "as" && w != "view"
	}
	return e.prev.Kind == Op && !e.prevIs("::")
}

// endOfCall is the last token of a call whose arguments end at i: behind FILTER
// and OVER.
func (e *emitter) endOfCall(i int) int {
	for {
		n := e.next(i)
		switch {
		case e.is(n, "filter") && e.is(e.next(n), "("), e.is(n, "over") && e.is(e.next(n), "("):
			end := e.paren(e.next(n)).close
			if end == 0 {
				return i
			}
			i = end
		case e.is(n, "over"):
			return e.next(n)
		case e.is(n, "ignore") || e.is(n, "respect"):
			i = e.next(n)
		default:
			return i
		}
	}
}

func (e *emitter) rename(i, open int, p paren, c call) {
	name := c.to
	if c.once != "" && e.nested(open) {
		name = c.once
	}
	if end := e.endOfCall(p.close); c.window != "" && (end != p.close || e.is(e.next(open), "distinct")) {
		name = c.window
	}
	if c.text && e.calculates(p.close) {
		e.out.WriteString("CAST(")
		e.later(p.close, " AS DOUBLE)")
	}
	e.out.WriteString(name)
	if c.pattern > 0 && p.args == c.pattern {
		e.javaPattern(i, open, p)
	}
}

// calculates tells whether the value that ends at i is calculated with.
func (e *emitter) calculates(i int) bool {
	arithmetic := func(text string) bool { return text == "-" || text == "+" || text == "*" || text == "/" || text == "%" }
	if e.any && e.prev.Kind == Op && arithmetic(e.src[e.prev.Off:e.prev.End]) {
		return true
	}
	n := e.next(i)
	return n < len(e.tokens) && e.tokens[n].Kind == Op && arithmetic(e.src[e.tokens[n].Off:e.tokens[n].End])
}

// dateSums are functions of DuckDB's that take an INTERVAL, under a name of Hive's.
var dateSums = set("date_add date_sub add_months")

// interval tells whether there is an INTERVAL between two tokens: DuckDB's own
// function is meant.
func (e *emitter) interval(from, to int) bool {
	for n := e.next(from); n < to; n = e.next(n) {
		if inner := e.paren(n).close; inner > 0 {
			n = inner
		} else if e.tokens[n].Kind == Word && e.is(n, "interval") {
			return true
		}
	}
	return false
}

// javaPattern puts DuckDB's pattern in the place of a Java pattern that is a
// literal, the last argument.
func (e *emitter) javaPattern(_, open int, p paren) {
	last, before := 0, 0
	for n := e.next(open); n < p.close; n = e.next(n) {
		before, last = last, n
		if inner := e.paren(n).close; inner > 0 {
			n, last = inner, inner
		}
	}
	if e.tokens[last].Kind == String && e.is(before, ",") {
		if e.instead == nil {
			e.instead = map[int]string{}
		}
		e.instead[last] = quote(DuckPattern(e.tokens[last].Value))
	}
}

// withoutParens writes a call that Hive takes with parentheses and without.
func (e *emitter) withoutParens(i int, as string) (int, bool) {
	if e.any && (e.prevIs(".") || !e.startsOperand()) {
		return i, false
	}
	n := e.next(i)
	if e.is(n, ".") {
		return i, false
	}
	e.out.WriteString(as)
	if e.is(n, "(") && e.is(e.next(n), ")") {
		return e.next(n), true
	}
	return i, true
}

// castsTo has the macros for casts whose meaning differs, by DuckDB's type.
var castsTo = map[string]string{
	"TINYINT": "tinyint", "SMALLINT": "smallint", "INTEGER": "int", "BIGINT": "bigint", "DOUBLE": "double", "FLOAT": "float",
	"DATE": "date", "TIMESTAMP": "timestamp", "BLOB": "binary", varchar: "string",
}

// cast writes CAST(x AS t): what can't be cast is NULL, and fractions are cut.
func (e *emitter) cast(open int, p paren) (int, bool) {
	const longest = 5000 // tokens of a type
	if p.as == 0 || p.close-p.as > longest {
		return open, false
	}
	sub := &cursor{src: e.src, tokens: e.tokens}
	for i := e.next(p.as); i < p.close; i = e.next(i) {
		sub.sig = append(sub.sig, i)
	}
	duck, err := sub.typeName()
	if err != nil || !sub.done() {
		return open, false
	}
	sized := sizedType(sub.src[sub.tokens[sub.sig[0]].Off:sub.tokens[sub.sig[len(sub.sig)-1]].End])
	first := e.next(open)
	single := e.next(first) == p.as
	name := castsTo[strings.ToUpper(duck)]
	whole := single && e.tokens[first].Kind == Number && !strings.ContainsAny(e.src[e.tokens[first].Off:e.tokens[first].End], ".eE") &&
		e.tokens[first].End-e.tokens[first].Off <= len("32")
	macro := casting + name
	if sized.Size > 0 {
		macro = sizing + strings.TrimRight(sized.Type, "()0123456789")
	}
	if e.nested(open) {
		macro = once + macro
	}
	switch {
	case sized.Size > 0:
		e.out.WriteString(library + "." + quoteName(macro) + "(")
		e.replaceCast(p, ", "+strconv.Itoa(sized.Size)+")")
	case whole && (strings.HasSuffix(strings.ToUpper(duck), "INT") || duck == "INTEGER"), single && duck == varchar && e.tokens[first].Kind == String:
		e.out.WriteString("CAST(")
		e.replaceCast(p, " AS "+duck+")")
	case name == "":
		e.out.WriteString("TRY_CAST(")
		e.replaceCast(p, " AS "+duck+")")
	default:
		e.out.WriteString(library + "." + quoteName(macro) + "(")
		e.replaceCast(p, ")")
	}
	e.prev, e.any = e.tokens[open], true
	return open, true
}

// replaceCast writes text in the place of AS, the type and the parenthesis.
func (e *emitter) replaceCast(p paren, text string) {
	if e.skip == nil {
		e.skip = map[int]int{}
	}
	e.skip[p.as] = p.close
	e.later(p.close, text)
}

package dialect

import (
	"strconv"
	"strings"
)

// between finds what stands between operands and means another thing to DuckDB,
// or nothing at all, and decides how to write it. It looks at no statement twice:
// how far back it looks for an operand has a limit.
func (e *emitter) between() {
	last, done := -1, -1 // the significant token before, and what is written already
	for i, t := range e.tokens {
		if i <= done {
			continue
		}
		switch t.Kind {
		case Space, Comment:
			continue
		case Word:
			done = e.betweenWord(i, last)
		case Op:
			if last >= 0 && t.End-t.Off == 1 && e.src[t.Off] == '^' {
				e.operator(i, last, exclusive)
			}
			if last >= 0 && e.tokens[last].Kind == String {
				e.numberText(i, last, last)
			}
		case String:
			if last >= 0 && e.tokens[last].Kind == Op {
				e.numberText(last, i, i)
			}
		case Number:
			e.narrow(i, last)
		default:
		}
		last = i
	}
}

// betweenWord is between for a word. It gives the last token that it has written
// already, or -1.
func (e *emitter) betweenWord(i, last int) int {
	if last < 0 {
		return -1
	}
	switch text := e.bare(i); {
	case strings.EqualFold(text, "div"):
		e.operator(i, last, wholeDiv)
	case strings.EqualFold(text, "interval"):
		e.intervalOperand(i, last)
	case strings.EqualFold(text, "like") || strings.EqualFold(text, "ilike"):
		return e.likePattern(i, last)
	case strings.EqualFold(text, "rlike") || strings.EqualFold(text, "regexp"):
		e.matches(i, last)
	}
	return -1
}

const arithmetic = "+-*/%"

// numberText casts a text that is calculated with. op is the operator beside it.
func (e *emitter) numberText(op, text, around int) {
	if s := e.src[e.tokens[op].Off:e.tokens[op].End]; len(s) != 1 || !strings.Contains(arithmetic, s) {
		return
	}
	before := e.previous(text)
	if before >= 0 && e.tokens[before].Kind == Word && !beforeOperand[lower(e.src[e.tokens[before].Off:e.tokens[before].End])] {
		return // DATE '...'
	}
	for _, n := range [...]int{e.next(op), e.next(around)} {
		if e.is(n, "interval") || e.is(n, "date") || e.is(n, "timestamp") {
			return
		}
	}
	if before == op && e.is(op, "*") && e.endsOperand(e.previous(op)) < 0 {
		return // SELECT * 'alias'
	}
	e.before(text, "TRY_CAST(")
	e.close(text, " AS DOUBLE)")
}

// narrow makes a whole number beside a decimal as wide as its digits, as Hive
// does; DuckDB takes it for one of ten digits.
func (e *emitter) narrow(i, op int) {
	number := e.tokens[i]
	text := e.src[number.Off:number.End]
	if op >= 0 && e.is(op, "*") && e.isDecimal(i) && e.isDecimal(e.previous(op)) && number.Value == "" && len(text) < 18 {
		_, fraction, _ := strings.Cut(text, ".")
		e.replace(i, "CAST("+text+" AS DECIMAL("+strconv.Itoa(len(text))+","+strconv.Itoa(len(fraction))+"))") // a digit more than it has
		return
	}
	if number.Value != "" || strings.ContainsAny(text, ".eExX_") || len(text) > 9 {
		return
	}
	other, operator := e.previous(op), op
	if !e.isArithmetic(op) || !e.isDecimal(other) {
		operator = e.next(i)
		if other = e.next(operator); !e.isArithmetic(operator) || other >= len(e.tokens) || e.tokens[other].Kind != Number || !e.isDecimal(other) {
			return
		}
	}
	width := len(text)
	switch e.bare(operator) {
	case "/":
		return
	case "*":
		width++ // Hive's products are one digit wider than DuckDB's
	}
	e.replace(i, "CAST("+text+" AS DECIMAL("+strconv.Itoa(width)+",0))")
}

func (e *emitter) isArithmetic(i int) bool {
	return i >= 0 && i < len(e.tokens) && e.tokens[i].Kind == Op && len(e.bare(i)) == 1 && strings.Contains(arithmetic, e.bare(i))
}

// isDecimal tells whether a literal is a decimal, or the call that ends at token i
// a cast to one.
func (e *emitter) isDecimal(i int) bool {
	if i < 0 {
		return false
	}
	if t := e.tokens[i]; t.Kind == Number {
		return strings.Contains(e.bare(i), ".") && !strings.ContainsAny(e.bare(i), "eE") && t.Value == "" || t.Value == "bd"
	}
	if open := e.opening(i); open > 0 && e.is(e.previous(open), "cast") {
		as := e.parens[open].as
		return as > 0 && e.is(e.next(as), "decimal")
	}
	return false
}

// close writes text behind token i and what is to be written there already.
func (e *emitter) close(i int, text string) {
	if e.behind == nil {
		e.behind = map[int]string{}
	}
	e.behind[i] += text
}

// furthest is how many tokens back the beginning of an operand is looked for.
const furthest = 200

// endsOperand is where the operand that ends at token i begins: a name, a
// literal, a call, something in parentheses; -1 when nothing of it ends there.
func (e *emitter) endsOperand(i int) int {
	for range furthest {
		if i < 0 || e.isKeyword(i) {
			return -1
		}
		start := i
		switch before := e.previous(i); {
		case e.tokens[i].Kind == String && (e.is(before, "date") || e.is(before, "timestamp")):
			start = before
		case e.tokens[i].Kind == String:
		case e.is(i, ")") || e.is(i, "]"):
			open := e.opening(i)
			if open < 0 {
				return -1
			}
			if before = e.previous(open); before >= 0 && (e.is(i, "]") || e.isFunctionName(before)) {
				i = before
				continue
			}
			start = open
		case e.tokens[i].Kind == Op:
			return -1
		}
		dot := e.previous(start)
		if !e.is(dot, ".") {
			return start
		}
		i = e.previous(dot)
	}
	return -1
}

// isKeyword tells whether token i is a word behind which an operand begins.
func (e *emitter) isKeyword(i int) bool {
	return e.tokens[i].Kind == Word && (beforeOperand[lower(e.bare(i))] || e.is(i, "as"))
}

func (e *emitter) isFunctionName(i int) bool {
	t := e.tokens[i]
	return t.Kind == Name || t.Kind == Word && !beforeOperand[lower(e.src[t.Off:t.End])] && !e.is(i, "in") && !e.is(i, "as")
}

// opening is the parenthesis that token i closes, or -1.
func (e *emitter) opening(i int) int {
	if e.parens == nil {
		e.layout()
	}
	if open := e.parens[i].open; open > 0 {
		return open - 1
	}
	return -1
}

// factor is where the chain of multiplications that ends at token i begins.
func (e *emitter) factor(i int) int {
	start := e.endsOperand(i)
	for range furthest {
		if start < 0 {
			return -1
		}
		op := e.previous(start)
		if !e.is(op, "*") && !e.is(op, "/") && !e.is(op, "%") && !e.is(op, "div") {
			return start
		}
		before := e.endsOperand(e.previous(op))
		if before < 0 {
			return start
		}
		start = before
	}
	return -1
}

// sum is where the sum begins whose last term begins at start.
func (e *emitter) sum(start int) int {
	for range furthest {
		if start < 0 {
			return -1
		}
		op := e.previous(start)
		if op < 0 || !e.is(op, "+") && !e.is(op, "-") {
			return start
		}
		before := e.factor(e.previous(op))
		if before < 0 {
			return start
		}
		start = before
	}
	return -1
}

// beginsOperand is the last token of the operand that begins at token i.
func (e *emitter) beginsOperand(i int) int {
	for e.is(i, "-") || e.is(i, "+") {
		i = e.next(i)
	}
	if i >= len(e.tokens) {
		return -1
	}
	end := i
	switch t := e.tokens[i]; {
	case e.is(i, "("):
		end = e.paren(i).close
	case t.Kind == Op:
		return -1
	case t.Kind == String:
		for n := e.next(i); n < len(e.tokens) && e.tokens[n].Kind == String; n = e.next(n) {
			end = n
		}
		return end
	}
	for range furthest {
		n := e.next(end)
		switch {
		case end == 0:
			return -1
		case e.is(n, ".") && e.next(n) < len(e.tokens):
			end = e.next(n)
		case e.is(n, "(") && e.isFunctionName(end), e.is(n, "["):
			end = e.paren(n).close
		default:
			return end
		}
	}
	return -1
}

// operator writes a op b as a call.
func (e *emitter) operator(op, last int, function string) {
	start, end := e.factor(last), e.beginsOperand(e.next(op))
	if function == exclusive { // which binds less than the others
		start = e.sum(start)
		for n := e.next(end); end >= 0 && n < len(e.tokens) && e.tokens[n].Kind == Op && strings.Contains(arithmetic, e.bare(n)); n = e.next(end) {
			end = e.beginsOperand(e.next(n))
		}
	}
	if start < 0 || end < 0 {
		return
	}
	e.before(start, library+"."+quoteName(function)+"(")
	e.replace(op, ",")
	e.close(end, ")")
}

// intervalOperand makes a date of a date and days, months or years, where it can
// be seen to be one, and reads Hive's forms of an interval.
func (e *emitter) intervalOperand(i, op int) {
	value := e.next(i)
	if value >= len(e.tokens) {
		return
	}
	unit := e.next(value)
	end := unit
	switch {
	case e.is(value, "(") || unit >= len(e.tokens) || e.tokens[unit].Kind != Word:
		return
	case e.is(e.next(unit), "to"):
		end = e.next(e.next(unit))
		if e.tokens[value].Kind != String || end >= len(e.tokens) {
			return
		}
		e.replace(value, quote(spelledInterval(e.tokens[value].Value, lower(e.src[e.tokens[unit].Off:e.tokens[unit].End]))))
		e.drop(unit, end)
	}
	start := e.factor(e.previous(op))
	if !e.is(op, "-") && !e.is(op, "+") || start < 0 || end != unit || !dayUnits[lower(e.bare(unit))] || !e.isDate(start, e.previous(op)) {
		return
	}
	if before := e.previous(start); before >= 0 && (e.is(before, "+") || e.is(before, "-")) {
		return
	}
	e.before(start, "CAST(")
	e.close(end, " AS DATE)")
}

// isDate tells whether what stands from one token to another can be seen to be a
// date.
func (e *emitter) isDate(from, to int) bool {
	switch {
	case e.is(from, "current_date"):
		return to == from || e.is(e.next(from), "(") && e.paren(e.next(from)).close == to
	case e.is(from, "date") && e.tokens[to].Kind == String:
		return e.next(from) == to
	case e.is(from, "cast"):
		last := e.previous(to)
		return e.is(last, "date") && e.is(e.previous(last), "as") && e.paren(e.next(from)).close == to
	}
	return e.tokens[from].Kind == Word && dateFunctions[lower(e.bare(from))] && e.is(e.next(from), "(") && e.paren(e.next(from)).close == to
}

var dateFunctions = set("to_date date date_add date_sub last_day add_months next_day trunc make_date")

var dayUnits = set("day days week weeks month months quarter quarters year years")

// spelledInterval writes '1 2:03:04' DAY TO SECOND and '2-3' YEAR TO MONTH as
// DuckDB reads them.
func spelledInterval(value, from string) string {
	value = strings.TrimSpace(value)
	switch from {
	case "year":
		years, months, _ := strings.Cut(value, "-")
		return years + " years " + months + " months"
	case "day":
		days, rest, _ := strings.Cut(value, " ")
		return days + " days " + rest
	}
	return value
}

// likePattern tells DuckDB that a backslash escapes in a pattern, and writes LIKE
// ANY and LIKE ALL with a list of patterns as it can.
func (e *emitter) likePattern(i, last int) int {
	n := e.next(i)
	if n >= len(e.tokens) {
		return -1
	}
	if t := e.tokens[n]; t.Kind == String {
		after := e.next(n)
		if strings.Contains(t.Value, `\`) && !e.is(after, "escape") && (after >= len(e.tokens) || e.tokens[after].Kind != String) {
			e.close(n, ` ESCAPE '\'`)
		}
		return -1
	}
	open := e.next(n)
	if e.is(n, "all") && e.is(open, "(") {
		return e.likeAll(i, last, open)
	}
	if !e.is(n, "any") && !e.is(n, "some") || !e.is(open, "(") {
		return -1
	}
	var parts []string
	end := e.paren(open).close
	for k := e.next(open); k < end; k = e.next(k) {
		switch {
		case e.tokens[k].Kind == String:
			parts = append(parts, likeExpression(e.tokens[k].Value))
		case !e.is(k, ","):
			return -1
		}
	}
	if len(parts) == 0 {
		return -1
	}
	flags := "s"
	if e.is(i, "ilike") {
		flags = "is"
	}
	e.drop(i, end)
	e.before(i, "SIMILAR TO "+quote("(?"+flags+":"+strings.Join(parts, "|")+")"))
	return end
}

// mostCopied is how many bytes may be written by writing a value again and again.
const mostCopied = 1 << 16

// likeAll writes x LIKE ALL (p, q) as x LIKE p AND x LIKE q.
func (e *emitter) likeAll(i, last, open int) int {
	operator := strings.ToUpper(e.bare(i))
	if e.is(last, "not") {
		operator, last = "NOT "+operator, e.previous(last)
	}
	start, p := e.endsOperand(last), e.paren(open)
	list := e.arguments(open, p)
	if start < 0 || len(list) == 0 || e.depth > deepestPiece {
		return -1
	}
	value := e.piece([2]int{start, last})
	if len(value)*len(list) > mostCopied {
		return -1
	}
	texts := make([]string, len(list))
	for k, a := range list {
		texts[k] = value + " " + operator + " " + e.piece(a)
	}
	e.before(start, "("+strings.Join(texts, " AND ")+")")
	e.drop(start, p.close)
	return p.close
}

// likeExpression is a pattern of LIKE as a regular expression.
func likeExpression(pattern string) string {
	var b strings.Builder
	for i := 0; i < len(pattern); i++ {
		c := pattern[i]
		switch {
		case c == '%':
			b.WriteString(".*")
		case c == '_':
			b.WriteByte('.')
		case c == '\\' && i+1 < len(pattern):
			i++
			b.WriteString(`\` + string(pattern[i]))
		case strings.IndexByte(`\.+*?()|[]{}^$`, c) >= 0:
			b.WriteString(`\` + string(c))
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// matches writes x RLIKE p, which looks for a match anywhere, unless it is a
// function.
func (e *emitter) matches(i, last int) {
	if last < 0 {
		return
	}
	n := e.next(i)
	if e.is(n, "(") && e.paren(n).args == 2 || !e.is(last, "not") && e.endsOperand(last) < 0 {
		return
	}
	end := e.beginsOperand(n)
	if end < 0 {
		return
	}
	e.replace(i, "SIMILAR TO")
	e.before(n, library+"."+quoteName(containing)+"(")
	e.close(end, ")")
}

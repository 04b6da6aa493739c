package dialect

import (
	"strconv"
	"strings"
)

// specialWords are the calls that more than a name is different of.
var specialWords = set("cast try_cast extract position row_number rank dense_rank ntile grouping current_date named_struct struct count exists forall concat overlay decimal ceil ceiling floor " +
	"aggregate reduce from_json any some dateadd timestampadd datediff timestampdiff date_diff date_add json_tuple explode explode_outer posexplode " +
	"posexplode_outer inline inline_outer stack transform_values transform_keys map_filter zip_with")

// special writes the call of word at token i, as call does.
func (e *emitter) special(i, open int, p paren, word string) (int, bool) {
	switch word {
	case "cast", "try_cast":
		return e.cast(open, p)
	case "row_number", "rank", "dense_rank", "ntile", "position", "extract", "grouping":
		return e.fixedType(i, open, p, word)
	case "named_struct":
		return e.namedStruct(open, p)
	case "struct":
		return e.plainStruct(open, p)
	case "exists", "forall", "any", "some":
		return e.quantified(i, open, p, word)
	case "overlay":
		return e.overlay(i, open, p)
	case "dateadd", "timestampadd", "datediff", "timestampdiff", "date_diff", "date_add":
		return e.dateUnit(i, open, p, word)
	case "current_date", "concat", "decimal", "ceil", "ceiling", "floor":
		return e.ofLiterals(i, open, p, word)
	}
	if e.depth > deepestPiece {
		return i, false
	}
	switch word {
	case "count":
		return e.countDistinct(open, p)
	case "aggregate", "reduce":
		return e.fold(open, p)
	case "from_json":
		return e.fromJSON(open, p)
	case "transform_values", "transform_keys", "map_filter", "zip_with":
		return e.pairwise(open, p, word)
	default:
		return e.generator(open, p, word)
	}
}

// fixedType writes calls whose results have another type in Hive.
func (e *emitter) fixedType(i, open int, p paren, word string) (int, bool) {
	switch field := e.next(open); {
	case word == "grouping":
		return e.typed(i, p, "CAST(grouping", " AS TINYINT)")
	case word == "extract" && (e.is(field, "dow") || e.is(field, "dayofweek")): // Sunday is 1
		return e.typed(i, p, "CAST(extract", " + 1 AS INTEGER)")
	}
	return e.typed(i, p, "CAST("+word, " AS INTEGER)")
}

// ofLiterals writes calls that depend on what can be seen of their arguments.
func (e *emitter) ofLiterals(i, open int, p paren, word string) (int, bool) {
	first, last := e.next(open), e.previous(p.close)
	switch word {
	case "current_date":
		if p.args == 0 {
			e.out.WriteString("current_date")
			return p.close, true
		}
	case "concat":
		for _, a := range e.arguments(open, p) {
			cast := e.is(a[0], "cast") && e.is(e.next(e.next(a[0])), "null")
			if cast || a[0] == a[1] && e.is(a[0], "null") {
				e.out.WriteString("CAST(NULL AS VARCHAR)")
				return p.close, true
			}
		}
	case "decimal":
		if first == last && e.tokens[first].Kind == String {
			e.out.WriteString("TRY_CAST")
			e.later(first, " AS DECIMAL(10,0)")
			return i, true
		}
	default: // ceil and floor of a decimal
		if e.isDecimal(last) && (first == last || e.is(first, "-") && e.next(first) == last) {
			e.out.WriteString(word)
			return i, true
		}
	}
	return i, false
}

// overlay writes overlay(s PLACING r FROM p) with commas.
func (e *emitter) overlay(i, open int, p paren) (int, bool) {
	for n := e.next(open); n < p.close; n = e.next(n) {
		if e.around(n) == open && (e.is(n, "placing") || e.is(n, "from") || e.is(n, "for")) {
			e.replace(n, ",")
			p.args++
		}
	}
	c := calls["overlay"]
	if c.arities&(1<<min(p.args, 63)) == 0 {
		return i, false
	}
	e.out.WriteString(c.to)
	return i, true
}

// dateUnit writes dateadd(DAY, 1, d) and its kin, whose unit is a bare word.
func (e *emitter) dateUnit(i, open int, p paren, word string) (int, bool) {
	if p.args == 3 {
		if unit := e.next(open); e.tokens[unit].Kind == Word {
			e.replace(unit, quote(e.bare(unit)))
		}
		switch word {
		case "date_add":
			word = "dateadd"
		case "date_diff":
			word = "datediff"
		}
	}
	c := calls[word]
	if c.to == "" || c.arities&(1<<min(p.args, 63)) == 0 || e.interval(open, p.close) {
		return i, false
	}
	e.out.WriteString(c.to)
	return i, true
}

// typed writes text in the place of a call's name, and more behind the call.
func (e *emitter) typed(i int, p paren, name, behind string) (int, bool) {
	e.out.WriteString(name)
	e.later(e.endOfCall(p.close), behind)
	return i, true
}

// arguments are the first and the last token of each argument.
func (e *emitter) arguments(open int, p paren) [][2]int {
	var list [][2]int
	first, last := -1, -1
	for n := e.next(open); n < p.close; n = e.next(n) {
		if e.tokens[n].Kind == Op && e.is(n, ",") {
			list = append(list, [2]int{first, last})
			first = -1
			continue
		}
		if first < 0 {
			first = n
		}
		if inner := e.paren(n).close; inner > 0 {
			n = inner
		}
		last = n
	}
	if first >= 0 {
		list = append(list, [2]int{first, last})
	}
	for _, a := range list {
		if a[0] < 0 {
			return nil // two commas in a row
		}
	}
	return list
}

// deepestPiece is how many pieces may be inside of one another. What needs pieces is
// left as it is further in: each level may write what is inside of it twice.
const deepestPiece = 6

// piece is what stands from the first to the last token, written for DuckDB.
func (e *emitter) piece(a [2]int) string {
	inner := emitter{src: e.src, tokens: e.tokens[a[0] : a[1]+1], depth: e.depth + 1}
	return inner.run()
}

// plainStruct writes struct(x, 1 AS y) with the names that Hive gives.
func (e *emitter) plainStruct(open int, p paren) (int, bool) {
	for k, a := range e.arguments(open, p) {
		name := "col" + strconv.Itoa(k+1)
		last := e.tokens[a[1]]
		before := e.previous(a[1])
		switch {
		case before > a[0] && e.is(before, "as"):
			name = e.bare(a[1])
			e.drop(before, a[1])
		case (a[0] == a[1] || before > a[0] && e.is(before, ".")) && (last.Kind == Name || last.Kind == Word && !isDigit(e.src[last.Off]) && !constants[lower(e.bare(a[1]))]):
			name = e.bare(a[1])
		}
		e.before(a[0], quoteName(name)+" := ")
	}
	e.out.WriteString("struct_pack")
	return e.previous(open), true
}

var constants = set("null true false current_date current_timestamp")

// bare is the name that a token is.
func (e *emitter) bare(i int) string {
	if e.tokens[i].Kind == Name {
		return e.tokens[i].Value
	}
	return e.src[e.tokens[i].Off:e.tokens[i].End]
}

// countDistinct writes count(DISTINCT a, b), which leaves out rows with a NULL.
func (e *emitter) countDistinct(open int, p paren) (int, bool) {
	first := e.next(open)
	if p.args < 2 || !e.is(first, "distinct") {
		return open, false
	}
	var conditions []string
	list := e.arguments(open, p)
	if len(list) == 0 {
		return open, false
	}
	list[0][0] = e.next(first)
	for _, a := range list {
		conditions = append(conditions, "("+e.piece(a)+") IS NOT NULL")
	}
	e.before(list[0][0], "CASE WHEN "+strings.Join(conditions, " AND ")+" THEN (")
	e.later(list[len(list)-1][1], ") END")
	e.out.WriteString("count")
	return e.previous(open), true
}

// quantified writes exists and forall of an array and a lambda, and the
// aggregates any and some.
func (e *emitter) quantified(i, open int, p paren, word string) (int, bool) {
	if p.args == 2 && (word == "exists" || word == "forall") {
		e.out.WriteString(map[string]string{"exists": "list_bool_or", "forall": "list_bool_and"}[word] + "(list_transform")
		e.later(p.close, ")")
		return i, true
	}
	compared := e.any && e.prev.Kind == Op && strings.ContainsAny(e.src[e.prev.Off:e.prev.End], "=<>")
	if (word == "any" || word == "some") && p.args == 1 && !compared && !e.is(e.next(open), "select") {
		e.out.WriteString("bool_or")
		return i, true
	}
	return i, false
}

// fold writes aggregate(array, start, lambda [, lambda of the end]).
func (e *emitter) fold(open int, p paren) (int, bool) {
	list := e.arguments(open, p)
	if len(list) != 3 {
		return open, false
	}
	e.out.WriteString("list_reduce(" + e.piece(list[0]) + ", " + e.piece(list[2]) + ", " + e.piece(list[1]) + ")")
	return p.close, true
}

// pairwise writes the functions whose lambda takes two values: DuckDB's take one,
// which is then an entry of a map or a pair.
func (e *emitter) pairwise(open int, p paren, word string) (int, bool) {
	list := e.arguments(open, p)
	if len(list) < 2 || word == "zip_with" && len(list) != 3 {
		return open, false
	}
	first, second := "e_.key", "e_.value"
	if word == "zip_with" {
		first, second = "e_[1]", "e_[2]"
	}
	body, ok := e.lambdaBody(list[len(list)-1], first, second)
	if !ok {
		return open, false
	}
	over := "map_entries(" + e.piece(list[0]) + ")"
	switch word {
	case "zip_with":
		e.out.WriteString("list_transform(list_zip(" + e.piece(list[0]) + ", " + e.piece(list[1]) + "), lambda e_: " + body + ")")
	case "map_filter":
		e.out.WriteString("map_from_entries(list_filter(" + over + ", lambda e_: " + body + "))")
	case "transform_values":
		e.out.WriteString("map_from_entries(list_transform(" + over + ", lambda e_: struct_pack(k := e_.key, v := " + body + ")))")
	default:
		e.out.WriteString("map_from_entries(list_transform(" + over + ", lambda e_: struct_pack(k := " + body + ", v := e_.value)))")
	}
	return p.close, true
}

// lambdaBody is what stands behind (x, y) ->, with others in the place of x and y.
func (e *emitter) lambdaBody(a [2]int, first, second string) (string, bool) {
	x := e.next(a[0])
	comma := e.next(x)
	y := e.next(comma)
	end := e.next(y)
	arrow := e.next(end)
	if !e.is(a[0], "(") || !e.is(comma, ",") || !e.is(end, ")") || !e.is(arrow, "->") || arrow >= a[1] {
		return "", false
	}
	inner := &emitter{src: e.src, tokens: e.tokens[e.next(arrow) : a[1]+1], depth: e.depth + 1}
	for k, t := range inner.tokens {
		if t.Kind != Word && t.Kind != Name || inner.is(inner.previous(k), ".") {
			continue
		}
		switch {
		case strings.EqualFold(inner.bare(k), e.bare(x)):
			inner.replace(k, first)
		case strings.EqualFold(inner.bare(k), e.bare(y)):
			inner.replace(k, second)
		}
	}
	return inner.run(), true
}

// fromJSON writes from_json(x, 'a INT, b STRING') as a cast.
func (e *emitter) fromJSON(open int, p paren) (int, bool) {
	list := e.arguments(open, p)
	if len(list) != 2 || list[1][0] != list[1][1] || e.tokens[list[1][0]].Kind != String {
		return open, false
	}
	duck, ok := schemaType(e.tokens[list[1][0]].Value)
	if !ok {
		return open, false
	}
	e.out.WriteString("TRY_CAST(TRY_CAST(" + e.piece(list[0]) + " AS JSON) AS " + duck + ")")
	return p.close, true
}

// schemaType reads a type, or a list of columns, as from_json takes it.
func schemaType(text string) (string, bool) {
	for _, t := range [...]string{text, "struct<" + text + ">"} {
		tokens, err := Lex(t, false)
		if err != nil {
			return "", false
		}
		c, err := newCursor(t, tokens)
		if err != nil {
			return "", false
		}
		if duck, err := c.typeName(); err == nil && c.done() {
			return duck, true
		}
	}
	return "", false
}

// namedStruct writes named_struct('x', 1, ...) as {'x': 1, ...}.
func (e *emitter) namedStruct(open int, p paren) (int, bool) {
	for k, a := range e.arguments(open, p) {
		if comma := e.next(a[0]); k%2 == 0 && a[0] == a[1] && e.tokens[a[0]].Kind == String && e.is(comma, ",") {
			e.replace(a[0], quoteName(e.tokens[a[0]].Value))
			e.replace(comma, " :=")
		}
	}
	e.out.WriteString("struct_pack")
	return e.previous(open), true
}

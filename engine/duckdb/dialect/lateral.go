package dialect

import "strings"

// lateralView writes LATERAL VIEW [OUTER] explode(x) t AS c as a join with what
// unnest makes of x.
func (e *emitter) lateralView(i int) (int, bool) {
	view := e.next(i)
	if !e.is(view, "view") {
		return i, false
	}
	function := e.next(view)
	outer := e.is(function, "outer")
	if outer {
		function = e.next(function)
	}
	open := e.next(function)
	if !e.is(open, "(") || e.paren(open).close == 0 || e.depth > deepestPiece {
		return i, false
	}
	if !lateralFunctions[lower(e.src[e.tokens[function].Off:e.tokens[function].End])] {
		return i, false
	}
	name := lower(e.src[e.tokens[function].Off:e.tokens[function].End])
	p := e.paren(open)
	table, columns, last := e.viewAlias(p.close)
	list := e.arguments(open, p)
	if len(list) == 0 {
		return i, false
	}
	args := make([]string, len(list))
	lines := 0
	for k, a := range list {
		args[k] = e.piece(a)
		lines += strings.Count(args[k], "\n")
	}
	join, on := " CROSS JOIN LATERAL (", ""
	if outer || strings.HasSuffix(name, "_outer") {
		join, on = " LEFT JOIN LATERAL (", " ON true"
	}
	query := unnested(strings.TrimSuffix(name, "_outer"), args, columns)
	if query == "" {
		return i, false
	}
	e.out.WriteString(join + query + ") AS " + table + on)
	e.out.WriteString(strings.Repeat("\n", max(0, strings.Count(e.src[e.tokens[i].Off:e.tokens[last].End], "\n")-lines)))
	return last, true
}

var lateralFunctions = set("explode explode_outer posexplode posexplode_outer inline inline_outer stack json_tuple")

// viewAlias reads what stands behind the function: t [AS] c, ...
func (e *emitter) viewAlias(end int) (table string, columns []string, last int) {
	last = end
	n := e.next(end)
	table = `"_lateral"`
	if n < len(e.tokens) && e.isAlias(n) && !e.is(n, "as") {
		table, last = e.quotedName(n), n
		n = e.next(n)
	}
	if e.is(n, "as") {
		n = e.next(n)
	}
	for n < len(e.tokens) && e.isAlias(n) {
		columns, last = append(columns, e.quotedName(n)), n
		if n = e.next(n); !e.is(n, ",") {
			break
		}
		n = e.next(n)
	}
	return table, columns, last
}

// isAlias tells whether token n is a name and not the next clause.
func (e *emitter) isAlias(n int) bool {
	switch t := e.tokens[n]; t.Kind {
	case Name:
		return true
	case Word:
		return !clauseWords[lower(e.src[t.Off:t.End])]
	default:
		return false
	}
}

var clauseWords = set("where group order having limit lateral join left right full inner cross union except intersect " +
	"sort distribute cluster window on using select from natural semi anti qualify")

func (e *emitter) quotedName(n int) string {
	t := e.tokens[n]
	if t.Kind == Name {
		return quoteName(t.Value)
	}
	return quoteName(e.src[t.Off:t.End])
}

// unnested is the query for the rows of a function; "" when it can't be said.
func unnested(function string, args, columns []string) string {
	if function == "inline" && len(args) == 1 {
		if len(columns) == 0 {
			return "SELECT unnest(" + args[0] + ", recursive := true)"
		}
		return "FROM (SELECT unnest(" + args[0] + ", recursive := true)) AS fields(" + strings.Join(columns, ", ") + ")"
	}
	list := generated(function, args, len(columns) == 2)
	texts := make([]string, len(list))
	for k, c := range list {
		name := quoteName(c.name)
		if k < len(columns) {
			name = columns[k]
		}
		texts[k] = c.sql + " AS " + name
	}
	if len(list) == 0 {
		return ""
	}
	return "SELECT " + strings.Join(texts, ", ")
}

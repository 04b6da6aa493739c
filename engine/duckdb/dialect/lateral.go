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
	if !e.is(open, "(") || e.paren(open).close == 0 {
		return i, false
	}
	name := ""
	for _, f := range [...]string{"explode", "explode_outer", "posexplode", "posexplode_outer", "inline"} {
		if e.is(function, f) {
			name = f
		}
	}
	if name == "" {
		return i, false
	}
	end := e.paren(open).close
	table, columns, last := e.viewAlias(end)
	inner := strings.TrimSpace(emit(e.src, e.tokens[open+1:end]))
	join, on := " CROSS JOIN LATERAL (", ""
	if outer || strings.HasSuffix(name, "_outer") {
		join, on = " LEFT JOIN LATERAL (", " ON true"
	}
	e.out.WriteString(join + unnested(name, inner, columns) + ") AS " + table + on)
	e.out.WriteString(strings.Repeat("\n", strings.Count(e.src[e.tokens[i].Off:e.tokens[last].End], "\n")-strings.Count(inner, "\n")))
	return last, true
}

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

// unnested is the query for the rows of x.
func unnested(function, x string, columns []string) string {
	column := func(i int, otherwise string) string {
		if i < len(columns) {
			return columns[i]
		}
		return quoteName(otherwise)
	}
	switch {
	case strings.HasPrefix(function, "posexplode"):
		return "SELECT CAST(generate_subscripts(" + x + ", 1) - 1 AS INTEGER) AS " + column(0, "pos") + ", unnest(" + x + ") AS " + column(1, "col")
	case function == "inline":
		return "SELECT unnest(" + x + ", recursive := true)"
	case len(columns) == 2: // a map
		return "SELECT unnest(map_keys(" + x + ")) AS " + columns[0] + ", unnest(map_values(" + x + ")) AS " + columns[1]
	default:
		return "SELECT unnest(" + x + ") AS " + column(0, "col")
	}
}

package dialect

import (
	"strconv"
	"strings"
)

// clause writes those clauses of a query that DuckDB has under another name.
func (e *emitter) clause(i int, word string) (int, bool) {
	n := e.next(i)
	switch word {
	case "sort":
		if e.is(n, "by") {
			e.out.WriteString("ORDER BY")
			return n, true
		}
	case "cluster", "distribute":
		if e.is(n, "by") {
			return e.distribution(i, n, word)
		}
	case "left":
		if e.is(n, "semi") || e.is(n, "anti") {
			return i, true
		}
	case "minus":
		query := e.is(n, "select") || e.is(n, "from") || e.is(n, "all") || e.is(n, "distinct") || e.is(n, "(") && e.is(e.next(n), "select")
		if query && e.any {
			e.out.WriteString("EXCEPT")
			return i, true
		}
	case "values":
		return e.values(i, n)
	case "limit":
		e.offset(n)
	case "group":
		if e.is(n, "by") {
			e.grouping(n)
		}
	}
	return i, false
}

// offset writes LIMIT from, rows as DuckDB has it; n is the token behind LIMIT.
func (e *emitter) offset(n int) {
	number := func(i int) bool { return i < len(e.tokens) && e.tokens[i].Kind == Number }
	comma := e.next(n)
	if !number(n) || !e.is(comma, ",") || !number(e.next(comma)) {
		return
	}
	rows := e.next(comma)
	from := e.src[e.tokens[n].Off:e.tokens[n].End]
	e.replace(n, e.src[e.tokens[rows].Off:e.tokens[rows].End])
	e.replace(comma, "OFFSET")
	e.replace(rows, from)
}

// distribution writes DISTRIBUTE BY and CLUSTER BY: in a window they make
// partitions, elsewhere only the order counts.
func (e *emitter) distribution(i, by int, word string) (int, bool) {
	if around := e.around(i); around >= 0 {
		if before := e.previous(around); before >= 0 && (e.is(before, "over") || e.is(before, "as")) && !e.is(e.next(around), "select") {
			e.out.WriteString("PARTITION BY")
			return by, true
		}
	}
	if word == "cluster" {
		e.out.WriteString("ORDER BY")
		return by, true
	}
	last := by
	for n := e.next(by); n < len(e.tokens) && !e.endsClause(n); n = e.next(n) {
		if inner := e.paren(n).close; inner > 0 {
			n = inner
		}
		last = n
	}
	e.out.WriteString(strings.Repeat("\n", strings.Count(e.src[e.tokens[i].Off:e.tokens[last].End], "\n")))
	return last, true
}

var clauseEnds = set("group having order sort limit union except intersect minus window qualify distribute cluster lateral")

// endsClause tells whether a list behind BY is over.
func (e *emitter) endsClause(n int) bool {
	t := e.tokens[n]
	return t.Kind == Word && clauseEnds[lower(e.src[t.Off:t.End])] || e.is(n, ")") || e.is(n, ";")
}

// around is the parenthesis that token i is in, or -1.
func (e *emitter) around(i int) int {
	if e.parens == nil {
		e.layout()
	}
	return e.parens[i].in - 1
}

// values names the columns of VALUES behind FROM as Hive does, where nobody else
// does.
func (e *emitter) values(i, n int) (int, bool) {
	if !e.any || !isWord(e.src, e.prev, "from") && !isWord(e.src, e.prev, "join") || !e.is(n, "(") {
		return i, false
	}
	columns, end := e.paren(n).args, 0
	for ; e.is(n, "("); n = e.next(n) {
		if end = e.paren(n).close; end == 0 {
			return i, false
		}
		if n = e.next(end); !e.is(n, ",") {
			break
		}
	}
	if n < len(e.tokens) && e.isAlias(n) {
		return i, false
	}
	names := make([]string, columns)
	for k := range names {
		names[k] = "col" + strconv.Itoa(k+1)
	}
	e.out.WriteString("(VALUES")
	e.later(end, ") AS values_("+strings.Join(names, ", ")+")")
	return i, true
}

// grouping writes GROUP BY a, b WITH ROLLUP and GROUP BY a, b GROUPING SETS (...).
func (e *emitter) grouping(by int) {
	first := e.next(by)
	last := by
	for n := first; n < len(e.tokens) && !e.endsClause(n); n = e.next(n) {
		kind := e.next(n)
		switch {
		case e.is(n, "with") && (e.is(kind, "rollup") || e.is(kind, "cube")):
			e.before(first, e.bare(kind)+"(")
			e.later(last, ")")
			e.drop(n, kind)
			return
		case e.is(n, "grouping") && e.is(kind, "sets") && n != first:
			e.drop(first, last)
			return
		}
		if inner := e.paren(n).close; inner > 0 {
			n = inner
		}
		last = n
	}
}

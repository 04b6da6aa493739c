package dialect

import (
	"strconv"
	"strings"
)

// generator writes a function that makes rows or columns, in a list of SELECT:
// explode, posexplode, inline, stack, json_tuple.
func (e *emitter) generator(open int, p paren, word string) (int, bool) {
	list := e.arguments(open, p)
	if len(list) == 0 {
		return open, false
	}
	names, last, named := e.generatedNames(p.close)
	pieces := make([]string, len(list))
	for k, a := range list {
		pieces[k] = e.piece(a)
	}
	columns := generated(word, pieces, e.isMap(list[0][0]) || len(names) == 2)
	if columns == nil {
		return open, false
	}
	if named && len(columns) == 1 { // its name follows
		e.out.WriteString(columns[0].sql)
		return p.close, true
	}
	texts := make([]string, len(columns))
	for k, c := range columns {
		name := quoteName(c.name)
		if k < len(names) {
			name = names[k]
		}
		texts[k] = c.sql + " AS " + name
		if c.name == "" {
			texts[k] = c.sql
		}
	}
	e.out.WriteString(strings.Join(texts, ", "))
	return last, true
}

// generatedNames reads AS (a, b) behind a generator. named says that there is one
// name, which is left where it is.
func (e *emitter) generatedNames(end int) (names []string, last int, named bool) {
	n := e.next(end)
	if e.is(n, "as") {
		n = e.next(n)
	} else if n < len(e.tokens) && e.isAlias(n) {
		return nil, end, true
	}
	switch {
	case n < len(e.tokens) && e.is(n, "(") && e.paren(n).close > 0 && n != e.next(end):
		for k := e.next(n); k < e.paren(n).close; k = e.next(k) {
			if !e.is(k, ",") {
				names = append(names, e.quotedName(k))
			}
		}
		return names, e.paren(n).close, false
	case n != e.next(end):
		return nil, end, true
	}
	return nil, end, false
}

// isMap tells whether the expression at token i can be seen to be a map.
func (e *emitter) isMap(i int) bool {
	for _, f := range [...]string{"map", "str_to_map", "map_concat", "map_from_arrays", "map_from_entries"} {
		if e.is(i, f) {
			return true
		}
	}
	return false
}

// made is a column that a generator makes.
type made struct{ name, sql string }

// generated are the columns that a function makes of its arguments; nil when it
// can't be said.
func generated(function string, args []string, entries bool) []made {
	x := args[0]
	if strings.HasSuffix(function, "_outer") {
		x = "CASE WHEN len(" + x + ") > 0 THEN " + x + " ELSE [NULL] END"
	}
	switch {
	case function == "stack":
		return stacked(args)
	case function == "json_tuple":
		var columns []made
		for k, key := range args[1:] {
			columns = append(columns, made{
				"c" + strconv.Itoa(k),
				"json_extract_string(CASE WHEN json_valid(" + x + ") THEN " + x + ` END, '$."' || ` + key + ` || '"')`,
			})
		}
		return columns
	case len(args) != 1:
		return nil
	case strings.HasPrefix(function, "inline"):
		return []made{{"", "unnest(" + x + ", recursive := true)"}}
	case strings.HasPrefix(function, "posexplode"):
		return []made{{"pos", "CAST(generate_subscripts(" + x + ", 1) - 1 AS INTEGER)"}, {"col", "unnest(" + x + ")"}}
	case entries:
		return []made{{"key", "unnest(map_keys(" + args[0] + "))"}, {"value", "unnest(map_values(" + args[0] + "))"}}
	default:
		return []made{{"col", "unnest(" + x + ")"}}
	}
}

// stacked are the columns of stack(n, v1, ..., vk): n rows.
func stacked(args []string) []made {
	rows, err := strconv.Atoi(strings.TrimSpace(args[0]))
	values := args[1:]
	if err != nil || rows < 1 || len(values) == 0 {
		return nil
	}
	width := (len(values) + rows - 1) / rows
	columns := make([]made, width)
	for k := range columns {
		list := make([]string, rows)
		for r := range list {
			list[r] = "NULL"
			if at := r*width + k; at < len(values) {
				list[r] = values[at]
			}
		}
		columns[k] = made{"col" + strconv.Itoa(k), "unnest([" + strings.Join(list, ", ") + "])"}
	}
	return columns
}

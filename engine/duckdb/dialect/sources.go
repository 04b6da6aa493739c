package dialect

import (
	"strconv"
	"strings"
)

// source is a table that a query reads.
type source struct {
	table   name
	alias   string
	columns []string
	types   map[string]string // of columns, in lower case, whose lengths are known
}

// mostSources is how many tables a query may read for their columns to be looked up.
const mostSources = 8

var (
	// afterTables end the list of tables; joinWords go on with it.
	afterTables = set("where group having order sort cluster distribute limit offset window qualify")
	joinWords   = set("join inner cross left right full")
)

// sources reads FROM, which is the token ahead by n. It is not ok when something else
// than tables is read, or tables are joined so that columns become one.
func (c *cursor) sources(n int) ([]source, bool) {
	if !c.has(n) {
		return nil, false
	}
	var list []source
	for {
		s, end, ok := c.source(n + 1)
		if !ok || len(list) == mostSources {
			return nil, false
		}
		list = append(list, s)
		if n = end; c.word(n) == "on" {
			n = c.endOfCondition(n + 1)
		}
		switch {
		case !c.has(n) || afterTables[c.word(n)]:
			return list, true
		case c.opText(n) == ",":
		default:
			if n = c.join(n); n < 0 {
				return nil, false
			}
		}
	}
}

// source reads a table and its alias, and gives the token behind them.
func (c *cursor) source(n int) (source, int, bool) {
	parts, n, star := c.dotted(n)
	if star || len(parts) == 0 || len(parts) > 3 {
		return source{}, n, false
	}
	s := source{table: parts, alias: parts[len(parts)-1]}
	if c.word(n) == "as" {
		n++
	}
	if w := c.word(n); c.peek(n).Kind == Name || w != "" && !afterTables[w] && !joinWords[w] && w != "on" {
		s.alias = c.bare(n)
		n++
	}
	return s, n, true
}

// join is the word JOIN of the join that begins at token n, or -1.
func (c *cursor) join(n int) int {
	for w := c.word(n); joinWords[w] && w != "join" || w == "outer"; w = c.word(n) {
		n++
	}
	if c.word(n) != "join" {
		return -1
	}
	return n
}

// endOfCondition is the token behind a condition that begins at n.
func (c *cursor) endOfCondition(n int) int {
	depth := 0
	for ; c.has(n); n++ {
		w := c.word(n)
		switch text := c.opText(n); {
		case text == "(" || text == "[" || text == "{":
			depth++
		case text == ")" || text == "]" || text == "}":
			depth--
		case depth > 0:
		case text == "," || afterTables[w], joinWords[w] && c.opText(n+1) != "(":
			return n
		}
	}
	return n
}

// sourcesSQL asks for the columns of tables, and for their comments, where their
// properties are: a row a column.
func sourcesSQL(list []source) string {
	parts := make([]string, len(list))
	for i, s := range list {
		parts[i] = "SELECT " + quote(strconv.Itoa(i)) + " AS n, * FROM (" + resolve(s.table) + ")"
	}
	return `SELECT o.n, coalesce(o."comment", ''), c.column_name FROM (` + strings.Join(parts, " UNION ALL ") + ") o " +
		"JOIN duckdb_columns() c ON c.database_name = o.database_name AND c.schema_name = o.schema_name " +
		"AND c.table_name = o.table_name ORDER BY o.n, c.column_index"
}

// fillSources puts the answer of sourcesSQL in.
func fillSources(list []source, rows [][]string) {
	for _, row := range rows {
		i, err := strconv.Atoi(row[0])
		if err != nil || i < 0 || i >= len(list) {
			continue
		}
		s := &list[i]
		if s.columns == nil {
			_, p := parseComment(row[1])
			s.types = p.Types
		}
		s.columns = append(s.columns, row[2])
	}
}

// length is that of a column, none without one.
func (s source) length(column string) Length {
	return sizedType(s.types[lower(column)])
}

func (s source) has(column string) bool {
	for _, c := range s.columns {
		if strings.EqualFold(c, column) {
			return true
		}
	}
	return false
}

// starred are the tables that a star stands for. It is not ok when not all is known.
func starred(list []source, table string) ([]source, bool) {
	var found []source
	for _, s := range list {
		if table == "" || strings.EqualFold(s.alias, table) {
			if len(s.columns) == 0 {
				return nil, false
			}
			found = append(found, s)
		}
	}
	return found, len(found) > 0 && (table == "" || len(found) == 1)
}

// columnLength is the length of a column that one of the tables has, none when
// several have it.
func columnLength(list []source, i selected) Length {
	var found Length
	times := 0
	for _, s := range list {
		if (i.table == "" || strings.EqualFold(s.alias, i.table)) && s.has(i.column) {
			found = s.length(i.column)
			times++
		}
	}
	if times != 1 {
		return Length{}
	}
	return found
}

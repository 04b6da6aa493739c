package dialect

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// DuckDB forgets the lengths of VARCHAR(n) and CHAR(n). Hive's clients read them of the
// columns of a result, so they are found in the statement: a cast in the list of SELECT
// says its length, and a column of a table has the one that the table's properties
// remember. What can't be told for sure has no length.

// Length is the Hive type of a result's column, "varchar(10)" or "char(3)".
type Length struct {
	// Column is the column's place, from 0.
	Column int
	// Name is what the column must be called; "" when anything will do.
	Name string
	// Type is the type in lower case.
	Type string
	// Size is how many characters it has at most.
	Size int
	// Pads says that values are filled up with spaces.
	Pads bool
}

// Lengths are the lengths of a result's columns.
type Lengths struct {
	// Width is how many columns the result must have for the lengths to be its own.
	Width int
	// Known are those that are known, by column.
	Known []Length
}

const (
	mostVarchar = 65535 // characters, as in Hive
	mostChar    = 255
)

// sizedType reads a type with a length; for another one its Size is 0.
func sizedType(text string) Length {
	kind, args, _ := strings.Cut(strings.TrimSuffix(lower(text), ")"), "(")
	n, err := strconv.Atoi(strings.TrimSpace(args))
	kind = strings.TrimSpace(kind)
	limit := mostVarchar
	if kind == "char" {
		limit = mostChar
	}
	if err != nil || !sizedTypes[kind] || n < 1 || n > limit {
		return Length{}
	}
	return Length{Type: kind + "(" + strconv.Itoa(n) + ")", Size: n, Pads: kind == "char"}
}

// withSizes writes calls of sizing's macros in a text of DuckDB's as the casts that they
// are.
func withSizes(text string) string {
	for limit := len(text); ; {
		at := strings.LastIndex(text[:limit], sizing)
		if at < 0 {
			return text
		}
		limit = at
		kind, inner, ok := strings.Cut(text[at+len(sizing):], "(")
		if comma, end := lastArgument(inner); ok && comma > 0 && sizedTypes[strings.Trim(kind, `"`)] {
			text = text[:at] + "CAST(" + inner[:comma] + " AS " + strings.ToUpper(strings.Trim(kind, `"`)) + "(" + strings.TrimSpace(inner[comma+1:end]) + "))" + inner[end+1:]
		}
	}
}

// Sized is the plan with those lengths that are a result's, whose columns are texts with
// the names that they must have.
func (p Plan) Sized(schema *arrow.Schema) Plan {
	all := p.Lengths
	p.Lengths.Known = nil
	if schema.NumFields() != all.Width {
		return p
	}
	for _, l := range all.Known {
		f := schema.Field(l.Column)
		if f.Type.ID() == arrow.STRING && (l.Name == "" || strings.EqualFold(l.Name, f.Name)) {
			p.Lengths.Known = append(p.Lengths.Known, l)
		}
	}
	return p
}

// padded has texts filled up with spaces.
func padded(texts *array.String, size int) arrow.Array {
	b := array.NewStringBuilder(memory.DefaultAllocator)
	defer b.Release()
	b.Reserve(texts.Len())
	for i := range texts.Len() {
		if texts.IsNull(i) {
			b.AppendNull()
			continue
		}
		v := texts.Value(i)
		b.Append(v + strings.Repeat(" ", max(0, size-utf8.RuneCountInString(v))))
	}
	return b.NewArray()
}

// withLengths adds to the plan of a query what is known about its columns' lengths. When
// tables may have some, the plan asks for them first.
func (c *cursor) withLengths(plan Plan, tables bool) Plan {
	if !tables && !mentions(c.src, "char") {
		return plan
	}
	s, ok := c.selected()
	if !ok {
		return plan
	}
	plan.Lengths = s.lengths(nil)
	sources, known := c.sources(s.from)
	if !tables || !known || !s.readsTables() {
		return plan
	}
	return Plan{Ask: &Question{SQL: sourcesSQL(sources), Lasting: true, Then: func(rows [][]string) (Plan, error) {
		fillSources(sources, rows)
		plan.Lengths = s.lengths(sources)
		return plan, nil
	}}}
}

// mentions tells whether text has a word's lower-case letters in it, in any case.
func mentions(text, word string) bool {
	for i := 0; i+len(word) <= len(text); i++ {
		if text[i]|0x20 == word[0] && strings.EqualFold(text[i:i+len(word)], word) {
			return true
		}
	}
	return false
}

// castLengths are the names that a query gives to casts with a length.
func (c *cursor) castLengths() map[string]string {
	if !mentions(c.src, "char") {
		return nil
	}
	s, ok := c.selected()
	if !ok {
		return nil
	}
	out := map[string]string{}
	for _, i := range s.items {
		switch {
		case i.star:
			return nil // another column may have the name
		case i.cast.Size > 0 && i.name != "":
			out[i.name] = i.cast.Type
		}
	}
	return out
}

// selection is the list of a SELECT.
type selection struct {
	items []selected
	from  int // the token ahead that FROM is, or where the statement ends
}

// selected is a part of the list.
type selected struct {
	star   bool
	cast   Length // of a cast with a length
	table  string // of table.column and table.*
	column string // of a column
	name   string // what it is called; "" when nobody says
}

// selected reads the list of the SELECT that is next. It is not ok when there may be
// other rows or columns than those that can be seen.
func (c *cursor) selected() (selection, bool) {
	if c.word(0) != "select" {
		return selection{}, false
	}
	first := 1
	if w := c.word(1); w == "all" || w == "distinct" {
		first = 2
	}
	s := selection{}
	depth := 0
	listed := false
	for n, start := first, first; ; n++ {
		end := !c.has(n) || depth == 0 && c.word(n) == "from"
		switch text := c.opText(n); {
		case text == "(" || text == "[" || text == "{":
			depth++
		case text == ")" || text == "]" || text == "}":
			depth--
		case depth > 0:
		case joinsRows[c.word(n)]:
			return selection{}, false
		case !listed && (text == "," || end):
			item, ok := c.item(start, n)
			if !ok {
				return selection{}, false
			}
			s.items = append(s.items, item)
			start = n + 1
			if end {
				s.from, listed = n, true
			}
		}
		if !c.has(n) {
			return s, depth == 0
		}
	}
}

// joinsRows are the words that bring in other rows or columns.
var joinsRows = set("union intersect except minus lateral columns pivot unpivot into natural using semi anti")

// opText is the text of the operator ahead by n, else "".
func (c *cursor) opText(n int) string {
	if c.peek(n).Kind != Op {
		return ""
	}
	return c.text(n)
}

// item reads the part of a list from one token to before another.
func (c *cursor) item(from, to int) (selected, bool) {
	var i selected
	n := from
	switch {
	case c.opText(n) == "*":
		return selected{star: true}, to == n+1
	case c.word(n) == "cast" && c.opText(n+1) == "(":
		i.cast, n = c.castLength(n + 1)
	default:
		parts, end, star := c.dotted(n)
		if star {
			i.star, i.table = true, parts[0]
			return i, end == to && len(parts) == 1
		}
		if n = end; len(parts) == 1 || len(parts) == 2 {
			i.column, i.name = parts[len(parts)-1], parts[len(parts)-1]
			i.table = strings.Join(parts[:len(parts)-1], "")
		}
	}
	if named := n; n > from && n < to {
		if c.word(named) == "as" {
			named++
		}
		if named == to-1 && c.peek(named).Kind != Op {
			i.name, n = c.bare(named), to
		}
	}
	if n != to { // something else, which is one column: else their number tells
		return selected{}, !c.hasStar(from, to)
	}
	return i, true
}

// hasStar tells whether a star that stands for columns may be among the tokens.
func (c *cursor) hasStar(from, to int) bool {
	for n := from; n < to; n++ {
		if before := c.opText(n - 1); c.opText(n) == "*" && (n == from || before == "." || before == ",") {
			return true
		}
	}
	return false
}

// castLength reads the parenthesis of a cast: its length, if it has one, and the token
// behind it.
func (c *cursor) castLength(open int) (Length, int) {
	depth, as := 0, 0
	for n := open; c.has(n); n++ {
		switch text := c.opText(n); {
		case text == "(":
			depth++
		case text == ")":
			if depth--; depth == 0 {
				if as == 0 || n != as+5 {
					return Length{}, n + 1
				}
				return sizedType(c.text(as+1) + c.text(as+2) + c.text(as+3) + c.text(as+4)), n + 1
			}
		case depth == 1 && c.word(n) == "as":
			as = n
		}
	}
	return Length{}, open
}

// dotted reads a name with dots and gives its parts, the token behind it, and whether
// it ends in a star.
func (c *cursor) dotted(n int) (parts []string, end int, star bool) {
	for c.has(n) && (c.peek(n).Kind == Word || c.peek(n).Kind == Name) {
		parts = append(parts, c.bare(n))
		if c.opText(n+1) != "." {
			return parts, n + 1, false
		}
		n += 2
		if c.opText(n) == "*" {
			return parts, n + 1, true
		}
	}
	return nil, n, false
}

// bare is the name that the token ahead by n is.
func (c *cursor) bare(n int) string {
	if t := c.peek(n); t.Kind == Name {
		return t.Value
	}
	return c.text(n)
}

// readsTables tells whether there is anything that a table may say more about.
func (s selection) readsTables() bool {
	for _, i := range s.items {
		if i.star || i.column != "" {
			return true
		}
	}
	return false
}

// lengths are those of the result.
func (s selection) lengths(sources []source) Lengths {
	var out Lengths
	add := func(l Length, name string) {
		if l.Size > 0 {
			l.Column, l.Name = out.Width, name
			out.Known = append(out.Known, l)
		}
		out.Width++
	}
	for _, i := range s.items {
		switch {
		case i.star:
			of, ok := starred(sources, i.table)
			if !ok {
				return Lengths{}
			}
			for _, t := range of {
				for _, column := range t.columns {
					add(t.length(column), column)
				}
			}
		case i.column != "":
			add(columnLength(sources, i), i.name)
		default:
			add(i.cast, i.name)
		}
	}
	return out
}

// Type is that of a column, "" when it has no length.
func (l Lengths) Type(column int) string {
	for _, known := range l.Known {
		if known.Column == column {
			return known.Type
		}
	}
	return ""
}

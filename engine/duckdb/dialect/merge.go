package dialect

import "strings"

// merge plans MERGE INTO with SET * and INSERT *, which mean columns of the same
// name in Hive's family and of the same place in DuckDB. Without them the
// statement is given back.
func merge(c *cursor) (Plan, bool, error) {
	start := c.pos
	defer func() { c.pos = start }()
	c.pos++
	if !c.accept("into") {
		return Plan{}, false, nil
	}
	n, err := c.name("table")
	if err != nil {
		return Plan{}, false, nil
	}
	source := ""
	var stars []int
	depth := 0
	for ; !c.done(); c.pos++ {
		switch text := c.text(0); {
		case text == "(":
			depth++
		case text == ")":
			depth--
		case depth > 0:
		case c.word(0) == "using" && source == "":
			source = c.mergeSource()
		case text == "*" && (c.wordBefore(1) == "set" || c.wordBefore(1) == "insert"):
			stars = append(stars, c.pos)
		}
	}
	if len(stars) == 0 || source == "" {
		return Plan{}, false, nil
	}
	return withRelation(n, func(r relation) (Plan, error) {
		return Plan{SQL: c.expandStars(r, source, stars), NoResult: true}, nil
	}), true, nil
}

// mergeSource is the name by which the other clauses know what stands behind
// USING, where the cursor is; it moves to before ON.
func (c *cursor) mergeSource() string {
	c.pos++
	source := ""
	if c.text(0) == "(" {
		c.piece()
	} else if n, err := c.name("table"); err == nil {
		source = quoteName(n.last())
	}
	c.accept("as")
	if c.word(0) != "on" && c.peek(0).Kind != Op {
		if alias, err := c.part("table"); err == nil {
			source = quoteName(alias)
		}
	}
	c.pos--
	return source
}

// wordBefore is the word n before the next token.
func (c *cursor) wordBefore(n int) string {
	if c.pos < n {
		return ""
	}
	c.pos -= n
	defer func() { c.pos += n }()
	return c.word(0)
}

func (c *cursor) expandStars(r relation, source string, stars []int) string {
	var b strings.Builder
	from := 0
	for _, at := range stars {
		b.WriteString(c.slice(from, at) + " ")
		var names, values, sets []string
		for _, col := range r.columns {
			q := quoteName(col.name)
			names, values, sets = append(names, q), append(values, source+"."+q), append(sets, q+" = "+source+"."+q)
		}
		c.pos = at
		if c.wordBefore(1) == "set" {
			b.WriteString(strings.Join(sets, ", "))
		} else {
			b.WriteString("(" + strings.Join(names, ", ") + ") VALUES (" + strings.Join(values, ", ") + ")")
		}
		b.WriteByte(' ')
		from = at + 1
	}
	b.WriteString(c.slice(from, len(c.sig)))
	return b.String()
}

package dialect

import "strings"

// spec is a PARTITION clause: columns, in order, with the expressions that they
// are fixed to; "" for those that the rows decide.
type spec struct {
	columns []string
	values  []string
	// conditions compare columns with their values.
	conditions []string
}

// partitionSpec reads (c [= value], ...).
func (c *cursor) partitionSpec() (spec, error) {
	var s spec
	if !c.op("(") {
		return s, c.errorf("a list of partition columns in parentheses should stand here")
	}
	for {
		column, err := c.part("column")
		if err != nil {
			return s, err
		}
		value := ""
		if t := c.peek(0); t.Kind == Op && strings.Contains(" = < > <= >= <> != == ", " "+c.text(0)+" ") {
			operator := c.text(0)
			c.pos++
			from := c.pos
			for !c.done() && c.text(0) != "," && c.text(0) != ")" {
				c.piece()
			}
			if value = c.slice(from, c.pos); value == "" {
				return s, c.errorf("the value of %s should stand here", column)
			}
			s.conditions = append(s.conditions, quoteName(column)+" "+operator+" "+value)
		}
		s.columns, s.values = append(s.columns, column), append(s.values, value)
		if c.op(")") {
			return s, nil
		}
		if !c.op(",") {
			return s, c.errorf("a comma or a closing parenthesis should stand here")
		}
	}
}

// dropPartition plans DROP PARTITION, which deletes the rows.
func dropPartition(c *cursor, n name) (Plan, bool, error) {
	s, err := c.partitionSpec()
	if err != nil {
		return Plan{}, false, err
	}
	conditions := []string{"(" + strings.Join(s.conditions, " AND ") + ")"}
	for c.op(",") {
		if c.accept("partition"); len(s.conditions) == 0 {
			break
		}
		more, err := c.partitionSpec()
		if err != nil {
			return Plan{}, false, err
		}
		conditions = append(conditions, "("+strings.Join(more.conditions, " AND ")+")")
	}
	c.accept("purge")
	if len(s.conditions) == 0 {
		return Plan{}, false, c.errorf("a partition needs values")
	}
	return Plan{SQL: "DELETE FROM " + n.sql() + " WHERE " + strings.Join(conditions, " OR "), NoResult: true}, true, c.end()
}

// truncate plans TRUNCATE TABLE ... PARTITION, which deletes the rows as DROP
// PARTITION does; other statements are given back.
func truncate(c *cursor) (Plan, bool, error) {
	start := c.pos
	c.pos++
	if c.accept("table") {
		n, err := c.name("table")
		if err == nil && c.accept("partition") {
			return dropPartition(c, n)
		}
	}
	c.pos = start
	return Plan{}, false, nil
}

// accepts plans statements that have nothing to do here; ok is false for others.
func accepts(c *cursor) (Plan, bool, error) {
	first := c.word(0)
	c.pos++
	switch first {
	case "msck":
		c.accept("repair")
		if !c.accept("table") {
			return Plan{}, false, c.errorf("TABLE should stand here")
		}
	case "analyze":
		if !c.accept("table") {
			c.pos--
			return Plan{}, false, nil
		}
	case "refresh":
		c.accept("table")
		if c.peek(0).Kind == String {
			return Plan{NoResult: true, Notes: []string{accepted("REFRESH: nothing is cached here")}}, true, nil
		}
	case "cache", "uncache":
		c.accept("lazy")
		if !c.accept("table") {
			return Plan{}, false, c.errorf("TABLE should stand here")
		}
		c.phrase("if", "exists")
		n, err := c.name("table")
		if err != nil {
			return Plan{}, false, err
		}
		note := accepted(strings.ToUpper(first) + " TABLE: DuckDB manages its own memory")
		if c.accept("as") {
			return Plan{SQL: "CREATE OR REPLACE TEMP VIEW " + n.sql() + " AS " + c.rest(), NoResult: true, Notes: []string{note}}, true, nil
		}
		return Plan{NoResult: true, Notes: []string{note}}, true, nil
	case "clear":
		if !c.accept("cache") {
			c.pos--
			return Plan{}, false, nil
		}
		return Plan{NoResult: true, Notes: []string{accepted("CLEAR CACHE: DuckDB manages its own memory")}}, true, nil
	}
	n, err := c.name("table")
	if err != nil {
		return Plan{}, false, err
	}
	return present(n, strings.ToUpper(first)+": DuckDB keeps partitions and statistics up to date"), true, nil
}

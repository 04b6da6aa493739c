package dialect

import (
	"maps"
	"strings"
)

// alter plans Hive's forms of ALTER TABLE and ALTER VIEW; DuckDB's own are given
// back.
func alter(c *cursor) (Plan, bool, error) {
	start := c.pos
	c.pos++
	if !c.accept("table", "view") {
		c.pos = start
		return Plan{}, false, nil
	}
	exists := c.phrase("if", "exists")
	n, err := c.name("table")
	if err != nil {
		return Plan{}, false, err
	}
	plan, ok, err := alterAction(c, n)
	if !ok && err == nil {
		c.pos = start
	}
	if ok && exists {
		plan = ifThere(n, plan)
	}
	return plan, ok, err
}

// ifThere carries a plan out when there is the table.
func ifThere(n name, plan Plan) Plan {
	return Plan{NoResult: true, Ask: &Question{SQL: "SELECT 'x' FROM (" + resolve(n) + ")", Then: func(rows [][]string) (Plan, error) {
		if len(rows) == 0 {
			return Plan{NoResult: true}, nil
		}
		return plan, nil
	}}}
}

func alterAction(c *cursor, n name) (Plan, bool, error) {
	switch {
	case c.phrase("add", "columns"):
		return addColumns(c, n)
	case c.phrase("rename", "to"):
		return renameTable(c, n)
	case c.accept("as"):
		return alterView(c, n)
	case c.phrase("set", "tblproperties"):
		list, err := c.properties()
		if err != nil {
			return Plan{}, false, err
		}
		return setProperties(n, asMap(list), nil), true, c.end()
	case c.phrase("unset", "tblproperties"):
		return unsetProperties(c, n)
	case c.accept("change"):
		c.accept("column")
		return changeColumn(c, n)
	case c.word(0) == "alter" && c.word(1) == "column" && c.word(3) == "comment":
		c.pos += 2
		return changeColumn(c, n)
	case c.word(0) == "add" && c.word(1) == "constraint":
		return unenforced(c, n)
	case c.phrase("drop", "columns"):
		return dropColumns(c, n)
	}
	return partitionAction(c, n)
}

// partitionAction plans what only concerns partitions and storage.
func partitionAction(c *cursor, n name) (Plan, bool, error) {
	drops := c.word(0) == "drop"
	at := 1
	for c.word(at) == "if" || c.word(at) == "not" || c.word(at) == "exists" {
		at++
	}
	switch {
	case c.word(0) == "add" && c.word(at) == "partition", c.phrase("recover", "partitions"):
		return present(n, "partitions are made by their rows"), true, nil
	case drops && c.word(at) == "partition":
		c.pos += at + 1
		return dropPartition(c, n)
	case c.word(0) == "set" && (c.word(1) == "location" || c.word(1) == "serdeproperties" || c.word(1) == "serde" || c.word(1) == "fileformat"),
		c.word(0) == "touch", c.word(0) == "compact", c.word(0) == "concatenate", c.word(0) == "clustered", c.word(0) == "not":
		return present(n, "ALTER TABLE ... "+strings.ToUpper(c.word(0))+" has no meaning for tables of DuckDB"), true, nil
	}
	return Plan{}, false, nil
}

// present is a plan that does nothing but look whether the table is there.
func present(n name, note string) Plan {
	return withRelation(n, func(relation) (Plan, error) {
		return Plan{NoResult: true, Notes: []string{accepted(note)}}, nil
	})
}

// addColumns plans ADD COLUMNS, with parentheses or without. Behind the last
// column come those that partition the table in Hive; DuckDB adds at the end.
func addColumns(c *cursor, n name) (Plan, bool, error) {
	var d definition
	if c.op("(") {
		if err := c.columnList(&d); err != nil {
			return Plan{}, false, err
		}
	} else {
		for {
			if err := c.element(&d); err != nil {
				return Plan{}, false, err
			}
			if !c.op(",") {
				break
			}
		}
	}
	c.accept("cascade", "restrict")
	if err := c.end(); err != nil {
		return Plan{}, false, err
	}
	plan := Plan{NoResult: true}
	for _, col := range d.columns {
		plan.Before = append(plan.Before, "ALTER TABLE "+n.sql()+" ADD COLUMN "+quoteName(col.name)+" "+col.sql)
		if col.comment != nil {
			plan.After = append(plan.After, commentColumn(n, col.name, *col.comment))
		}
	}
	return plan, true, nil
}

func commentColumn(n name, column, comment string) string {
	return "COMMENT ON COLUMN " + n.sql() + "." + quoteName(column) + " IS " + quote(comment)
}

func dropColumns(c *cursor, n name) (Plan, bool, error) {
	c.op("(")
	plan := Plan{NoResult: true}
	for {
		col, err := c.part("column")
		if err != nil {
			return Plan{}, false, err
		}
		plan.Before = append(plan.Before, "ALTER TABLE "+n.sql()+" DROP COLUMN "+quoteName(col))
		if !c.op(",") {
			c.op(")")
			return plan, true, c.end()
		}
	}
}

// renameTable takes a qualified name, whose database must be the table's own.
func renameTable(c *cursor, n name) (Plan, bool, error) {
	to, err := c.name("table")
	if err != nil {
		return Plan{}, false, err
	}
	if err := c.end(); err != nil {
		return Plan{}, false, err
	}
	return withRelation(n, func(r relation) (Plan, error) {
		if len(to) > 1 && !strings.EqualFold(to[len(to)-2], r.schema) {
			return Plan{}, unsupported("a table can't be moved from the database %s to %s: create it there AS SELECT", r.schema, to[len(to)-2])
		}
		return Plan{SQL: "ALTER " + r.kind + " " + r.name().sql() + " RENAME TO " + quoteName(to.last()), NoResult: true}, nil
	}), true, nil
}

// setProperties adds properties to a table and takes others away.
func setProperties(n name, add map[string]string, remove []string) Plan {
	return withRelation(n, func(r relation) (Plan, error) {
		p, comment := r.properties, r.comment
		table := map[string]string{}
		maps.Copy(table, p.Table)
		maps.Copy(table, add)
		for _, k := range remove {
			delete(table, k)
		}
		if text, ok := table["comment"]; ok { // Hive's way to comment on a table
			comment = &text
			delete(table, "comment")
		}
		p.Table = table
		return Plan{SQL: r.setComment(comment, p), NoResult: true}, nil
	})
}

func unsetProperties(c *cursor, n name) (Plan, bool, error) {
	c.phrase("if", "exists")
	if !c.op("(") {
		return Plan{}, false, c.errorf("a list of properties in parentheses should stand here")
	}
	var keys []string
	for {
		key, err := c.propertyText()
		if err != nil {
			return Plan{}, false, err
		}
		keys = append(keys, key)
		if c.op(")") {
			return setProperties(n, nil, keys), true, c.end()
		}
		if !c.op(",") {
			return Plan{}, false, c.errorf("a comma or a parenthesis should stand here")
		}
	}
}

// changeColumn plans CHANGE COLUMN: a comment, NOT NULL, a new name or type.
func changeColumn(c *cursor, n name) (Plan, bool, error) {
	old, err := c.part("column")
	if err != nil {
		return Plan{}, false, err
	}
	table := "ALTER TABLE " + n.sql() + " "
	switch {
	case c.phrase("set", "not", "null"):
		return Plan{SQL: table + "ALTER COLUMN " + quoteName(old) + " SET NOT NULL", NoResult: true}, true, c.end()
	case c.phrase("drop", "not", "null"):
		return Plan{SQL: table + "ALTER COLUMN " + quoteName(old) + " DROP NOT NULL", NoResult: true}, true, c.end()
	case c.accept("comment"):
		text, err := c.str("a comment")
		if err != nil {
			return Plan{}, false, err
		}
		return columnComment(n, old, text), true, c.end()
	case c.accept("type"):
		t, err := c.typeName()
		return Plan{SQL: table + "ALTER COLUMN " + quoteName(old) + " TYPE " + t, NoResult: true}, true, err
	}
	renamed, err := c.part("column")
	if err != nil {
		return Plan{}, false, err
	}
	t, err := c.typeName()
	if err != nil {
		return Plan{}, false, err
	}
	plan := Plan{NoResult: true, Before: []string{table + "ALTER COLUMN " + quoteName(old) + " TYPE " + t}}
	if !strings.EqualFold(old, renamed) {
		plan.Before = append(plan.Before, table+"RENAME COLUMN "+quoteName(old)+" TO "+quoteName(renamed))
	}
	if c.accept("comment") {
		text, err := c.str("a comment")
		if err != nil {
			return Plan{}, false, err
		}
		plan.After = append(plan.After, commentColumn(n, renamed, text))
	}
	if c.accept("first", "after") {
		return Plan{}, false, unsupported("columns can't be moved: DuckDB keeps them in the order in which they were made")
	}
	return plan, true, c.end()
}

// columnComment writes a column's comment where it belongs: a view's is a
// property.
func columnComment(n name, column, text string) Plan {
	return withRelation(n, func(r relation) (Plan, error) {
		if !r.view() {
			return Plan{SQL: commentColumn(r.name(), column, text), NoResult: true}, nil
		}
		p := r.properties
		p.Columns = map[string]string{}
		maps.Copy(p.Columns, r.properties.Columns)
		p.Columns[lower(column)] = text
		return Plan{SQL: r.setComment(r.comment, p), NoResult: true}, nil
	})
}

// unenforced keeps a constraint that DuckDB can't add to a table that is there as
// a property, and says so.
func unenforced(c *cursor, n name) (Plan, bool, error) {
	c.pos += 2
	constraint, err := c.part("constraint")
	if err != nil {
		return Plan{}, false, err
	}
	if w := c.word(0); w != "check" && w != "foreign" && w != "unique" {
		return Plan{}, false, nil
	}
	from := c.peek(0).Off
	text := strings.TrimSpace(c.src[from:c.tokens[len(c.tokens)-1].End])
	plan := setProperties(n, map[string]string{"constraint." + constraint: text}, nil)
	plan.Notes = []string{"Kept and not enforced: DuckDB can't add the constraint " + constraint + " to a table that is there"}
	return plan, true, nil
}

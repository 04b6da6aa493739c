package dialect

import "strings"

// createDatabase plans CREATE DATABASE | SCHEMA.
func createDatabase(c *cursor) (Plan, bool, error) {
	c.pos += 2
	sql := "CREATE SCHEMA "
	if c.phrase("if", "not", "exists") {
		sql += "IF NOT EXISTS "
	}
	n, err := c.name("database")
	if err != nil {
		return Plan{}, false, err
	}
	plan := Plan{SQL: sql + n.sql(), NoResult: true}
	for !c.done() {
		note, err := databaseClause(c)
		if err != nil {
			return Plan{}, false, err
		}
		plan.Notes = append(plan.Notes, accepted(note))
	}
	return plan, true, nil
}

// databaseClause reads one clause of CREATE DATABASE that has no meaning here
// and tells how to name it.
func databaseClause(c *cursor) (string, error) {
	switch {
	case c.accept("comment"):
		_, err := c.str("a comment")
		return "COMMENT", err
	case c.word(0) == "location", c.word(0) == "managedlocation":
		word := strings.ToUpper(c.word(0))
		c.pos++
		_, err := c.str("a path")
		return word, err
	case c.phrase("with", "dbproperties"), c.phrase("with", "properties"):
		_, err := c.properties()
		return "WITH DBPROPERTIES", err
	}
	return "", c.errorf("COMMENT, LOCATION or WITH DBPROPERTIES should stand here, or nothing")
}

// dropDatabase plans DROP DATABASE | SCHEMA.
func dropDatabase(c *cursor) (Plan, bool, error) {
	c.pos += 2
	sql := "DROP SCHEMA "
	if c.phrase("if", "exists") {
		sql += "IF EXISTS "
	}
	n, err := c.name("database")
	if err != nil {
		return Plan{}, false, err
	}
	sql += n.sql()
	if c.accept("cascade") {
		sql += " CASCADE"
	} else {
		c.accept("restrict")
	}
	return Plan{SQL: sql, NoResult: true}, true, c.end()
}

// property is an entry of a list such as TBLPROPERTIES.
type property struct{ key, value string }

// properties reads ('k' = 'v', k "v", k.l = 1, ...). Keys and values may be
// strings in either quote, words and numbers; "=" may be missing.
func (c *cursor) properties() ([]property, error) {
	if !c.op("(") {
		return nil, c.errorf("a list of properties in parentheses should stand here")
	}
	var list []property
	for !c.op(")") {
		if len(list) > 0 && !c.op(",") {
			return nil, c.errorf("a comma or a parenthesis should stand here")
		}
		key, err := c.propertyText()
		if err != nil {
			return nil, err
		}
		c.op("=")
		value, err := c.propertyText()
		if err != nil {
			return nil, err
		}
		list = append(list, property{key, value})
	}
	return list, nil
}

// propertyText reads a key or a value.
func (c *cursor) propertyText() (string, error) {
	text := ""
	for {
		t := c.peek(0)
		switch t.Kind {
		case String, Name:
			text += t.Value
		case Word, Number:
			text += c.src[t.Off:t.End]
		default:
			return "", c.errorf("a property's name or value should stand here")
		}
		c.pos++
		if !c.op(".") {
			return text, nil
		}
		text += "."
	}
}

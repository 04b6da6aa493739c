package dialect

import "maps"

// tableClauses reads Hive's clauses between a table's columns and its query, in
// any order.
func (c *cursor) tableClauses(d *definition) error {
	for {
		ok, err := c.tableClause(d)
		if !ok || err != nil {
			return err
		}
	}
}

func (c *cursor) tableClause(d *definition) (bool, error) {
	var err error
	switch {
	case c.accept("using"):
		d.Provider, err = c.provider()
	case c.phrase("stored", "as"):
		d.Provider, err = c.storedAs()
	case c.phrase("stored", "by"):
		d.Provider, err = c.str("the name of a storage handler")
	case c.phrase("row", "format"):
		err = c.rowFormat(d)
	case c.accept("location"):
		d.Location, err = c.str("a path")
	case c.accept("comment"):
		var text string
		text, err = c.str("a comment")
		d.comment = &text
	case c.accept("tblproperties"), c.phrase("with", "serdeproperties"), c.accept("options"):
		err = c.tableProperties(d)
	case c.phrase("partitioned", "by"):
		err = c.partitionedBy(d)
	case c.phrase("clustered", "by"), c.phrase("skewed", "by"), c.phrase("cluster", "by"):
		c.piece()
		err = c.buckets()
	case c.phrase("sorted", "by"):
		c.piece()
	default:
		return false, nil
	}
	return true, err
}

func (c *cursor) provider() (string, error) {
	n, err := c.name("format")
	if err != nil {
		return "", err
	}
	return lower(n.last()), nil
}

func (c *cursor) storedAs() (string, error) {
	if c.accept("inputformat") {
		if _, err := c.str("a class"); err != nil {
			return "", err
		}
		if c.accept("outputformat") {
			if _, err := c.str("a class"); err != nil {
				return "", err
			}
		}
		return "hive", nil
	}
	return c.provider()
}

func (c *cursor) rowFormat(d *definition) error {
	if c.accept("serde") {
		_, err := c.str("a class")
		return err
	}
	if !c.accept("delimited") {
		return c.errorf("DELIMITED or SERDE should stand here")
	}
	for {
		switch {
		case c.phrase("fields", "terminated", "by"):
			delimiter, err := c.str("a delimiter")
			if err != nil {
				return err
			}
			if d.Table == nil {
				d.Table = map[string]string{}
			}
			d.Table["field.delim"] = delimiter
		case c.phrase("collection", "items", "terminated", "by"),
			c.phrase("map", "keys", "terminated", "by"), c.phrase("lines", "terminated", "by"),
			c.phrase("null", "defined", "as"), c.phrase("escaped", "by"):
			if _, err := c.str("a delimiter"); err != nil {
				return err
			}
		default:
			return nil
		}
	}
}

func (c *cursor) tableProperties(d *definition) error {
	list, err := c.properties()
	if err != nil {
		return err
	}
	if d.Table == nil {
		d.Table = map[string]string{}
	}
	maps.Copy(d.Table, asMap(list))
	return nil
}

func asMap(list []property) map[string]string {
	m := map[string]string{}
	for _, p := range list {
		m[p.key] = p.value
	}
	return m
}

// partitionedBy reads columns with types, which are added at the end, or names
// of columns that are there.
func (c *cursor) partitionedBy(d *definition) error {
	if !c.op("(") {
		return c.errorf("a list of columns in parentheses should stand here")
	}
	var by definition
	if err := c.columnList(&by); err != nil {
		return err
	}
	for _, col := range by.columns {
		d.Partitions = append(d.Partitions, col.name)
		if col.sql != "" {
			d.columns = append(d.columns, col)
		}
	}
	for k, v := range by.Types {
		d.remember(k, v)
	}
	return nil
}

func (c *cursor) buckets() error {
	if c.phrase("sorted", "by") {
		c.piece()
	}
	if c.accept("on") {
		c.piece()
	}
	if !c.accept("into") {
		return nil
	}
	if c.peek(0).Kind != Number {
		return c.errorf("the number of buckets should stand here")
	}
	c.pos++
	c.accept("buckets")
	return nil
}

package dialect

import (
	"slices"
	"strings"
)

// create plans CREATE of databases, tables and views; other statements are given
// back.
func create(c *cursor) (Plan, bool, error) {
	if w := c.word(1); w == "database" || w == "schema" {
		return createDatabase(c)
	}
	start := c.pos
	c.pos++
	head := heading{replace: c.phrase("or", "replace")}
	for {
		switch {
		case c.accept("temporary", "temp"):
			head.temporary = true
			continue
		case c.accept("external", "managed", "transactional"):
			continue
		case c.word(0) == "global" && (c.word(1) == "temporary" || c.word(1) == "temp"):
			c.pos++
			continue
		}
		break
	}
	switch {
	case c.accept("table"):
		return createTable(c, head)
	case c.accept("view"), c.phrase("materialized", "view"):
		return createView(c, head)
	case c.word(0) == "index" || c.word(0) == "unique":
		return Plan{}, false, unsupported("[UNSUPPORTED_FEATURE] CREATE INDEX is not supported in Hive's SQL; " +
			"DuckDB's own statement works with kyuubi.engine.duckdb.sql.dialect=duckdb")
	}
	c.pos = start
	return Plan{}, false, nil
}

// heading is what stands before TABLE or VIEW.
type heading struct{ replace, temporary bool }

func (h heading) sql(kind string, absent bool) string {
	sql := "CREATE "
	if h.replace {
		sql += "OR REPLACE "
	}
	if h.temporary {
		sql += "TEMP "
	}
	sql += kind + " "
	if absent {
		sql += "IF NOT EXISTS "
	}
	return sql
}

// definition is what CREATE TABLE says about a table.
type definition struct {
	properties
	comment *string
	columns []definedColumn
	other   []string // constraints
}

type definedColumn struct {
	name    string
	sql     string // type and constraints; empty when only the name is given
	comment *string
}

// createTable plans CREATE TABLE behind the word TABLE.
func createTable(c *cursor, head heading) (Plan, bool, error) {
	absent := c.phrase("if", "not", "exists")
	n, err := c.name("table")
	if err != nil {
		return Plan{}, false, err
	}
	var d definition
	if c.word(0) != "as" && c.op("(") {
		if err := c.columnList(&d); err != nil {
			return Plan{}, false, err
		}
	}
	source, err := c.tableSource()
	if err != nil {
		return Plan{}, false, err
	}
	if err := c.tableClauses(&d); err != nil {
		return Plan{}, false, err
	}
	query, unsummed := source, ""
	if query == "" {
		switch {
		case c.accept("as"), c.word(0) == "select", c.word(0) == "with", c.word(0) == "from", c.word(0) == "values":
			unsummed = c.unsummed()
			d.rememberCasts(c)
			query = c.rest()
		default:
			if err := c.end(); err != nil {
				return Plan{}, false, err
			}
		}
	}
	if query == "" && len(d.columns)+len(d.other) == 0 {
		return Plan{}, false, c.errorf("a table needs columns or AS and a query")
	}
	plan := summing(query, unsummed, func(query string) Plan {
		return Plan{SQL: head.sql("TABLE", absent) + n.sql() + d.body(query), NoResult: true, After: d.remarks(n, "TABLE")}
	})
	if !absent {
		return plan, true, nil
	}
	return Plan{NoResult: true, Ask: &Question{
		SQL: "SELECT 'x' FROM (" + exactly(n, head.temporary) + ")",
		Then: func(rows [][]string) (Plan, error) {
			if len(rows) > 0 { // its comments are not to be touched
				return Plan{NoResult: true}, nil
			}
			return plan, nil
		},
	}}, true, nil
}

// exactly is a query for the relation that CREATE would collide with: it doesn't
// look along the search path.
func exactly(n name, temporary bool) string {
	conditions := []string{"lower(table_name) = lower(" + quote(n.last()) + ")"}
	switch {
	case temporary:
		conditions = append(conditions, "temporary")
	case len(n) == 1:
		conditions = append(conditions, "NOT temporary", "database_name = current_database()", "schema_name = current_schema()")
	default:
		conditions = append(conditions, "lower(schema_name) = lower("+quote(n[len(n)-2])+")")
		if len(n) == 3 {
			conditions = append(conditions, "lower(database_name) = lower("+quote(n[0])+")")
		} else {
			conditions = append(conditions, "database_name = current_database()")
		}
	}
	return "SELECT 1 FROM " + relations + where(conditions...)
}

// tableSource reads LIKE t and SHALLOW CLONE t, which copy another table.
func (c *cursor) tableSource() (string, error) {
	like := c.accept("like")
	if !like && !c.phrase("shallow", "clone") && !c.phrase("deep", "clone") && !c.accept("clone") {
		return "", nil
	}
	n, err := c.name("table")
	if err != nil {
		return "", err
	}
	if like {
		return "FROM " + n.sql() + " LIMIT 0", nil
	}
	return "FROM " + n.sql(), nil
}

// columnList reads the columns behind the opening parenthesis.
func (c *cursor) columnList(d *definition) error {
	for {
		if err := c.element(d); err != nil {
			return err
		}
		if c.op(")") {
			return nil
		}
		if !c.op(",") {
			return c.errorf("a comma or a closing parenthesis should stand here")
		}
	}
}

// element reads a column or a constraint of a table.
func (c *cursor) element(d *definition) error {
	switch w := c.word(0); {
	case w == "constraint", (w == "primary" || w == "foreign") && c.word(1) == "key", (w == "unique" || w == "check") && c.text(1) == "(":
		d.other = append(d.other, c.constraint())
		return nil
	}
	n, err := c.part("column")
	if err != nil {
		return err
	}
	col := definedColumn{name: n}
	c.op(":")
	if t := c.text(0); t != "," && t != ")" && c.word(0) != "comment" {
		sized := sizedTypes[c.word(0)] && c.text(1) == "("
		from := c.peek(0).Off
		if col.sql, err = c.typeName(); err != nil {
			return err
		}
		if sized {
			d.remember(n, c.src[from:c.tokens[c.sig[c.pos-1]].End])
		}
	}
	for !c.done() && c.text(0) != "," && c.text(0) != ")" {
		if c.accept("comment") {
			comment, err := c.str("a comment")
			if err != nil {
				return err
			}
			col.comment = &comment
			continue
		}
		col.sql += " " + c.piece()
	}
	d.columns = append(d.columns, col)
	return nil
}

// remember keeps a type whose length DuckDB ignores.
func (d *definition) remember(column, hiveType string) {
	if d.Types == nil {
		d.Types = map[string]string{}
	}
	d.Types[lower(column)] = strings.ReplaceAll(lower(hiveType), " ", "")
}

// rememberCasts keeps the types of the casts in the query that makes the table.
func (d *definition) rememberCasts(c *cursor) {
	if len(d.columns) > 0 {
		return
	}
	for name, t := range c.castLengths() {
		d.remember(name, t)
	}
}

// constraint reads a table's constraint; what Hive adds to say that nobody
// checks it is left out.
func (c *cursor) constraint() string {
	var parts []string
	for !c.done() && c.text(0) != "," && c.text(0) != ")" {
		if c.accept("disable", "enable", "novalidate", "validate", "rely", "norely", "enforced") {
			continue
		}
		parts = append(parts, c.piece())
	}
	return strings.Join(parts, " ")
}

// piece is the next token, or all of a parenthesis, written for DuckDB.
func (c *cursor) piece() string {
	from := c.pos
	depth := 0
	for !c.done() {
		text, kind := c.text(0), c.peek(0).Kind
		c.pos++
		if kind == Op && (text == "(" || text == "[") {
			depth++
		} else if kind == Op && (text == ")" || text == "]") {
			depth--
		}
		if depth <= 0 {
			break
		}
	}
	return c.slice(from, c.pos)
}

// slice is the significant tokens from one to before another, written for DuckDB.
func (c *cursor) slice(from, to int) string {
	if from >= to {
		return ""
	}
	return emit(c.src, c.tokens[c.sig[from]:c.sig[to-1]+1])
}

// body is what stands behind the table's name.
func (d *definition) body(query string) string {
	if query != "" {
		names := ""
		if len(d.columns) > 0 {
			quoted := make([]string, len(d.columns))
			for i, col := range d.columns {
				quoted[i] = quoteName(col.name)
			}
			names = " (" + strings.Join(quoted, ", ") + ")"
		}
		if len(d.Partitions) > 0 { // they are a table's last columns
			quoted := make([]string, len(d.Partitions))
			for i, p := range d.Partitions {
				quoted[i] = quoteName(p)
			}
			list := strings.Join(quoted, ", ")
			query = "SELECT COLUMNS(* EXCLUDE (" + list + ")), " + list + " FROM (" + query + "\n)"
		}
		return names + " AS " + query
	}
	var parts []string
	for _, col := range d.columns {
		parts = append(parts, quoteName(col.name)+" "+col.sql)
	}
	return " (" + strings.Join(slices.Concat(parts, d.other), ", ") + ")"
}

// remarks are the statements that write comments and properties.
func (d *definition) remarks(n name, kind string) []string {
	var sql []string
	if text := d.text(d.comment); text != "" {
		sql = append(sql, "COMMENT ON "+kind+" "+n.sql()+" IS "+quote(text))
	}
	if kind != "TABLE" {
		return sql
	}
	for _, col := range d.columns {
		if col.comment != nil {
			sql = append(sql, "COMMENT ON COLUMN "+n.sql()+"."+quoteName(col.name)+" IS "+quote(*col.comment))
		}
	}
	return sql
}

package dialect

import "strings"

// show plans those forms of SHOW that Hive has; DuckDB's own are given back. The
// name always comes first, where most clients look for it, unless the session
// asks for Spark's layout.
func show(c *cursor, conf settings) (Plan, bool, error) {
	c.pos++
	spark := strings.EqualFold(conf.get(KeyShowLayout), "spark")
	switch {
	case c.accept("databases", "schemas"):
		return showDatabases(c)
	case c.phrase("table", "extended"):
		return showTableExtended(c)
	case c.accept("partitions"):
		return showPartitions(c)
	case c.accept("tblproperties"):
		return showProperties(c)
	case c.word(0) == "tables", c.word(0) == "views":
		return showRelations(c, spark)
	case c.accept("columns"):
		return showColumns(c)
	case c.phrase("create", "table"):
		return showCreate(c)
	case c.accept("functions"), c.phrase("all", "functions"), c.phrase("user", "functions"), c.phrase("system", "functions"):
		return showFunctions(c, spark)
	}
	return Plan{}, false, nil
}

func showDatabases(c *cursor) (Plan, bool, error) {
	like, err := c.like("schema_name")
	if err != nil {
		return Plan{}, false, err
	}
	return Plan{SQL: "SELECT schema_name AS namespace FROM duckdb_schemas()" +
		where("database_name = current_database()", notInternal, usedMain("current_database()"), like) + " ORDER BY namespace"}, true, nil
}

// notInternal leaves out the schemas that standards demand. DuckDB calls main
// internal as well, but people keep tables there.
const notInternal = "schema_name NOT IN ('information_schema', 'pg_catalog')"

// usedMain leaves out the schema that DuckDB itself makes in a database, while there is
// nothing in it.
func usedMain(database string) string {
	return "(schema_name <> 'main' OR EXISTS (SELECT 1 FROM " + relations + " r WHERE NOT r.temporary " +
		"AND r.database_name = " + database + " AND r.schema_name = 'main') OR NOT EXISTS (SELECT 1 FROM duckdb_schemas() d " +
		"WHERE d.database_name = " + database + " AND d.schema_name = 'default'))"
}

// scope reads an optional IN or FROM and a database. It gives the condition for
// the relations there, the current schema's and the connection's own by default,
// and what checks that the database exists.
func (c *cursor) scope() (condition string, check *Check, err error) {
	if !c.accept("in", "from") {
		return "(temporary OR database_name = current_database() AND schema_name = current_schema())", nil, nil
	}
	n, err := c.name("database")
	if err != nil {
		return "", nil, err
	}
	return inSchema(n), schemaCheck(n), nil
}

// showRelations plans SHOW TABLES, which has the views as well, and SHOW VIEWS.
func showRelations(c *cursor, spark bool) (Plan, bool, error) {
	kind, columns := "", `table_name AS "tableName", temporary AS "isTemporary"`
	if c.word(0) == "views" {
		kind, columns = "kind = 'VIEW'", `table_name AS "viewName", temporary AS "isTemporary"`
	}
	if spark {
		columns = "CASE WHEN temporary THEN '' ELSE schema_name END AS namespace, " + columns
	} else {
		columns = "table_name AS tab_name"
	}
	c.pos++
	scope, check, err := c.scope()
	if err != nil {
		return Plan{}, false, err
	}
	like, err := c.like("table_name")
	if err != nil {
		return Plan{}, false, err
	}
	return Plan{
		SQL:   "SELECT " + columns + " FROM " + relations + where(scope, kind, like) + " ORDER BY table_name",
		Check: check,
	}, true, nil
}

func showColumns(c *cursor) (Plan, bool, error) {
	if !c.accept("in", "from") {
		return Plan{}, false, c.errorf("IN and the name of a table should stand here")
	}
	n, err := c.name("table")
	if err != nil {
		return Plan{}, false, err
	}
	if c.accept("in", "from") {
		db, err := c.name("database")
		if err != nil {
			return Plan{}, false, err
		}
		n = append(db, n.last())
	}
	like, err := c.like("column_name")
	if err != nil {
		return Plan{}, false, err
	}
	return Plan{SQL: "SELECT column_name AS col_name FROM (DESCRIBE " + n.sql() + ")" + where(like)}, true, nil
}

func showFunctions(c *cursor, spark bool) (Plan, bool, error) {
	column := "tab_name"
	if spark {
		column = "function"
	}
	like, err := c.like("function_name")
	if err != nil {
		return Plan{}, false, err
	}
	return Plan{SQL: "SELECT DISTINCT function_name AS " + column + " FROM duckdb_functions()" +
		where("NOT starts_with(function_name, '__')", "function_type <> 'pragma'", like) + " ORDER BY 1"}, true, nil
}

// like reads an optional [LIKE] 'pattern' and the end of the statement.
func (c *cursor) like(column string) (string, error) {
	needed := c.accept("like")
	if !needed && c.done() {
		return "", nil
	}
	read := c.str
	if !needed && c.peek(0).Kind == Word { // Spark's SHOW FUNCTIONS name
		read = c.part
	}
	pattern, err := read("a pattern")
	if err != nil {
		return "", err
	}
	return likeHive(column, pattern), c.end()
}

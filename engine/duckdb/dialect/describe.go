package dialect

import "strconv"

// describe plans DESCRIBE of tables, queries and databases.
func describe(c *cursor) (Plan, bool, error) {
	c.pos++
	switch first := c.word(0); {
	case c.done(), first == "all", first == "tables": // DuckDB's own
		return Plan{}, false, nil
	case first == "function":
		return describeFunction(c)
	case (first == "database" || first == "schema") && c.peek(1).Kind != Op:
		return describeDatabase(c)
	case c.isQuery():
		return describeQuery(c)
	}
	return describeTable(c)
}

// isQuery tells whether a query is next, with or without the word QUERY.
func (c *cursor) isQuery() bool {
	at := 0
	if c.word(0) == "query" && c.has(1) {
		at = 1
	}
	switch c.word(at) {
	case "select", "with", "values", "from":
		c.pos += at
		return true
	}
	t := c.peek(at)
	if t.Kind == Op && c.src[t.Off:t.End] == "(" {
		c.pos += at
		return true
	}
	return false
}

func describeQuery(c *cursor) (Plan, bool, error) {
	return Plan{
		SQL: "SELECT column_name AS col_name, " + marked("column_type") + ` AS data_type, CAST(NULL AS VARCHAR) AS "comment" ` +
			"FROM (DESCRIBE " + c.rest() + "\n)",
		marked: true,
	}, true, nil
}

// marked is a type text's expression with the mark that [Plan.Finish] looks for.
func marked(expr string) string { return "chr(" + strconv.Itoa(typeMark) + ") || " + expr }

// describeTable plans DESCRIBE [TABLE] [EXTENDED | FORMATTED] t [column].
func describeTable(c *cursor) (Plan, bool, error) {
	extended := false
	for c.peek(1).Kind != Op && c.word(0) != "" {
		if c.accept("table") {
			continue
		}
		if !c.accept("extended", "formatted") {
			break
		}
		extended = true
	}
	n, err := c.name("table")
	if err != nil {
		return Plan{}, false, err
	}
	if c.word(0) == "partition" {
		return Plan{}, false, unsupported("DESCRIBE of a partition is not supported; describe the table")
	}
	column := ""
	if !c.done() {
		if column, err = c.part("column"); err != nil {
			return Plan{}, false, err
		}
		column, extended = "lower(d.column_name) = lower("+quote(column)+")", false
	}
	if err := c.end(); err != nil {
		return Plan{}, false, err
	}
	return Plan{SQL: describeSQL(n, column, extended), marked: true}, true, nil
}

// describeSQL asks DuckDB for the columns, so that its own rules find the table
// and its own error tells when there is none; comments come from its catalog.
func describeSQL(n name, condition string, extended bool) string {
	sql := "WITH o AS (" + resolve(n) + "), " +
		"d AS (SELECT row_number() OVER () AS n, column_name, column_type FROM (DESCRIBE " + n.sql() + ")), " +
		`c AS (SELECT column_name, k."comment" FROM duckdb_columns() k ` +
		"JOIN o ON k.database_name = o.database_name AND k.schema_name = o.schema_name AND k.table_name = o.table_name) " +
		`SELECT col_name, data_type, "comment" FROM (` +
		"SELECT 0 AS part, d.n AS n, d.column_name AS col_name, " + marked("d.column_type") + ` AS data_type, c."comment" AS "comment" ` +
		"FROM d LEFT JOIN c ON d.column_name = c.column_name" + where(condition)
	if extended {
		sql += " UNION ALL " + detailsSQL
	}
	return sql + ") ORDER BY part, n"
}

// detailsSQL are the rows behind the columns of DESCRIBE EXTENDED. What belongs
// to the connection has none. Statistics are left out, since DuckDB doesn't know
// a table's bytes, and clients want both numbers or none.
const detailsSQL = `SELECT 1, r.n, r.k, CASE r.n WHEN 3 THEN o.database_name WHEN 4 THEN o.schema_name WHEN 5 THEN o.table_name ` +
	`WHEN 7 THEN CASE o.kind WHEN 'VIEW' THEN 'VIEW' ELSE 'MANAGED' END WHEN 8 THEN 'duckdb' ` +
	`WHEN 9 THEN coalesce(o."comment", '') WHEN 10 THEN o.sql ELSE '' END, '' ` +
	`FROM o, (VALUES (1, ''), (2, '# Detailed Table Information'), (3, 'Catalog'), (4, 'Database'), (5, 'Table'), (6, 'Owner'), ` +
	`(7, 'Type'), (8, 'Provider'), (9, 'Comment'), (10, 'View Text')) r(n, k) ` +
	`WHERE NOT o.temporary AND (r.n <> 10 OR o.kind = 'VIEW') AND (r.n <> 8 OR o.kind <> 'VIEW')`

// describeDatabase plans DESCRIBE DATABASE with Hive's columns.
func describeDatabase(c *cursor) (Plan, bool, error) {
	c.pos++
	if c.has(1) {
		c.accept("extended")
	}
	n, err := c.name("database")
	if err != nil {
		return Plan{}, false, err
	}
	if err := c.end(); err != nil {
		return Plan{}, false, err
	}
	check := schemaCheck(n)
	return Plan{
		Check: check,
		SQL: `SELECT schema_name AS db_name, coalesce("comment", '') AS "comment", '' AS location, '' AS owner_name, '' AS owner_type, ` +
			"'' AS parameters FROM duckdb_schemas()" + check.where,
	}, true, nil
}

// describeFunction plans DESCRIBE FUNCTION [EXTENDED] f: lines of text.
func describeFunction(c *cursor) (Plan, bool, error) {
	c.pos++
	if c.has(1) {
		c.accept("extended")
	}
	n, err := c.name("function")
	if err != nil {
		return Plan{}, false, err
	}
	if err := c.end(); err != nil {
		return Plan{}, false, err
	}
	is := "lower(function_name) = lower(" + quote(n.last()) + ")"
	return Plan{SQL: `SELECT tab_name FROM (SELECT 0 AS n, 'Function: ' || min(function_name) AS tab_name FROM duckdb_functions() WHERE ` + is +
		` HAVING count(*) > 0 UNION ALL SELECT 1, 'Usage: ' || function_name || '(' || array_to_string(parameters, ', ') || ')' || ` +
		`coalesce(' - ' || description, '') FROM duckdb_functions() WHERE ` + is +
		` UNION ALL SELECT 2, 'Function: ' || ` + quote(n.last()) + ` || ' not found.' WHERE NOT EXISTS (SELECT 1 FROM duckdb_functions() WHERE ` + is +
		`)) ORDER BY n, tab_name`}, true, nil
}

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
	case first == "query" && c.queryAt(1):
		c.pos++
		return describeQuery(c)
	case c.peek(0).Kind == Op:
		return describeQuery(c)
	case c.queryAt(0):
		// Hive refuses this, and pandas counts on it: its read_sql describes the
		// statement that it was given in order to find out whether it is a table's name.
		return Plan{}, false, c.errorf("DESCRIBE takes the name of a table; DESCRIBE QUERY ... describes a query")
	}
	return describeTable(c)
}

// queryAt tells whether a query, or its parenthesis, begins at the token at.
func (c *cursor) queryAt(at int) bool {
	switch c.word(at) {
	case "select", "with", "values", "from":
		return true
	}
	return c.peek(at).Kind == Op
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
	return describePlan(n, column, extended), true, nil
}

// describePlan asks for the table; what the catalog doesn't show, such as
// DuckDB's own tables, and what isn't there, is DuckDB's to describe.
func describePlan(n name, condition string, extended bool) Plan {
	return Plan{Ask: &Question{SQL: relationSQL(resolve(n)), Then: func(answer [][]string) (Plan, error) {
		list := parseRelations(answer)
		if len(list) == 0 || condition != "" || len(list[0].columns) == 0 {
			return Plan{SQL: describeSQL(n, condition), marked: true}, nil
		}
		return describeRelation(list[0], extended), nil
	}}}
}

// describeRelation has the columns, once more those that partition the table, and
// with EXTENDED the details. What belongs to the connection has columns only.
func describeRelation(r relation, extended bool) Plan {
	local := &Local{Columns: []string{"col_name", "data_type", "comment"}}
	add := func(cells ...string) {
		row := make([]*string, len(cells))
		for i := range cells {
			row[i] = &cells[i]
		}
		local.Rows = append(local.Rows, row)
	}
	addColumn := func(c column) {
		add(c.name, r.hiveType(c), c.comment)
		if c.comment == "" {
			local.Rows[len(local.Rows)-1][2] = nil
		}
	}
	for _, c := range r.columns {
		addColumn(c)
	}
	if len(r.names(true)) > 0 {
		add("# Partition Information", "", "")
		add("# col_name", "data_type", "comment")
		for _, c := range r.columns {
			if r.partition(c.name) {
				addColumn(c)
			}
		}
	}
	if extended && !r.temporary {
		add("", "", "")
		add("# Detailed Table Information", "", "")
		for _, d := range details(r) {
			add(d[0], d[1], "")
		}
	}
	return Plan{Local: local}
}

// describeSQL asks DuckDB for the columns, so that its own rules find the table
// and its own error tells when there is none; comments come from its catalog.
func describeSQL(n name, condition string) string {
	return "WITH o AS (" + resolve(n) + "), " +
		"d AS (SELECT row_number() OVER () AS n, column_name, column_type FROM (DESCRIBE " + n.sql() + ")), " +
		`c AS (SELECT column_name, k."comment" FROM duckdb_columns() k ` +
		"JOIN o ON k.database_name = o.database_name AND k.schema_name = o.schema_name AND k.table_name = o.table_name) " +
		"SELECT d.column_name AS col_name, " + marked("d.column_type") + ` AS data_type, c."comment" AS "comment" ` +
		"FROM d LEFT JOIN c ON d.column_name = c.column_name" + where(condition) + " ORDER BY d.n"
}

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
		` HAVING count(*) > 0 UNION ALL SELECT DISTINCT 1, 'Usage: ' || function_name || '(' || array_to_string(parameters, ', ') || ')' || ` +
		`coalesce(' - ' || description, '') FROM duckdb_functions() WHERE ` + is +
		` UNION ALL SELECT 2, 'Function: ' || ` + quote(n.last()) + ` || ' not found.' WHERE NOT EXISTS (SELECT 1 FROM duckdb_functions() WHERE ` + is +
		`)) ORDER BY n, tab_name`}, true, nil
}

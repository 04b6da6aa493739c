package dialect

import "strings"

// use plans USE db, with the words that Spark allows before the name.
func use(c *cursor) (Plan, bool, error) {
	c.pos++
	if k := c.peek(1).Kind; k == Word || k == Name {
		c.accept("database", "schema", "namespace")
	}
	n, err := c.name("database")
	if err != nil {
		return Plan{}, false, err
	}
	if err := c.end(); err != nil {
		return Plan{}, false, err
	}
	if len(n) == 1 && strings.EqualFold(n[0], "default") {
		// Tables that were made in DuckDB's own schema, in a file that came with
		// them, are found as well.
		return Plan{SQL: "SET search_path = 'default,main'", NoResult: true, Check: schemaCheck(n)}, true, nil
	}
	check := schemaCheck(n)
	if len(n) == 1 { // DuckDB's USE takes an attached catalog too
		check.SQL += " UNION ALL SELECT 1 FROM duckdb_databases() WHERE lower(database_name) = lower(" + quote(n[0]) + ")"
	}
	return Plan{SQL: "USE " + n.sql(), NoResult: true, Check: check}, true, nil
}

// schemaCheck asks whether a database is there.
func schemaCheck(n name) *Check {
	catalog := "database_name = current_database()"
	if len(n) > 1 {
		catalog = "lower(database_name) = lower(" + quote(n[0]) + ")"
	}
	found := where(catalog, "lower(schema_name) = lower("+quote(n.last())+")")
	return &Check{SQL: "SELECT 1 FROM duckdb_schemas()" + found, Err: noSchema(strings.Join(n, ".")), where: found}
}

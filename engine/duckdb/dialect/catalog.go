package dialect

// relations are the tables and views that somebody made, those of the
// connection included.
const relations = `(SELECT database_name, schema_name, table_name, 'TABLE' AS kind, comment, sql, temporary, estimated_size ` +
	`FROM duckdb_tables() WHERE NOT internal UNION ALL ` +
	`SELECT database_name, schema_name, view_name, 'VIEW', comment, sql, temporary, NULL ` +
	`FROM duckdb_views() WHERE NOT internal)`

// resolve is a query for the one relation that DuckDB takes n for: one of the
// connection first, then along the search path, then in main.
func resolve(n name) string {
	const columns = "SELECT database_name, schema_name, table_name, kind, comment, sql, temporary, estimated_size FROM " + relations
	is := func(column, value string) string { return "lower(" + column + ") = lower(" + quote(value) + ")" }
	switch table := is("table_name", n.last()); len(n) {
	case 1:
		return columns + where(table,
			"(temporary OR database_name = current_database() AND "+
				"(schema_name = 'main' OR list_contains(current_schemas(false), schema_name)))") +
			" ORDER BY temporary DESC, coalesce(list_position(current_schemas(false), schema_name), 1000) LIMIT 1"
	case 2:
		return columns + where(table,
			"("+is("schema_name", n[0])+" AND database_name = current_database() OR "+
				is("database_name", n[0])+" AND schema_name = 'main')") +
			" ORDER BY database_name = current_database() DESC LIMIT 1"
	default:
		return columns + where(table, is("schema_name", n[1]), is("database_name", n[0])) + " LIMIT 1"
	}
}

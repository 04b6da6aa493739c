package dialect

import "github.com/nekomata-sql/nekomata/engine"

// primaryKeysSQL answers GetPrimaryKeys, whose arguments are names, not
// patterns.
func primaryKeysSQL(q engine.PrimaryKeys) string {
	return `SELECT "TABLE_CAT", "TABLE_SCHEM", table_name AS "TABLE_NAME", constraint_column_names[i] AS "COLUMN_NAME", ` +
		`CAST(i AS INTEGER) AS "KEY_SEQ", constraint_name AS "PK_NAME" FROM (SELECT ` + constraintPlace + ", " +
		"table_name, constraint_name, constraint_column_names, unnest(range(1, len(constraint_column_names) + 1)) AS i " +
		"FROM duckdb_constraints() WHERE constraint_type = 'PRIMARY KEY')" +
		where(is(`"TABLE_CAT"`, q.Catalog), is(`"TABLE_SCHEM"`, q.Schema), is("table_name", q.Table)) +
		" ORDER BY 1, 2, 3, 4"
}

const constraintPlace = `CASE WHEN database_name = 'temp' THEN '' ELSE database_name END AS "TABLE_CAT", ` +
	`CASE WHEN database_name = 'temp' THEN '' ELSE schema_name END AS "TABLE_SCHEM"`

// crossReferenceSQL answers GetCrossReference. In DuckDB both tables are in one
// schema, nothing happens to a foreign key when its parent changes (3: no
// action) and the check can't wait (7: not deferrable).
func crossReferenceSQL(q engine.CrossReference) string {
	return `SELECT f."TABLE_CAT" AS "PKTABLE_CAT", f."TABLE_SCHEM" AS "PKTABLE_SCHEM", f.referenced_table AS "PKTABLE_NAME", ` +
		`f.referenced_column_names[f.i] AS "PKCOLUMN_NAME", f."TABLE_CAT" AS "FKTABLE_CAT", f."TABLE_SCHEM" AS "FKTABLE_SCHEM", ` +
		`f.table_name AS "FKTABLE_NAME", f.constraint_column_names[f.i] AS "FKCOLUMN_NAME", CAST(f.i AS INTEGER) AS "KEY_SEQ", ` +
		`CAST(3 AS INTEGER) AS "UPDATE_RULE", CAST(3 AS INTEGER) AS "DELETE_RULE", f.constraint_name AS "FK_NAME", ` +
		`(SELECT min(p.constraint_name) FROM duckdb_constraints() p WHERE p.constraint_type IN ('PRIMARY KEY', 'UNIQUE') ` +
		"AND p.database_name = f.database_name AND p.schema_name = f.schema_name AND p.table_name = f.referenced_table " +
		`AND p.constraint_column_names = f.referenced_column_names) AS "PK_NAME", CAST(7 AS INTEGER) AS "DEFERRABILITY" ` +
		"FROM (SELECT " + constraintPlace + ", database_name, schema_name, table_name, constraint_name, constraint_column_names, " +
		"referenced_table, referenced_column_names, unnest(range(1, len(constraint_column_names) + 1)) AS i " +
		"FROM duckdb_constraints() WHERE constraint_type = 'FOREIGN KEY') f" +
		where(is(`f."TABLE_CAT"`, q.PrimaryCatalog), is(`f."TABLE_SCHEM"`, q.PrimarySchema), is("f.referenced_table", q.PrimaryTable),
			is(`f."TABLE_CAT"`, q.ForeignCatalog), is(`f."TABLE_SCHEM"`, q.ForeignSchema), is("f.table_name", q.ForeignTable)) +
		" ORDER BY 5, 6, 7, 9, 1, 2, 3"
}

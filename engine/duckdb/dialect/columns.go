package dialect

import "github.com/nekomata-sql/nekomata/engine"

// typesOfTables has the types of columns that tables remember.
const typesOfTables = "(SELECT database_name, schema_name, table_name, TRY_CAST(json_extract(TRY_CAST(split_part(comment, chr(31), 2) AS JSON), '$.types') " +
	"AS MAP(VARCHAR, VARCHAR)) AS types FROM duckdb_tables() WHERE contains(comment, '" + LengthsMark + "')) l"

// columnsSQL answers GetColumns. A column's type is found in the table of
// types.go by the text before its parenthesis.
func columnsSQL(q engine.Columns) string {
	const temporary = "database_name = 'temp'"
	columns := "(SELECT database_name, schema_name, CASE WHEN " + temporary + ` THEN '' ELSE database_name END AS "TABLE_CAT", ` +
		"CASE WHEN " + temporary + ` THEN '' ELSE schema_name END AS "TABLE_SCHEM", ` +
		`table_name, column_name, column_index, "comment", column_default, is_nullable, data_type, numeric_precision, numeric_scale, ` +
		"CASE WHEN ends_with(data_type, ']') THEN 'LIST' ELSE split_part(data_type, '(', 1) END AS base " +
		"FROM duckdb_columns() WHERE NOT internal) c"
	const remembered = "map_extract_value(l.types, lower(c.column_name))"
	return `SELECT c."TABLE_CAT", c."TABLE_SCHEM", c.table_name AS "TABLE_NAME", c.column_name AS "COLUMN_NAME", ` +
		`CAST(CASE WHEN starts_with(` + remembered + `, 'char(') THEN 1 ELSE coalesce(t.code, 12) END AS INTEGER) AS "DATA_TYPE", ` +
		"coalesce(upper(" + remembered + "), " + marked("c.data_type") + `) AS "TYPE_NAME", ` +
		`CAST(CASE WHEN ` + remembered + ` IS NOT NULL THEN TRY_CAST(regexp_extract(` + remembered + `, '[0-9]+') AS INTEGER) WHEN c.base = 'DECIMAL' THEN c.numeric_precision ELSE t.size END AS INTEGER) AS "COLUMN_SIZE"` +
		nulls("TINYINT", "BUFFER_LENGTH") + ", " +
		`CAST(CASE WHEN c.base = 'DECIMAL' THEN c.numeric_scale ELSE t.digits END AS INTEGER) AS "DECIMAL_DIGITS", ` +
		`CAST(t.radix AS INTEGER) AS "NUM_PREC_RADIX", CAST(CASE WHEN c.is_nullable THEN 1 ELSE 0 END AS INTEGER) AS "NULLABLE", ` +
		`c."comment" AS "REMARKS", c.column_default AS "COLUMN_DEF"` +
		nulls("INTEGER", "SQL_DATA_TYPE", "SQL_DATETIME_SUB", "CHAR_OCTET_LENGTH") + ", " +
		`CAST(c.column_index AS INTEGER) AS "ORDINAL_POSITION", CASE WHEN c.is_nullable THEN 'YES' ELSE 'NO' END AS "IS_NULLABLE"` +
		nulls("VARCHAR", "SCOPE_CATALOG", "SCOPE_SCHEMA", "SCOPE_TABLE") + nulls("SMALLINT", "SOURCE_DATA_TYPE") + ", " +
		`'NO' AS "IS_AUTO_INCREMENT" FROM ` + columns + " LEFT JOIN " + typesSQL + " ON t.duck = c.base LEFT JOIN " + typesOfTables +
		` ON l.database_name = c.database_name AND l.schema_name = c.schema_name AND l.table_name = c.table_name` +
		where(is(`c."TABLE_CAT"`, q.Catalog), likeJDBC(`c."TABLE_SCHEM"`, q.Schema), likeJDBC("c.table_name", q.Table),
			likeJDBC("c.column_name", q.Column)) +
		` ORDER BY 1, 2, 3, c.column_index`
}

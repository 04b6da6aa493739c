package dialect

import "github.com/nekomata-sql/nekomata/engine"

// columnsSQL answers GetColumns. A column's type is found in the table of
// types.go by the text before its parenthesis.
func columnsSQL(q engine.Columns) string {
	const temporary = "database_name = 'temp'"
	columns := "(SELECT CASE WHEN " + temporary + ` THEN '' ELSE database_name END AS "TABLE_CAT", ` +
		"CASE WHEN " + temporary + ` THEN '' ELSE schema_name END AS "TABLE_SCHEM", ` +
		`table_name, column_name, column_index, "comment", column_default, is_nullable, data_type, numeric_precision, numeric_scale, ` +
		"CASE WHEN ends_with(data_type, ']') THEN 'LIST' ELSE split_part(data_type, '(', 1) END AS base " +
		"FROM duckdb_columns() WHERE NOT internal) c"
	return `SELECT c."TABLE_CAT", c."TABLE_SCHEM", c.table_name AS "TABLE_NAME", c.column_name AS "COLUMN_NAME", ` +
		`CAST(coalesce(t.code, 12) AS INTEGER) AS "DATA_TYPE", ` + marked("c.data_type") + ` AS "TYPE_NAME", ` +
		`CAST(CASE WHEN c.base = 'DECIMAL' THEN c.numeric_precision ELSE t.size END AS INTEGER) AS "COLUMN_SIZE"` +
		nulls("TINYINT", "BUFFER_LENGTH") + ", " +
		`CAST(CASE WHEN c.base = 'DECIMAL' THEN c.numeric_scale ELSE t.digits END AS INTEGER) AS "DECIMAL_DIGITS", ` +
		`CAST(t.radix AS INTEGER) AS "NUM_PREC_RADIX", CAST(CASE WHEN c.is_nullable THEN 1 ELSE 0 END AS INTEGER) AS "NULLABLE", ` +
		`c."comment" AS "REMARKS", c.column_default AS "COLUMN_DEF"` +
		nulls("INTEGER", "SQL_DATA_TYPE", "SQL_DATETIME_SUB", "CHAR_OCTET_LENGTH") + ", " +
		`CAST(c.column_index AS INTEGER) AS "ORDINAL_POSITION", CASE WHEN c.is_nullable THEN 'YES' ELSE 'NO' END AS "IS_NULLABLE"` +
		nulls("VARCHAR", "SCOPE_CATALOG", "SCOPE_SCHEMA", "SCOPE_TABLE") + nulls("SMALLINT", "SOURCE_DATA_TYPE") + ", " +
		`'NO' AS "IS_AUTO_INCREMENT" FROM ` + columns + " LEFT JOIN " + typesSQL + " ON t.duck = c.base" +
		where(is(`c."TABLE_CAT"`, q.Catalog), likeJDBC(`c."TABLE_SCHEM"`, q.Schema), likeJDBC("c.table_name", q.Table),
			likeJDBC("c.column_name", q.Column)) +
		` ORDER BY 1, 2, 3, c.column_index`
}

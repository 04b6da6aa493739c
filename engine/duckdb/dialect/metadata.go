package dialect

import (
	"slices"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/nekomata-sql/nekomata/engine"
	"github.com/nekomata-sql/nekomata/hive"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// TABLE_CAT is DuckDB's own catalog name, such as "memory". HiveServer2 leaves it
// empty and Spark says "spark_catalog"; with the real one, the three-part names
// that JDBC tools build from these answers (memory.default.t) run as they are,
// and so do two-part names. What belongs to the connection (temporary tables and
// views) is nobody's catalog: TABLE_CAT and TABLE_SCHEM are ” there, and its
// bare name finds it.
const (
	catalogOf = "CASE WHEN temporary THEN '' ELSE database_name END"
	schemaOf  = "CASE WHEN temporary THEN '' ELSE schema_name END"
	// userDatabase leaves out DuckDB's own catalogs, system and temp.
	userDatabase = "database_name IN (SELECT database_name FROM duckdb_databases() WHERE " + ofUsers + ")"
	ofUsers      = "NOT internal AND database_name <> '" + library + "'"
)

// Metadata plans one of the metadata questions. The answer has HiveServer2's
// columns and the order that the JDBC specification asks for. It fails with
// Invalid for a pattern with a NUL byte and for a statement, which belongs to
// [Session.Translate].
func Metadata(q engine.Query) (Plan, error) {
	var schema *arrow.Schema
	var sql string
	switch q := q.(type) {
	case engine.Catalogs:
		schema = hive.CatalogsSchema()
		sql = `SELECT database_name AS "TABLE_CAT" FROM duckdb_databases() WHERE ` + ofUsers + " ORDER BY 1"
	case engine.Schemas:
		schema, sql = hive.SchemasSchema(), schemasSQL(q)
	case engine.Tables:
		schema, sql = hive.TablesSchema(), tablesSQL(q)
	case engine.TableTypes:
		schema, sql = hive.TableTypesSchema(), `SELECT "TABLE_TYPE" FROM (VALUES ('TABLE'), ('VIEW')) t("TABLE_TYPE") ORDER BY 1`
	case engine.Columns:
		schema, sql = hive.ColumnsSchema(), columnsSQL(q)
	case engine.Functions:
		schema, sql = hive.FunctionsSchema(), functionsSQL(q)
	case engine.TypeInfo:
		schema, sql = hive.TypeInfoSchema(), typeInfoSQL
	case engine.PrimaryKeys:
		schema, sql = hive.PrimaryKeysSchema(), primaryKeysSQL(q)
	case engine.CrossReference:
		schema, sql = hive.CrossReferenceSchema(), crossReferenceSQL(q)
	default:
		return Plan{}, sqlerr.New(sqlerr.Invalid, "this is not a metadata question")
	}
	if strings.IndexByte(sql, 0) >= 0 {
		return Plan{}, sqlerr.New(sqlerr.Invalid, "a name or pattern can't have a NUL byte")
	}
	_, types := q.(engine.Columns)
	return Plan{SQL: sql, Schema: schema, marked: types, jdbc: types}, nil
}

// is compares names without regard to case. A value that means "any" makes no
// condition.
func is(expr, value string) string {
	switch value {
	case "", "%", "*", ".*":
		return ""
	}
	return "lower(" + expr + ") = lower(" + quote(value) + ")"
}

func schemasSQL(q engine.Schemas) string {
	return `SELECT schema_name AS "TABLE_SCHEM", database_name AS "TABLE_CATALOG" FROM duckdb_schemas() s` +
		where(userDatabase, notInternal, usedMain("s.database_name"), is("database_name", q.Catalog), likeJDBC("schema_name", q.Schema)) +
		" ORDER BY 2, 1"
}

func tablesSQL(q engine.Tables) string {
	return `SELECT "TABLE_CAT", "TABLE_SCHEM", table_name AS "TABLE_NAME", kind AS "TABLE_TYPE", ` + commentOf(`"comment"`) + ` AS "REMARKS"` +
		nulls("VARCHAR", "TYPE_CAT", "TYPE_SCHEM", "TYPE_NAME", "SELF_REFERENCING_COL_NAME", "REF_GENERATION") +
		" FROM (SELECT " + catalogOf + ` AS "TABLE_CAT", ` + schemaOf + ` AS "TABLE_SCHEM", table_name, kind, "comment" FROM ` + relations + ")" +
		where(is(`"TABLE_CAT"`, q.Catalog), likeJDBC(`"TABLE_SCHEM"`, q.Schema), likeJDBC("table_name", q.Table), kinds(q.Types)) +
		" ORDER BY 4, 1, 2, 3"
}

// kinds is a condition for the types of table that were asked for: none means
// all, unknown ones find nothing.
func kinds(types []string) string {
	if len(types) == 0 {
		return ""
	}
	var known []string
	for _, t := range types {
		if t = strings.ToUpper(strings.TrimSpace(t)); (t == "TABLE" || t == "VIEW") && !slices.Contains(known, quote(t)) {
			known = append(known, quote(t))
		}
	}
	if len(known) == 0 {
		return "false"
	}
	return "kind IN (" + strings.Join(known, ", ") + ")"
}

// functionsSQL lists each function once, however many shapes it has. Functions of
// DuckDB itself are in no catalog and no schema, and in every pattern.
func functionsSQL(q engine.Functions) string {
	builtin := "database_name IN ('system', '" + library + "')"
	inSchema := ""
	if c := likeJDBC("schema_name", q.Schema); c != "" {
		inSchema = "(" + builtin + " OR " + c + ")"
	}
	inCatalog := ""
	if c := is("database_name", q.Catalog); c != "" {
		inCatalog = "(" + builtin + " OR " + c + ")"
	}
	return `SELECT "FUNCTION_CAT", "FUNCTION_SCHEM", function_name AS "FUNCTION_NAME", min(description) AS "REMARKS", ` +
		`CAST(max(CASE WHEN function_type IN ('table', 'table_macro') THEN 2 ELSE 1 END) AS INTEGER) AS "FUNCTION_TYPE", ` +
		`function_name AS "SPECIFIC_NAME" FROM (SELECT CASE WHEN ` + builtin + ` THEN NULL ELSE database_name END AS "FUNCTION_CAT", ` +
		`CASE WHEN ` + builtin + ` THEN NULL ELSE schema_name END AS "FUNCTION_SCHEM", function_name, description, function_type ` +
		"FROM duckdb_functions()" +
		where("function_type <> 'pragma'", "NOT starts_with(function_name, '__')", inCatalog, inSchema, likeJDBC("function_name", q.Function)) +
		") GROUP BY ALL ORDER BY 1 NULLS FIRST, 2 NULLS FIRST, 3"
}

// nulls are columns that are always NULL.
func nulls(sqlType string, names ...string) string {
	var b strings.Builder
	for _, n := range names {
		b.WriteString(", CAST(NULL AS " + sqlType + ") AS " + quoteName(n))
	}
	return b.String()
}

// offered is a type of GetTypeInfo, under the name that DDL takes.
type offered struct {
	name      string
	code      int
	precision int // none is NULL
	quoted    bool
	params    string
	scale     int // the largest
}

// offeredTypes are in order of their codes, as JDBC wants them.
var offeredTypes = []offered{
	{name: "TINYINT", code: -6, precision: 3},
	{name: "BIGINT", code: -5, precision: 19},
	{name: "BINARY", code: -2, precision: none},
	{name: "VOID", code: 0, precision: none},
	{name: "DECIMAL", code: 3, precision: 38, params: "precision,scale", scale: 38},
	{name: "INT", code: 4, precision: 10},
	{name: "SMALLINT", code: 5, precision: 5},
	{name: "FLOAT", code: 6, precision: 7},
	{name: "DOUBLE", code: 8, precision: 15},
	{name: "STRING", code: 12, precision: none, quoted: true},
	{name: "BOOLEAN", code: 16, precision: none},
	{name: "DATE", code: 91, precision: none, quoted: true},
	{name: "TIMESTAMP", code: 93, precision: none, quoted: true},
	{name: "INTERVAL", code: 1111, precision: none},
	{name: "MAP", code: 2000, precision: none},
	{name: "STRUCT", code: 2002, precision: none},
	{name: "ARRAY", code: 2003, precision: none},
}

var typeInfoSQL = func() string {
	rows := make([]string, len(offeredTypes))
	for i, t := range offeredTypes {
		precision, radix, q, params, searchable := "NULL", "NULL", "NULL", "NULL", "3"
		if t.precision != none {
			precision, radix = strconv.Itoa(t.precision), "10"
		}
		if t.quoted {
			q = quote("'")
		}
		if t.params != "" {
			params = quote(t.params)
		}
		if t.code >= 2000 { // a collection can't be compared with LIKE, nor sorted
			searchable = "0"
		}
		rows[i] = "(" + strings.Join([]string{
			strconv.Itoa(i), quote(t.name), strconv.Itoa(t.code), precision, q, params, strconv.FormatBool(t.name == "STRING"),
			searchable, strconv.Itoa(t.scale), radix,
		}, ", ") + ")"
	}
	return `SELECT name AS "TYPE_NAME", CAST(code AS INTEGER) AS "DATA_TYPE", CAST(size AS INTEGER) AS "PRECISION", ` +
		`CAST(q AS VARCHAR) AS "LITERAL_PREFIX", CAST(q AS VARCHAR) AS "LITERAL_SUFFIX", CAST(params AS VARCHAR) AS "CREATE_PARAMS", ` +
		`CAST(1 AS SMALLINT) AS "NULLABLE", cased AS "CASE_SENSITIVE", CAST(searchable AS SMALLINT) AS "SEARCHABLE", ` +
		`radix IS NULL AS "UNSIGNED_ATTRIBUTE", false AS "FIXED_PREC_SCALE", false AS "AUTO_INCREMENT", ` +
		`CAST(NULL AS VARCHAR) AS "LOCAL_TYPE_NAME", CAST(0 AS SMALLINT) AS "MINIMUM_SCALE", CAST(scale AS SMALLINT) AS "MAXIMUM_SCALE"` +
		nulls("INTEGER", "SQL_DATA_TYPE", "SQL_DATETIME_SUB") + `, CAST(radix AS INTEGER) AS "NUM_PREC_RADIX" ` +
		"FROM (VALUES " + strings.Join(rows, ", ") + ") t(n, name, code, size, q, params, cased, searchable, scale, radix) ORDER BY n"
}()

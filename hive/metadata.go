package hive

import "github.com/apache/arrow-go/v18/arrow"

// The layouts of the metadata questions' answers, as HiveServer2 has them:
// clients take some columns by position, so their order is a contract.

// CatalogsSchema is the answer of GetCatalogs.
func CatalogsSchema() *arrow.Schema {
	return arrow.NewSchema([]arrow.Field{
		metaText("TABLE_CAT", "Catalog name. NULL if not applicable."),
	}, nil)
}

// SchemasSchema is the answer of GetSchemas.
func SchemasSchema() *arrow.Schema {
	return arrow.NewSchema([]arrow.Field{
		metaText("TABLE_SCHEM", "Schema name."),
		metaText("TABLE_CATALOG", "Catalog name."),
	}, nil)
}

// TablesSchema is the answer of GetTables.
func TablesSchema() *arrow.Schema {
	return arrow.NewSchema([]arrow.Field{
		metaText("TABLE_CAT", "Catalog name. NULL if not applicable."),
		metaText("TABLE_SCHEM", "Schema name."),
		metaText("TABLE_NAME", "Table name."),
		metaText("TABLE_TYPE", `The table type, e.g. "TABLE", "VIEW"`),
		metaText("REMARKS", "Comments about the table."),
		metaText("TYPE_CAT", "The types catalog."),
		metaText("TYPE_SCHEM", "the types schema (may be null)"),
		metaText("TYPE_NAME", "Type name."),
		metaText("SELF_REFERENCING_COL_NAME", `Name of the designated "identifier" column of a typed table.`),
		metaText("REF_GENERATION", "Specifies how values in SELF_REFERENCING_COL_NAME are created."),
	}, nil)
}

// TableTypesSchema is the answer of GetTableTypes.
func TableTypesSchema() *arrow.Schema {
	return arrow.NewSchema([]arrow.Field{
		metaText("TABLE_TYPE", "Table type name."),
	}, nil)
}

// ColumnsSchema is the answer of GetColumns.
func ColumnsSchema() *arrow.Schema {
	return arrow.NewSchema([]arrow.Field{
		metaText("TABLE_CAT", "Catalog name. NULL if not applicable."),
		metaText("TABLE_SCHEM", "Schema name."),
		metaText("TABLE_NAME", "Table name."),
		metaText("COLUMN_NAME", "Column name."),
		metaInt("DATA_TYPE", "SQL data type from java.sql.Types"),
		metaText("TYPE_NAME", "Type name, with its parameters."),
		metaInt("COLUMN_SIZE", "Digits of a number, characters of a text or a date (may be null)"),
		metaField("BUFFER_LENGTH", arrow.PrimitiveTypes.Int8, "Unused"),
		metaInt("DECIMAL_DIGITS", "Digits behind the decimal point (may be null)"),
		metaInt("NUM_PREC_RADIX", "Radix of a number, 10 or 2 (may be null)"),
		metaInt("NULLABLE", "1 when the column may hold NULL, else 0"),
		metaText("REMARKS", "Comment of the column (may be null)"),
		metaText("COLUMN_DEF", "Default value (may be null)"),
		metaInt("SQL_DATA_TYPE", "Unused"),
		metaInt("SQL_DATETIME_SUB", "Unused"),
		metaInt("CHAR_OCTET_LENGTH", "Bytes of a text at most (may be null)"),
		metaInt("ORDINAL_POSITION", "Place of the column in its table, from 1"),
		metaText("IS_NULLABLE", `"YES" when the column may hold NULL, else "NO"`),
		metaText("SCOPE_CATALOG", "Catalog that a reference points to (null without one)"),
		metaText("SCOPE_SCHEMA", "Schema that a reference points to (null without one)"),
		metaText("SCOPE_TABLE", "Table that a reference points to (null without one)"),
		metaField("SOURCE_DATA_TYPE", arrow.PrimitiveTypes.Int16, "SQL data type behind a user's own type (null without one)"),
		metaText("IS_AUTO_INCREMENT", `"YES" when the column counts by itself, else "NO"`),
	}, nil)
}

// FunctionsSchema is the answer of GetFunctions.
func FunctionsSchema() *arrow.Schema {
	return arrow.NewSchema([]arrow.Field{
		metaText("FUNCTION_CAT", "Function catalog (may be null)"),
		metaText("FUNCTION_SCHEM", "Function schema (may be null)"),
		metaText("FUNCTION_NAME", "Function name. This is the name used to invoke the function"),
		metaText("REMARKS", "Explanatory comment on the function"),
		metaInt("FUNCTION_TYPE", "Kind of function."),
		metaText("SPECIFIC_NAME", "The name which uniquely identifies this function within its schema"),
	}, nil)
}

// TypeInfoSchema is the answer of GetTypeInfo.
func TypeInfoSchema() *arrow.Schema {
	small := func(name, comment string) arrow.Field { return metaField(name, arrow.PrimitiveTypes.Int16, comment) }
	boolean := func(name, comment string) arrow.Field {
		return metaField(name, arrow.FixedWidthTypes.Boolean, comment)
	}
	return arrow.NewSchema([]arrow.Field{
		metaText("TYPE_NAME", "Type name"),
		metaInt("DATA_TYPE", "SQL data type from java.sql.Types"),
		metaInt("PRECISION", "Maximum precision"),
		metaText("LITERAL_PREFIX", "Prefix used to quote a literal (may be null)"),
		metaText("LITERAL_SUFFIX", "Suffix used to quote a literal (may be null)"),
		metaText("CREATE_PARAMS", "Parameters used in creating the type (may be null)"),
		small("NULLABLE", "Can you use NULL for this type"),
		boolean("CASE_SENSITIVE", "Is it case sensitive"),
		small("SEARCHABLE", "Can you use 'WHERE' based on this type"),
		boolean("UNSIGNED_ATTRIBUTE", "Is it unsigned"),
		boolean("FIXED_PREC_SCALE", "Can it be a money value"),
		boolean("AUTO_INCREMENT", "Can it be used for an auto-increment value"),
		metaText("LOCAL_TYPE_NAME", "Localized version of type name (may be null)"),
		small("MINIMUM_SCALE", "Minimum scale supported"),
		small("MAXIMUM_SCALE", "Maximum scale supported"),
		metaInt("SQL_DATA_TYPE", "Unused"),
		metaInt("SQL_DATETIME_SUB", "Unused"),
		metaInt("NUM_PREC_RADIX", "Usually 2 or 10"),
	}, nil)
}

// PrimaryKeysSchema is the answer of GetPrimaryKeys.
func PrimaryKeysSchema() *arrow.Schema {
	return arrow.NewSchema([]arrow.Field{
		metaText("TABLE_CAT", "Catalog name. NULL if not applicable."),
		metaText("TABLE_SCHEM", "Schema name."),
		metaText("TABLE_NAME", "Table name."),
		metaText("COLUMN_NAME", "Column name."),
		metaInt("KEY_SEQ", "Place of the column in the key, from 1"),
		metaText("PK_NAME", "Name of the key (may be null)"),
	}, nil)
}

// CrossReferenceSchema is the answer of GetCrossReference.
func CrossReferenceSchema() *arrow.Schema {
	return arrow.NewSchema([]arrow.Field{
		metaText("PKTABLE_CAT", "Catalog of the table with the primary key"),
		metaText("PKTABLE_SCHEM", "Schema of the table with the primary key"),
		metaText("PKTABLE_NAME", "Table with the primary key"),
		metaText("PKCOLUMN_NAME", "Column of the primary key"),
		metaText("FKTABLE_CAT", "Catalog of the table with the foreign key"),
		metaText("FKTABLE_SCHEM", "Schema of the table with the foreign key"),
		metaText("FKTABLE_NAME", "Table with the foreign key"),
		metaText("FKCOLUMN_NAME", "Column of the foreign key"),
		metaInt("KEY_SEQ", "Place of the column in the foreign key, from 1"),
		metaInt("UPDATE_RULE", "What a change of the primary key does, as in java.sql.DatabaseMetaData"),
		metaInt("DELETE_RULE", "What deleting the primary key does, as in java.sql.DatabaseMetaData"),
		metaText("FK_NAME", "Name of the foreign key (may be null)"),
		metaText("PK_NAME", "Name of the primary key (may be null)"),
		metaInt("DEFERRABILITY", "Whether the check can wait for the commit, as in java.sql.DatabaseMetaData"),
	}, nil)
}

func metaText(name, comment string) arrow.Field {
	return metaField(name, arrow.BinaryTypes.String, comment)
}

func metaInt(name, comment string) arrow.Field {
	return metaField(name, arrow.PrimitiveTypes.Int32, comment)
}

func metaField(name string, t arrow.DataType, comment string) arrow.Field {
	return arrow.Field{
		Name: name, Type: t, Nullable: true,
		Metadata: arrow.NewMetadata([]string{MetaComment}, []string{comment}),
	}
}

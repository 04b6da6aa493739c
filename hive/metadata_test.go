package hive_test

import (
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/hive"
)

func TestMetadataLayouts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		schema *arrow.Schema
		layout string // name:type, as HiveServer2 has them
	}{
		"catalogs": {hive.CatalogsSchema(), "TABLE_CAT:utf8"},
		"schemas":  {hive.SchemasSchema(), "TABLE_SCHEM:utf8 TABLE_CATALOG:utf8"},
		"tables": {
			hive.TablesSchema(), "TABLE_CAT:utf8 TABLE_SCHEM:utf8 TABLE_NAME:utf8 TABLE_TYPE:utf8 REMARKS:utf8 " +
				"TYPE_CAT:utf8 TYPE_SCHEM:utf8 TYPE_NAME:utf8 SELF_REFERENCING_COL_NAME:utf8 REF_GENERATION:utf8",
		},
		"table types": {hive.TableTypesSchema(), "TABLE_TYPE:utf8"},
		"columns": {
			hive.ColumnsSchema(), "TABLE_CAT:utf8 TABLE_SCHEM:utf8 TABLE_NAME:utf8 COLUMN_NAME:utf8 DATA_TYPE:int32 TYPE_NAME:utf8 " +
				"COLUMN_SIZE:int32 BUFFER_LENGTH:int8 DECIMAL_DIGITS:int32 NUM_PREC_RADIX:int32 NULLABLE:int32 REMARKS:utf8 " +
				"COLUMN_DEF:utf8 SQL_DATA_TYPE:int32 SQL_DATETIME_SUB:int32 CHAR_OCTET_LENGTH:int32 ORDINAL_POSITION:int32 " +
				"IS_NULLABLE:utf8 SCOPE_CATALOG:utf8 SCOPE_SCHEMA:utf8 SCOPE_TABLE:utf8 SOURCE_DATA_TYPE:int16 IS_AUTO_INCREMENT:utf8",
		},
		"functions": {
			hive.FunctionsSchema(), "FUNCTION_CAT:utf8 FUNCTION_SCHEM:utf8 FUNCTION_NAME:utf8 REMARKS:utf8 FUNCTION_TYPE:int32 SPECIFIC_NAME:utf8",
		},
		"types": {
			hive.TypeInfoSchema(), "TYPE_NAME:utf8 DATA_TYPE:int32 PRECISION:int32 LITERAL_PREFIX:utf8 LITERAL_SUFFIX:utf8 " +
				"CREATE_PARAMS:utf8 NULLABLE:int16 CASE_SENSITIVE:bool SEARCHABLE:int16 UNSIGNED_ATTRIBUTE:bool FIXED_PREC_SCALE:bool " +
				"AUTO_INCREMENT:bool LOCAL_TYPE_NAME:utf8 MINIMUM_SCALE:int16 MAXIMUM_SCALE:int16 SQL_DATA_TYPE:int32 " +
				"SQL_DATETIME_SUB:int32 NUM_PREC_RADIX:int32",
		},
		"primary keys": {
			hive.PrimaryKeysSchema(), "TABLE_CAT:utf8 TABLE_SCHEM:utf8 TABLE_NAME:utf8 COLUMN_NAME:utf8 KEY_SEQ:int32 PK_NAME:utf8",
		},
		"cross reference": {
			hive.CrossReferenceSchema(), "PKTABLE_CAT:utf8 PKTABLE_SCHEM:utf8 PKTABLE_NAME:utf8 PKCOLUMN_NAME:utf8 FKTABLE_CAT:utf8 " +
				"FKTABLE_SCHEM:utf8 FKTABLE_NAME:utf8 FKCOLUMN_NAME:utf8 KEY_SEQ:int32 UPDATE_RULE:int32 DELETE_RULE:int32 FK_NAME:utf8 " +
				"PK_NAME:utf8 DEFERRABILITY:int32",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, f := range c.schema.Fields() {
				got = append(got, f.Name+":"+f.Type.Name())
				comment, ok := f.Metadata.GetValue(hive.MetaComment)
				require.True(t, ok, f.Name)
				require.NotEmpty(t, comment, f.Name)
				require.True(t, f.Nullable, f.Name)
			}
			require.Equal(t, c.layout, strings.Join(got, " "))
		})
	}
}

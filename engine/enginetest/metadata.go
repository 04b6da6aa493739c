package enginetest

import (
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/engine"
	"github.com/nekomata-sql/nekomata/hive"
)

func testMetadataColumns(t *testing.T, e engine.Engine) {
	t.Helper()
	c := open(t, e)
	table := digits(t, c)
	for _, tc := range []struct {
		query engine.Query
		want  *arrow.Schema
	}{
		{engine.Catalogs{}, hive.CatalogsSchema()},
		{engine.Schemas{}, hive.SchemasSchema()},
		{engine.Tables{}, hive.TablesSchema()},
		{engine.TableTypes{}, hive.TableTypesSchema()},
		{engine.Columns{Table: table}, hive.ColumnsSchema()},
		{engine.Functions{}, hive.FunctionsSchema()},
		{engine.TypeInfo{}, hive.TypeInfoSchema()},
		{engine.PrimaryKeys{Table: table}, hive.PrimaryKeysSchema()},
		{engine.CrossReference{PrimaryTable: table}, hive.CrossReferenceSchema()},
	} {
		rows, err := c.Run(t.Context(), tc.query)
		require.NoError(t, err, tc.query.Name())
		require.Equal(t, hive.Columns(tc.want), hive.Columns(rows.Schema()), tc.query.Name())
		rest(t, rows)
	}
}

func testMetadataOfTable(t *testing.T, e engine.Engine) {
	t.Helper()
	c := open(t, e)
	table := digits(t, c)
	tables := read(t, c, engine.Tables{Schema: "%", Table: table})
	require.Len(t, tables, 1)
	require.Contains(t, tables[0], "default|"+table+"|TABLE|")
	columns := read(t, c, engine.Columns{Table: table, Column: "%"})
	require.Len(t, columns, 1)
	require.Contains(t, columns[0], "default|"+table+"|d|4|")
	require.Empty(t, read(t, c, engine.Tables{Table: "no_such_table"}))
}

func testSettings(t *testing.T, e engine.Engine) {
	t.Helper()
	c, err := e.Open(t.Context(), engine.OpenRequest{
		Conf: map[string]string{"test.setting": "from the session", "user": "somebody"},
		Vars: map[string]string{"word": "forty"},
	})
	require.NoError(t, err)
	defer func() { require.NoError(t, c.Close()) }()
	require.Equal(t, []string{"test.setting|from the session"}, query(t, c, "SET test.setting"))
	require.Equal(t, []string{"forty-two"}, query(t, c, "SELECT '${hivevar:word}-two'"))
	rows, err := c.Run(t.Context(), engine.Statement{
		SQL: "SELECT '${hiveconf:test.setting}'", Conf: map[string]string{"test.setting": "for this one"},
	})
	require.NoError(t, err)
	require.Equal(t, []string{"for this one"}, rest(t, rows))
	require.Equal(t, []string{"test.setting|from the session"}, query(t, c, "SET test.setting"))
}

package dialect_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/engine"
	"github.com/nekomata-sql/nekomata/engine/duckdb/dialect"
)

func TestSessionsTellAboutThemselves(t *testing.T) {
	t.Parallel()
	d := shop(t)
	d.s = dialect.NewSession(nil, nil, dialect.Options{Hive: true, About: dialect.About{
		SessionID: "s-1", User: "o'ann", Engine: engine.Info{ID: "e-1", Name: "DuckDB", Version: "1.5.5"},
	}})
	for _, sql := range []string{"KYUUBI DESC SESSION", "-- c\nkyuubiadmin describe session;"} {
		got := d.must(sql)
		require.Equal(t, []string{"SESSION_ID", "SESSION_USER", "SESSION_TYPE"}, got.columns)
		require.Equal(t, [][]string{{"s-1", "o'ann", "INTERACTIVE"}}, got.rows)
	}
	got := d.must("KYUUBI DESCRIBE ENGINE")
	require.Equal(t, []string{"ENGINE_ID", "ENGINE_NAME", "ENGINE_URL", "ENGINE_INSTANCE", "ENGINE_VERSION", "ENGINE_ATTRIBUTES"}, got.columns)
	require.Equal(t, [][]string{{"e-1", "DuckDB", "", "", "1.5.5", ""}}, got.rows)
	for _, sql := range []string{"KYUUBI", "KYUUBI DESC", "KYUUBI DESC TABLE", "KYUUBI DESC SESSION x", "KYUUBIADMIN x"} {
		plan, err := d.s.Translate(sql, nil)
		require.NoError(t, err, sql)
		require.Equal(t, sql, plan.SQL, "passes as it is")
	}
}

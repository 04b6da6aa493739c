package metadata_test

import (
	"database/sql"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/nekomata-sql/nekomata/metadata"
	"github.com/nekomata-sql/nekomata/metadata/metadatatest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func raw(tb testing.TB, db *sql.DB) func(string) {
	tb.Helper()
	return func(statement string) {
		_, err := db.ExecContext(tb.Context(), statement)
		require.NoError(tb, err)
	}
}

func sqliteFile(tb testing.TB) (metadata.Options, func(string)) {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "a store #1 100%.db") // not as a URI would read it
	db, err := sql.Open("sqlite", path+"?_pragma=busy_timeout(10000)")
	require.NoError(tb, err)
	tb.Cleanup(func() { _ = db.Close() })
	return metadata.Options{URL: "jdbc:sqlite:" + path}, raw(tb, db)
}

func TestSQLite(t *testing.T) {
	t.Parallel()
	metadatatest.Run(t, sqliteFile)
}

func TestMariaDB(t *testing.T) { //nolint:tparallel // the last parts stop the server
	t.Parallel()
	m := metadatatest.StartMariaDB(t)
	t.Run("Suite", func(t *testing.T) {
		metadatatest.Run(t, func(tb testing.TB) (metadata.Options, func(string)) {
			tb.Helper()
			name := m.Database(tb)
			return metadata.Options{URL: m.URL(name), User: "root", Pool: map[string]string{"maximumPoolSize": "8"}}, raw(tb, m.Open(tb, name))
		})
	})
	t.Run("LittleIsRead", func(t *testing.T) { littleIsRead(t, m) })
	t.Run("FewStatements", func(t *testing.T) { fewStatements(t, m) })
	t.Run("Refusals", func(t *testing.T) { mariaDBRefusals(t, m) })
	t.Run("GoneAndBack", func(t *testing.T) { goneAndBack(t, m) })
}

package duckdb

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/engine"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// TestOwnPathsAreNotShown to those who haven't written them.
func TestOwnPathsAreNotShown(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file, outside := filepath.Join(dir, "own.duckdb"), filepath.Join(t.TempDir(), "mine.csv")
	c := connect(t, start(t, Options{Path: file, TempDirectory: filepath.Join(dir, "spill")}))
	message := func(sql string) string {
		t.Helper()
		_, err := c.Run(t.Context(), engine.Statement{SQL: sql})
		require.Error(t, err, sql)
		return sqlerr.From(err).Message
	}
	here, err := os.Getwd()
	require.NoError(t, err)
	for _, sql := range []string{"INSTALL spatial", "ATTACH 'other.duckdb' AS o", "ATTACH '" + filepath.Base(file) + "' AS o"} {
		for _, own := range c.engine.paths {
			require.NotContains(t, message(sql), own.path, sql)
		}
	}
	require.Contains(t, message("ATTACH 'other.duckdb' AS o"), `"./other.duckdb"`)
	require.Contains(t, message("SELECT * FROM read_csv('"+outside+"')"), outside)
	require.Contains(t, message("ATTACH '"+file+"' AS again"), file, "he has written it")
	require.Contains(t, message("SELECT * FROM read_csv('"+here+"/x.csv')"), here)
}

// TestOwnPathsInMessages has what DuckDB says when it can't write or read its own files.
func TestOwnPathsInMessages(t *testing.T) {
	t.Parallel()
	e := New(Options{Path: "/data/own.duckdb", TempDirectory: "/data/spill"})
	for said, want := range map[string]string{
		`Could not write file "/data/own.duckdb": No space left on device`:         `Could not write file "the gateway's database": No space left on device`,
		`Cannot open file "/data/own.duckdb.wal": Input/output error`:              `Cannot open file "the gateway's database.wal": Input/output error`,
		`Could not write file "/data/spill/duckdb_temp_storage-0.tmp": No space`:   `Could not write file "the temporary directory/duckdb_temp_storage-0.tmp": No space`,
		`/data/own.duckdb, /data/own.duckdb2 and /mnt/data/own.duckdb and /data/x`: `the gateway's database, /data/own.duckdb2 and /mnt/data/own.duckdb and /data/x`,
	} {
		require.Equal(t, want, e.withoutPaths(said, "insert into t values (1)"))
	}
	const own = `Cannot open file "/data/own.duckdb"`
	require.Equal(t, own, e.withoutPaths(own, "attach '/data/own.duckdb' as o"))
}

// TestMessagesHaveNoOwnPaths: all errors of statements go that way.
func TestMessagesHaveNoOwnPaths(t *testing.T) {
	t.Parallel()
	c := connect(t, start(t, Options{Path: filepath.Join(t.TempDir(), "own.duckdb")}))
	text := `Could not write file "` + c.engine.opts.Path + `": No space left on device`
	for _, class := range []string{"IO", classTransaction, classUnknown} {
		err := sqlerr.From(c.explain(failure{class: class, text: text, raw: text}, statementText{sql: "COMMIT", written: "COMMIT"}))
		require.NotContains(t, err.Message, c.engine.opts.Path)
		require.Contains(t, err.Message, "No space left on device")
		require.Contains(t, err.Error(), c.engine.opts.Path, "the log has it")
	}
}

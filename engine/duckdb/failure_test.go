package duckdb

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// TestFullDisk has what DuckDB says when it can't write, at once and at a commit.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	const text = `Could not write file "/data/x.duckdb": No space left on device`
	for class, said := range map[string]string{"IO": text, classTransaction: "Failed to commit: " + text} {
		require.Equal(t, meaning{sqlerr.Unavailable, "58030"}, failure{class: class, text: said}.meaning(), "it is the gateway's to mend, and may be tried again")
	}
}

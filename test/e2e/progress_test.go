package e2e

import (
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestBeelineDrawsProgress looks at what beeline 3.1 draws while DuckDB works: a table
// with one row, and a bar whose percentage grows. The statement must take some seconds on
// a machine with nothing else to do: beeline looks once a second.
func TestBeelineDrawsProgress(t *testing.T) {
	g := server(t)
	b := beeline{version: "3.1", jars: beelines(t)["3.1"], address: g.thrift}
	_, messages, ok := b.run(t, "drop table if exists progress_t;\n"+
		"create table progress_t as select i from range(15000000) t(i);\n"+
		"select sum(length(md5(cast(i as string))) + length(sha256(cast(i as string)))) from progress_t;\ndrop table progress_t;\n")
	require.True(t, ok, messages)
	assert.Contains(t, messages, "VERTICES", "the table's head")
	assert.Contains(t, messages, "ELAPSED TIME", "its foot")
	seen := map[int]bool{}
	for _, m := range regexp.MustCompile(`(\d+)%`).FindAllStringSubmatch(messages, -1) {
		n, err := strconv.Atoi(m[1])
		require.NoError(t, err)
		require.LessOrEqual(t, n, 100)
		seen[n] = true
	}
	assert.Greater(t, len(seen), 1, "the bar moves: %v\n%s", seen, messages)
	assert.NotContains(t, messages, "Exception")
}

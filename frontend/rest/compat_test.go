package rest

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCompatTableHasEveryRoute(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/rest-compat.md")
	require.NoError(t, err)
	for path, item := range readDocument(t).spec.Paths.Map() {
		for method := range item.Operations() {
			require.Contains(t, string(text), "`"+method+" "+path+"`", "docs/rest-compat.md should say which Kyuubi has it")
		}
	}
}

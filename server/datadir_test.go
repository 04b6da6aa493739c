package server

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

func TestDataDirBelongsToOne(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a", "b")
	d := &dataDir{path: path}
	require.NoError(t, d.open())
	require.NoError(t, os.WriteFile(filepath.Join(d.temp(), "left.arrow"), nil, 0o600))
	err := (&dataDir{path: path}).open()
	require.ErrorIs(t, err, sqlerr.Exists)
	require.ErrorContains(t, err, fmt.Sprintf("pid %d", os.Getpid()))
	d.close()
	require.NoError(t, d.open())
	left, err := os.ReadDir(d.temp())
	require.NoError(t, err)
	require.Empty(t, left, "a crash's left-overs are swept")
	d.close()
	err = (&dataDir{path: "/proc/nowhere"}).open()
	require.ErrorIs(t, err, sqlerr.Invalid)
	require.ErrorContains(t, err, "--data-dir")
}

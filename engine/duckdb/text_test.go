package duckdb

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSeveral(t *testing.T) {
	t.Parallel()
	for sql, want := range map[string]bool{
		"":                               false,
		"SELECT 1":                       false,
		"SELECT 1;":                      false,
		"SELECT 1 ; ; -- done\n /* ; */": false,
		"SELECT 1; SELECT 2":             true,
		"SELECT ';'; -- ;":               false,
		`SELECT 'a\'; SELECT 2`:          true, // a backslash is a letter here
		`SELECT E'a\'; SELECT 2'`:        false,
		"SELECT 'it''s;' AS \";\"":       false,
		"SELECT $$ ; $$ ; x":             true,
		"SELECT $a$ ; $$ ; $a$":          false,
		"SELECT $1; x":                   true,
		"SELECT 1 /* ; ":                 false,
		"SELECT 'open ; ":                false,
		"-- ;\nSELECT 1":                 false,
	} {
		require.Equal(t, want, several(sql), sql)
	}
}

func TestFirstWord(t *testing.T) {
	t.Parallel()
	require.Equal(t, "begin", firstWord(" /* x */ -- y\n BEGIN;"))
	require.Empty(t, firstWord("(SELECT 1)"))
	require.Empty(t, firstWord(""))
}

func FuzzSeveral(f *testing.F) {
	f.Add("SELECT E'\\")
	f.Add("$a")
	f.Fuzz(func(t *testing.T, sql string) {
		got := several(sql)
		if !strings.Contains(sql, ";") {
			require.False(t, got)
		}
		firstWord(sql)
	})
}

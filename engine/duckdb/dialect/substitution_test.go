package dialect_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// The place of a syntax error is one in what the client wrote, whatever its variables
// stand for.
func TestSyntaxErrorsAreInTheTextAsWritten(t *testing.T) {
	t.Parallel()
	vars := map[string]string{
		"long": "a_long_name", "lines": "1,\n2", "none": "", "outer": "1, ${inner}", "inner": "2\n, 'open", "bad": "'never",
		"two": "1; drop table t",
	}
	for sql, want := range map[string]string{
		"select ${long}, 'open":              "at or near ''' (line 1, column 17): this string never ends",
		"select ${lines}, 'open":             "(line 1, column 18)",
		"select ${lines}\n, ${none} 'open":   "(line 2, column 11)",
		"select ${none}${long}${none} 'open": "(line 1, column 30)",
		"select 1, ${bad}":                   "at or near ''' (line 1, column 11)",
		"select 1,\n  ${outer} from t":       "at or near ''' (line 2, column 3)",
		"select ${missing}, ${long}, 'open":  "(line 1, column 29)",
		"select é, ${two}":                   "at or near 'drop' (line 1, column 11): one statement at a time",
		"create database ${long} foo":        "at or near 'foo' (line 1, column 25)",
		"show columns ${long}":               "at or near 'a_long_name' (line 1, column 14)",
	} {
		_, err := hive(nil, vars).Translate(sql, nil)
		require.Error(t, err, sql)
		require.Equal(t, "42601", sqlerr.From(err).SQLState())
		require.Contains(t, sqlerr.From(err).Message, want, sql)
	}
}

package dialect_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nekomata-sql/nekomata/engine/duckdb/dialect"
)

// client is a way to write a parameter into a statement's text.
type client struct {
	name  string
	quote func(string) string
	// safe leaves out the parameters that the client itself writes wrongly: for
	// them no reading of the text gives the parameter back.
	safe func(string) bool
}

// clients are the ways of rule 22, written down from what their texts look like.
var clients = []client{
	{
		name: "PyHive",
		quote: func(s string) string {
			return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\r", `\r`, "\n", `\n`, "\t", `\t`).Replace(s) + "'"
		},
		safe: func(string) bool { return true },
	},
	{
		// Every Hive JDBC writes \' for a quote and leaves a backslash alone, so that
		// only parameters without one are theirs to keep.
		name:  "Hive JDBC",
		quote: func(s string) string { return "'" + strings.ReplaceAll(s, `'`, `\'`) + "'" },
		safe:  func(s string) bool { return !strings.Contains(s, `\`) },
	},
	{
		name:  "SQLAlchemy, quotes doubled",
		quote: func(s string) string { return "'" + strings.ReplaceAll(s, `'`, `''`) + "'" },
		safe:  func(s string) bool { return !strings.Contains(s, `\`) },
	},
	{
		name: "SQLAlchemy, quotes and backslashes doubled",
		quote: func(s string) string {
			return "'" + strings.NewReplacer(`'`, `''`, `\`, `\\`).Replace(s) + "'"
		},
		safe: func(string) bool { return true },
	},
}

// nasty draws texts full of what could end a literal.
func nasty() *rapid.Generator[string] {
	piece := rapid.OneOf(
		rapid.SampledFrom([]string{
			`'`, `''`, `\`, `\\`, `\'`, `"`, "`", "$$", "$a$", "--", "/*", "*/", ";", "\n", "\r\n", "\t", "%", "_", `\%`, `\u0027`, `\047`, "\x1a",
			"E'", "' OR 1=1 --", "${", "}", "猫", "🐈", "\u00a0", "\u2028", "0", "n", "Z",
		}),
		rapid.StringMatching(`[ -~]{0,4}`),
		rapid.String(),
	)
	return rapid.Custom(func(t *rapid.T) string {
		return strings.ReplaceAll(strings.Join(rapid.SliceOfN(piece, 0, 8).Draw(t, "pieces"), ""), "\x00", "")
	})
}

// parameter draws a parameter that c writes as it should.
func (c client) parameter() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		s := nasty().Draw(t, "text")
		if !c.safe(s) {
			s = strings.ReplaceAll(s, `\`, "")
		}
		return s
	})
}

func TestParametersComeBack(t *testing.T) {
	t.Parallel()
	for _, c := range clients {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := dialect.NewSession(nil, nil, dialect.Options{Hive: true})
			rapid.Check(t, func(t *rapid.T) {
				a, b := c.parameter().Draw(t, "a"), c.parameter().Draw(t, "b")
				if substitutes(a) || substitutes(b) {
					t.Skip("a variable")
				}
				sql := "SELECT " + c.quote(a) + " AS a, 'fixed', " + c.quote(b) + " FROM `t` -- end"
				plan, err := s.Translate(sql, nil)
				require.NoError(t, err, sql)
				got, err := readAsDuckDB(plan.SQL)
				require.NoError(t, err, plan.SQL)
				require.Equal(t, []string{a, "fixed", b}, got, plan.SQL)
			})
		})
	}
}

// substitutes tells whether a text has a variable that is refused.
func substitutes(s string) bool {
	return strings.Contains(s, "${env:") || strings.Contains(s, "${system:")
}

// A Hive JDBC parameter with backslashes is read as Hive reads it; it still
// can't end its literal, unless its last backslash or one before a quote makes
// the client's text do so.
func TestBackslashesOfHiveJDBCDoNotEndTheLiteral(t *testing.T) {
	t.Parallel()
	s := dialect.NewSession(nil, nil, dialect.Options{Hive: true})
	rapid.Check(t, func(t *rapid.T) {
		p := strings.ReplaceAll(nasty().Draw(t, "p"), `'`, "")
		if trailing := len(p) - len(strings.TrimRight(p, `\`)); trailing%2 == 1 || substitutes(p) {
			t.Skip("the client's own hole")
		}
		sql := "SELECT '" + p + "' AS a, 'fixed'"
		plan, err := s.Translate(sql, nil)
		if err != nil { // \0 and its like
			require.ErrorContains(t, err, "NUL")
			return
		}
		got, err := readAsDuckDB(plan.SQL)
		require.NoError(t, err, plan.SQL)
		require.Len(t, got, 2, plan.SQL)
		require.Equal(t, "fixed", got[1])
	})
}

func TestNamesComeBack(t *testing.T) {
	t.Parallel()
	s := dialect.NewSession(nil, nil, dialect.Options{Hive: true})
	rapid.Check(t, func(t *rapid.T) {
		n := nasty().Draw(t, "name")
		if n == "" || substitutes(n) {
			t.Skip("no name")
		}
		plan, err := s.Translate("SELECT `"+strings.ReplaceAll(n, "`", "``")+"` FROM t", nil)
		require.NoError(t, err)
		require.Equal(t, `SELECT "`+strings.ReplaceAll(n, `"`, `""`)+`" FROM t`, plan.SQL)
	})
}

// backticks quotes a name as clients do.
func backticks(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

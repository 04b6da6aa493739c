package dialect_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/engine/duckdb/dialect"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// spell writes the significant tokens as kind:text or, for what has one,
// kind=value.
func spell(sql string, tokens []dialect.Token) []string {
	kinds := map[dialect.Kind]string{
		dialect.Word: "word", dialect.Name: "name", dialect.String: "string", dialect.Bytes: "bytes",
		dialect.Number: "number", dialect.Op: "op", dialect.Comment: "comment",
	}
	var out []string
	for _, t := range tokens {
		switch t.Kind {
		case dialect.Space:
		case dialect.Name, dialect.String, dialect.Bytes:
			out = append(out, kinds[t.Kind]+"="+t.Value)
		default:
			out = append(out, kinds[t.Kind]+":"+sql[t.Off:t.End])
		}
	}
	return out
}

func TestLex(t *testing.T) {
	t.Parallel()
	for sql, want := range map[string][]string{
		"":                              nil,
		"select 1":                      {"word:select", "number:1"},
		"a--b\nc":                       {"word:a", "comment:--b", "word:c"},
		"a--b\rc":                       {"word:a", "comment:--b", "word:c"},
		"/* a /* b */ c":                {"comment:/* a /* b */", "word:c"},
		"/*+ MAPJOIN(a) */ x":           {"comment:/*+ MAPJOIN(a) */", "word:x"},
		"-- it's\n1":                    {"comment:-- it's", "number:1"},
		"'-- x' '/*'":                   {"string=-- x", "string=/*"},
		`'it\'s'`:                       {"string=it's"},
		`'it''s'`:                       {"string=it's"},
		`'a\\'`:                         {`string=a\`},
		`'\n\r\t\b\Z\\\"'`:              {"string=\n\r\t\b\x1a\\\""},
		`'\%\_'`:                        {`string=\%\_`},
		`'\d\'' `:                       {"string=d'"},
		`'C:\new'`:                      {"string=C:\new"},
		`'\101\177'`:                    {"string=A\x7f"},
		`'\278'`:                        {"string=278"},
		`'\u732b\u0041'`:                {"string=猫A"},
		`'\uD83D\uDC08'`:                {"string=🐈"},
		`'\uD83Dx'`:                     {"string=\uFFFDx"},
		`'\u73'`:                        {"string=u73"},
		"'\\猫'":                         {"string=猫"},
		"'a\nb'":                        {"string=a\nb"},
		"`a b`.`c``d`":                  {"name=a b", "op:.", "name=c`d"},
		`"a b"."c""d"`:                  {"name=a b", "op:.", `name=c"d`},
		`"a\"`:                          {`name=a\`},
		"`a'b`":                         {"name=a'b"},
		"$$it's$$ $x$a$$b$x$":           {"string=it's", "string=a$$b"},
		"$1 ${x}":                       {"op:$", "number:1", "op:$", "op:{", "word:x", "op:}"},
		`e'\n' N'a' r'\n' X'0aFF'`:      {"string=\n", "string=a", `string=\n`, "bytes=0aFF"},
		"ee'a' date'2024-01-01'":        {"word:ee", "string=a", "word:date", "string=2024-01-01"},
		"1.5 .5 1e5 1.5E-3 0x1F 1_000":  {"number:1.5", "number:.5", "number:1e5", "number:1.5E-3", "word:0x1F", "number:1_000"},
		"10L 2y 3S 1.5BD 1d 2F":         {"number:10L", "number:2y", "number:3S", "number:1.5BD", "number:1d", "number:2F"},
		"a.2024_x, (.5), `b`.1.2, 1..2": {"word:a", "op:.", "word:2024_x", "op:,", "op:(", "number:.5", "op:)", "op:,", "name=b", "op:.", "word:1", "op:.", "word:2", "op:,", "number:1", "op:.", "number:.2"},
		"2024_x 1a 12e 1.5x":            {"word:2024_x", "word:1a", "word:12e", "number:1.5", "word:x"},
		"t.c, a.1":                      {"word:t", "op:.", "word:c", "op:,", "word:a", "op:.", "word:1"},
		"a<=>b<=c!=d||e::f->>g==h":      {"word:a", "op:<=>", "word:b", "op:<=", "word:c", "op:!=", "word:d", "op:||", "word:e", "op:::", "word:f", "op:->>", "word:g", "op:==", "word:h"},
		"naïve 猫$1":                     {"word:naïve", "word:猫$1"},
		"a\u00a0b\u3000c\ufeffd\u200be": {"word:a", "word:b", "word:c", "word:d", "word:e"},
	} {
		tokens, err := dialect.Lex(sql, false)
		require.NoError(t, err, sql)
		require.Equal(t, want, spell(sql, tokens), sql)
	}
}

func TestLexDoubleQuotedStrings(t *testing.T) {
	t.Parallel()
	const sql = `"it's \"x\"" 'a' ` + "`b`"
	tokens, err := dialect.Lex(sql, true)
	require.NoError(t, err)
	require.Equal(t, []string{`string=it's "x"`, "string=a", "name=b"}, spell(sql, tokens))
}

func TestLexRefusesWithThePlace(t *testing.T) {
	t.Parallel()
	for sql, want := range map[string]string{
		"select 'a":                    "at or near ''' (line 1, column 8): this string never ends",
		"select 猫,\n  'a\\'":           "(line 2, column 3): this string never ends: ' is missing",
		"select `a":                    "(line 1, column 8): this name never ends: ` is missing",
		`select "a`:                    `this name never ends: " is missing`,
		"select 1 /* a":                "(line 1, column 10): this comment never ends: */ is missing",
		"select $$a$":                  "this string never ends: $$ is missing",
		"select $t$ab$$":               "this string never ends: $t$ is missing",
		"select ``":                    "a name can't be empty",
		`select 'a\0b'`:                "(line 1, column 10): a string can't have a NUL character",
		`select '\000'`:                "a string can't have a NUL character",
		`select '\u0000'`:              "a string can't have a NUL character",
		"select 'a\x00b'":              "a string can't have a NUL byte",
		"select `a\x00b`":              "a name can't have a NUL byte",
		"select \x00":                  "a statement can't have a NUL byte",
		"select 1 -- \x00":             "a statement can't have a NUL byte",
		"select $$ \x00 $$":            "a statement can't have a NUL byte",
		"select x'0'":                  "pairs of hexadecimal digits",
		"select X'zz'":                 "pairs of hexadecimal digits",
		strings.Repeat("\n", 99) + "'": "(line 100, column 1)",
	} {
		_, err := dialect.Lex(sql, false)
		require.Error(t, err, sql)
		require.ErrorContains(t, err, want, sql)
		require.ErrorIs(t, err, sqlerr.Invalid)
		require.Equal(t, "42601", sqlerr.From(err).SQLState())
		require.Contains(t, err.Error(), "[PARSE_SYNTAX_ERROR] Syntax error")
	}
}

// covers checks that the tokens are the statement, piece by piece.
func covers(t *testing.T, sql string, tokens []dialect.Token) {
	t.Helper()
	end := 0
	for _, tok := range tokens {
		if tok.Off != end || tok.End <= tok.Off {
			t.Fatalf("%q: a token from %d to %d behind %d", sql, tok.Off, tok.End, end)
		}
		end = tok.End
	}
	if end != len(sql) {
		t.Fatalf("%q: the tokens end at %d", sql, end)
	}
}

func FuzzLex(f *testing.F) {
	for _, seed := range []string{
		"select 1", `select 'it\'s' -- x`, "`a``b`.\"c\"", "/* x */ $t$a$t$", "10L 2024_x .5e-3", `e'\u00e9' x'0a'`,
		"show tables in `a` like 'x*'", "describe extended a.b", "set a=${hivevar:b}", "use default;", "create database if not exists x comment 'a'",
		"insert into table t values (1);", "'a' 'b'\n'c'", "\xff\xfe", "select at, desc from default.t where !x <=> y", "'\\",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		for _, doubles := range []bool{false, true} {
			if tokens, err := dialect.Lex(sql, doubles); err == nil {
				covers(t, sql, tokens)
			}
		}
		s := dialect.NewSession(map[string]string{"a": "${b}", "b": "'"}, nil, dialect.Options{Hive: true})
		plan, err := s.Translate(sql, nil)
		if err != nil {
			return
		}
		if strings.IndexByte(plan.SQL, 0) >= 0 {
			t.Fatalf("%q: a NUL byte gets through", sql)
		}
		got, err := readAsDuckDB(plan.SQL)
		if err != nil {
			t.Fatalf("%q became %q: %v", sql, plan.SQL, err)
		}
		if plan.Verbatim && !strings.Contains(sql, "${") {
			if want := stringsOf(sql); !slices.Equal(want, got) {
				t.Fatalf("%q became %q: strings %q, not %q", sql, plan.SQL, got, want)
			}
		}
		dialect.HiveType(sql)
	})
}

func BenchmarkTranslateSelect1(b *testing.B) {
	s := dialect.NewSession(nil, nil, dialect.Options{Hive: true})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Translate("select 1", nil); err != nil {
			b.Fatal(err)
		}
	}
}

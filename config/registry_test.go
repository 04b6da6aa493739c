package config

import (
	"bytes"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the golden files anew")

func registry(t *testing.T) *Registry {
	t.Helper()
	r, err := NewRegistry(Areas()...)
	require.NoError(t, err)
	return r
}

func TestDocs(t *testing.T) {
	t.Parallel()
	const name = "../docs/configuration.md"
	var b bytes.Buffer
	require.NoError(t, registry(t).WriteDocs(&b))
	if *update {
		require.NoError(t, os.WriteFile(name, b.Bytes(), 0o644))
	}
	golden, err := os.ReadFile(name)
	require.NoError(t, err)
	require.Equal(t, string(golden), b.String(), "run: go test ./config -run TestDocs -update")
}

// TestEveryDeclaredEntryIsInAnArea reads the package's source, because a variable
// that no area lists is known to nobody.
func TestEveryDeclaredEntryIsInAnArea(t *testing.T) {
	t.Parallel()
	r := registry(t)
	count := 0
	files, err := filepath.Glob("keys_*.go")
	require.NoError(t, err)
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		require.NoError(t, err)
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) < 2 {
				return true
			}
			lit, ok := call.Args[0].(*ast.BasicLit)
			if !ok || !strings.HasPrefix(lit.Value, `"kyuubi.`) {
				return true
			}
			declared := []string{strings.Trim(lit.Value, `"`)}
			if prefix := declared[0]; strings.HasSuffix(prefix, ".") { // tlsFilesOf
				declared = []string{prefix + "keystore.path", prefix + "keystore.password", prefix + "keystore.type", prefix + "certificate.path", prefix + "key.path"}
			}
			for _, key := range declared {
				count++
				require.NotNil(t, r.names[key], "%s is in no area", key)
			}
			return true
		})
	}
	require.Greater(t, count, 60)
	require.Len(t, slices.Collect(r.settings), count)
}

func TestUsedKeysAreNotListedAsUnused(t *testing.T) {
	t.Parallel()
	r := registry(t)
	for name := range r.names {
		_, known := r.unused.reason(name)
		require.False(t, known, name)
	}
	require.Greater(t, len(r.unused.names), 350)
	for key, reason := range r.unused.reasons {
		require.NotEmpty(t, reason, key)
		require.True(t, validKey(key), key)
	}
}

func TestOurKeysAndDifferencesAreMarked(t *testing.T) {
	t.Parallel()
	for s := range registry(t).settings {
		a := s.common()
		require.False(t, a.ours && a.kyuubiDefault != "", "%s: Kyuubi can't have a default for it", a.key)
	}
}

func TestBadDeclarationsAreRefused(t *testing.T) {
	t.Parallel()
	for want, settings := range map[string][]Setting{
		"two settings are called a.b":    {Int("a.b", 1, "doc"), Int("a.b", 1, "doc")},
		"two settings are called a.c":    {Int("a.b", 1, "doc").Alias("a.c"), Int("a.c", 1, "doc")},
		"a.b has no documentation":       {Int("a.b", 1, " ")},
		"a.b does not say since when":    {Int("a.b", 1, "doc").Since("")},
		`"A b" is no key`:                {Int("A b", 1, "doc")},
		`the default of a.b, "1": must`:  {Int("a.b", 1, "doc").AtLeast(2)},
		"NEKOMATA_A_BC would set a.bC":   {Int("a.bc", 1, "doc"), Int("a.bC", 1, "doc")},
		"NEKOMATA_A_B_FILE would set a.": {String("a.b", "", "doc").Secret(), Int("a.b.file", 1, "doc")},
	} {
		_, err := NewRegistry(Area{Title: "x", Settings: settings})
		require.ErrorContains(t, err, want)
	}
}

func TestFamilies(t *testing.T) {
	t.Parallel()
	r := registry(t)
	for key, want := range map[string]bool{
		"kyuubi.engineEnv.SPARK_HOME": true, "kyuubi.engineEnv.": false, "kyuubi.engineEnv": false,
		"___ann___.spark.x": true, "______.x": false, "kyuubi.kubernetes.c.n.authenticate.oauthToken": true,
		"kyuubi.kubernetes.c.n.authenticate.": false, "kyuubi.batchConf.spark.spark.master": true,
	} {
		require.Equal(t, want, r.unused.isFamily(key), key)
	}
}

func TestARegistryOfOnesOwn(t *testing.T) {
	t.Parallel()
	size := Bytes("box.size", 1<<20, "How large the box is.").AtLeast(1)
	r, err := NewRegistry(Area{Title: "Box", Settings: []Setting{size}})
	require.NoError(t, err)
	c, err := r.Load(Sources{Flags: []string{"box.size=2m", "kyuubi.server.name=x"}})
	require.ErrorContains(t, err, "kyuubi.server.name", "settings of another registry are unknown here")
	require.Nil(t, c)
	c, err = r.Load(Sources{Flags: []string{"box.size=2m"}})
	require.NoError(t, err)
	require.EqualValues(t, 2<<20, Get(c, size))
	require.Equal(t, []Value{{"box.size", "2MiB", "--conf", false}}, c.Values(true))
	require.Panics(t, func() { Get(c, ServerName) })
}

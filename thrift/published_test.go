package thrift_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// publishedFacts are the lines of published/facts.txt.
func publishedFacts(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("published/facts.txt")
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	require.Greater(t, len(lines), 400)
	for i, line := range lines {
		// A struct that is used before it is declared is published without its type.
		lines[i] = regexp.MustCompile(`(T\w+):struct`).ReplaceAllString(line, "$1")
	}
	return lines
}

// requireSame compares two lists without regard to order.
func requireSame(t *testing.T, theirs, ours []string) {
	t.Helper()
	require.Empty(t, without(theirs, ours), "published, but not ours")
	require.Empty(t, without(ours, theirs), "ours, but not published")
	require.Len(t, ours, len(theirs))
}

func without(all, some []string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(s string) bool { return slices.Contains(some, s) })
}

// The interface file says what Hive's own classes say: no name, id, type,
// number, method or default is missing, wrong or invented.
func TestPublishedFacts(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("TCLIService.thrift")
	require.NoError(t, err)

	ours, err := parseIDL(string(text))
	require.NoError(t, err)

	requireSame(t, publishedFacts(t), ours)
}

// The committed Go code has the same fields and enum numbers, so it was not left
// behind when the interface file changed.
func TestGeneratedCode(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "hive/TCLIService.go", nil, 0)
	require.NoError(t, err)
	ours := append(generatedFields(file), generatedEnums(file)...)

	var theirs []string
	for _, line := range publishedFacts(t) {
		w := strings.Fields(line)
		switch w[0] {
		case "enum":
			theirs = append(theirs, line)
		case "struct", "union":
			theirs = append(theirs, fmt.Sprintf("field %s %s %t %s", w[1], w[2], w[3] == "required", w[5]))
		}
	}
	requireSame(t, theirs, ours)
}

// generatedFields reads the struct tags, `thrift:"name,id,required"`.
func generatedFields(file *ast.File) []string {
	var facts []string
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok || strings.HasPrefix(spec.Name.Name, "TCLIService") {
			return true
		}
		body, ok := spec.Type.(*ast.StructType)
		if !ok {
			return true
		}
		for _, f := range body.Fields.List {
			if f.Tag == nil {
				continue
			}
			tag, ok := reflect.StructTag(strings.Trim(f.Tag.Value, "`")).Lookup("thrift")
			if !ok {
				continue
			}
			parts := strings.Split(tag, ",")
			id, err := strconv.Atoi(parts[1])
			if err != nil {
				id = -1
			}
			required := len(parts) > 2 && parts[2] == "required"
			facts = append(facts, fmt.Sprintf("field %s %03d %t %s", spec.Name.Name, id, required, parts[0]))
		}
		return true
	})
	return facts
}

// generatedEnums reads constants such as TTypeId_INT_TYPE TTypeId = 3.
func generatedEnums(file *ast.File) []string {
	var facts []string
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		typ, ok := spec.Type.(*ast.Ident)
		if !ok || !strings.HasPrefix(spec.Names[0].Name, typ.Name+"_") {
			return true
		}
		if lit, ok := spec.Values[0].(*ast.BasicLit); ok && lit.Kind == token.INT {
			n, err := strconv.Atoi(lit.Value)
			if err != nil {
				n = -1
			}
			facts = append(facts, fmt.Sprintf("enum %s %05d %s", typ.Name, n, strings.TrimPrefix(spec.Names[0].Name, typ.Name+"_")))
		}
		return true
	})
	return facts
}

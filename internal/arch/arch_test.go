package arch

import (
	"path"
	"slices"
	"strings"
	"testing"
)

// maxLines is as long as a file that people write may grow.
const maxLines = 500

// badNames are package names that say nothing about what is inside.
var badNames = []string{"util", "utils", "common", "types", "models", "helpers", "misc", "base"}

func TestEveryPackageIsPlaced(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, f := range readModule(t) {
		seen[f.dir] = true
	}
	for dir := range seen {
		if _, placed := packages[dir]; !placed && dir != "." {
			t.Errorf("package %s has no place in the import table: add it to internal/arch/table_test.go with what it may import", dir)
		}
		if slices.Contains(badNames, path.Base(dir)) {
			t.Errorf("package %s: a package is a noun; %q says nothing about what is inside", dir, path.Base(dir))
		}
	}
	for dir := range packages {
		if !seen[dir] {
			t.Errorf("package %s is in the import table, but not in the tree: remove it there", dir)
		}
	}
}

func TestSiblingImports(t *testing.T) {
	t.Parallel()
	for _, f := range readModule(t) {
		for _, imported := range f.imports {
			sibling, ours := strings.CutPrefix(imported, module)
			if !ours || sibling == f.dir {
				continue
			}
			if allowed, placed := packages[f.dir]; placed && !f.test && !slices.Contains(allowed, sibling) {
				t.Errorf("%s imports %s: %s may import only %v", f.path, sibling, f.dir, allowed)
			}
			if allowed, guarded := importedBy[sibling]; guarded && !slices.Contains(allowed, f.dir) {
				t.Errorf("%s imports %s: only %v may", f.path, sibling, allowed)
			}
		}
	}
}

func TestForeignImports(t *testing.T) {
	t.Parallel()
	for _, f := range readModule(t) {
		if f.test || f.dir == "." {
			continue
		}
		for _, imported := range f.imports {
			if slices.Contains(standardOnly, f.dir) && !standard(imported) && !strings.HasPrefix(imported, module) {
				t.Errorf("%s imports %s: %s uses the standard library only", f.path, imported, f.dir)
			}
			for name, allowed := range foreign {
				if covers(name, imported) && !slices.Contains(allowed, f.dir) {
					t.Errorf("%s imports %s: only %v may", f.path, imported, allowed)
				}
			}
		}
	}
}

func TestEveryPackageHasADoc(t *testing.T) {
	t.Parallel()
	docs := map[string]string{}
	for _, f := range readModule(t) {
		docs[f.dir] += f.doc
	}
	for dir, doc := range docs {
		prefix := "Package " + path.Base(dir)
		if strings.HasPrefix(dir, "cmd/") || dir == "bench" {
			prefix = ""
		}
		if dir != "." && (doc == "" || !strings.HasPrefix(doc, prefix)) {
			t.Errorf("package %s: one of its files must begin with a comment \"%s ...\" that says what it is and what it must not know", dir, prefix)
		}
	}
}

func TestFilesStayShort(t *testing.T) {
	t.Parallel()
	for _, f := range readModule(t) {
		if !f.generated && f.lines > maxLines {
			t.Errorf("%s has %d lines; %d is the limit: split it by what its parts do", f.path, f.lines, maxLines)
		}
	}
}

// standard tells an import of the standard library: its first element has no dot.
func standard(name string) bool {
	first, _, _ := strings.Cut(name, "/")
	return !strings.Contains(first, ".")
}

// covers tells whether the rule for name holds for an import.
func covers(name, imported string) bool {
	return name == imported || strings.HasSuffix(name, "/") && strings.HasPrefix(imported, name)
}

func TestCovers(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		rule, imported string
		want           bool
	}{
		{"net/http", "net/http", true},
		{"net/http", "net/http/httptest", false},
		{"github.com/duckdb/", "github.com/duckdb/duckdb-go-bindings", true},
		{"github.com/duckdb/", "github.com/duckdbother/x", false},
	} {
		if got := covers(test.rule, test.imported); got != test.want {
			t.Errorf("covers(%q, %q) is %v", test.rule, test.imported, got)
		}
	}
}

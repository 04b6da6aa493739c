package sql

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// Databases says which database files batches may use.
type Databases struct {
	// Own is the file that the gateway itself has open; empty is none.
	Own string
	// Root is where relative paths begin.
	Root string
	// Allowed are the directories that batches may use; Anywhere allows all.
	Allowed  []string
	Anywhere bool
}

// inMemory is DuckDB's name for a database without a file.
const inMemory = ":memory:"

// Path is the database file of a batch with the given settings; "" is one in
// memory. It fails with Invalid for the gateway's own file, which only one process
// can have open, and with Denied for one outside of the allowed directories.
func (d Databases) Path(conf map[string]string) (string, error) {
	path := conf[KeyPath]
	if path == "" || path == inMemory {
		return "", nil
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(d.Root, path)
	}
	path = resolve(filepath.Clean(path))
	if d.Own != "" && same(path, resolve(filepath.Clean(d.Own))) {
		return "", sqlerr.New(sqlerr.Invalid,
			"%s = %q is the file that the gateway itself has open, and DuckDB lets one process at a time write to a file: "+
				"leave it out for a database in memory, or name another file", KeyPath, conf[KeyPath])
	}
	if d.Anywhere {
		return path, nil
	}
	for _, dir := range d.Allowed {
		if rel, err := filepath.Rel(resolve(filepath.Clean(dir)), path); err == nil && rel != "." && filepath.IsLocal(rel) {
			return path, nil
		}
	}
	return "", sqlerr.New(sqlerr.Denied, "%s = %q is outside of the directories that SQL may use (kyuubi.engine.duckdb.allowed.directories): %s",
		KeyPath, conf[KeyPath], strings.Join(d.Allowed, ", "))
}

// same tells one file by two names.
func same(a, b string) bool {
	if a == b {
		return true
	}
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	return errX == nil && errY == nil && os.SameFile(x, y)
}

// resolve follows the links of as much of a path as is there.
func resolve(path string) string {
	if truly, err := filepath.EvalSymlinks(path); err == nil {
		return truly
	}
	dir, name := filepath.Split(path)
	if dir == path || dir == "" {
		return path
	}
	return filepath.Join(resolve(filepath.Clean(dir)), name)
}

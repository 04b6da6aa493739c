package sql

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// Databases says which files batches may use: their databases and their scripts.
type Databases struct {
	// Own is the file that the gateway itself has open; empty is none.
	Own string
	// Root is where relative paths begin.
	Root string
	// Allowed are the directories that batches may use; Anywhere allows all.
	Allowed  []string
	Anywhere bool
	// Scripts are further directories that scripts may lie in.
	Scripts []string
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
	if d.reaches(path) {
		return path, nil
	}
	return "", sqlerr.New(sqlerr.Denied, "%s = %q is outside of the directories that SQL may use (kyuubi.engine.duckdb.allowed.directories): %s",
		KeyPath, conf[KeyPath], strings.Join(d.Allowed, ", "))
}

// reaches says whether SQL may use a file, which may lie in more directories, too.
func (d Databases) reaches(path string, more ...string) bool {
	if d.Anywhere {
		return true
	}
	for _, dir := range slices.Concat(more, d.Allowed) {
		if rel, err := filepath.Rel(resolve(filepath.Clean(dir)), path); err == nil && rel != "." && filepath.IsLocal(rel) {
			return true
		}
	}
	return false
}

// CheckScript refuses a script on the gateway's machine that SQL itself could not
// read: the log shows what is in it. It fails with Denied, or Invalid for what is no
// file.
func (d Databases) CheckScript(resource string) error {
	path, err := scriptPath(resource)
	if err != nil {
		return err
	}
	// Not cleaned before: what the system opens as link/../x is beside the place that
	// the link leads to.
	if truly, err := filepath.EvalSymlinks(path); err == nil && d.reaches(truly, d.Scripts...) {
		return nil
	}
	return sqlerr.New(sqlerr.Denied, "resource = %q is outside of the directories that SQL may use (kyuubi.engine.duckdb.allowed.directories): upload it with the request, "+
		"or have its directory added to those or to kyuubi.session.local.dir.allow.list", resource)
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

package duckdb

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// ownPath is a path of the gateway's machine that is nobody's business but the operator's,
// and what clients read in its place.
type ownPath struct{ path, shown string }

// ownPaths are those that DuckDB's messages may have: the database's file, with what stands
// beside it under its name, where DuckDB spills, its extensions, and the working directory,
// from which it counts the relative paths of statements.
func (o Options) ownPaths() []ownPath {
	var list []ownPath
	add := func(path, shown string) {
		if path = filepath.Clean(path); path != "." && path != string(filepath.Separator) {
			list = append(list, ownPath{path, shown})
		}
	}
	if o.Path != "" {
		add(o.Path, "the gateway's database")
		if path, err := filepath.Abs(o.Path); err == nil {
			add(path, "the gateway's database")
		}
		if dir, err := filepath.EvalSymlinks(filepath.Dir(o.Path)); err == nil {
			add(filepath.Join(dir, filepath.Base(o.Path)), "the gateway's database")
		}
	}
	if o.TempDirectory != "" {
		add(o.TempDirectory, "the temporary directory")
	}
	if home, err := os.UserHomeDir(); err == nil {
		add(filepath.Join(home, ".duckdb"), "~/.duckdb")
	}
	if here, err := os.Getwd(); err == nil {
		add(here, ".")
	}
	// The longest first: one may be inside of another.
	slices.SortStableFunc(list, func(a, b ownPath) int { return len(b.path) - len(a.path) })
	return list
}

// withoutPaths is a message for clients: without the gateway's own paths, but for those
// that the client has written himself.
func (e *Engine) withoutPaths(message, written string) string {
	for _, own := range e.paths {
		if !strings.Contains(written, own.path) {
			message = own.hide(message)
		}
	}
	return message
}

// hide puts what is shown in the place of the path, but not of a part of another path.
func (p ownPath) hide(text string) string {
	var b strings.Builder
	for {
		i := strings.Index(text, p.path)
		if i < 0 {
			b.WriteString(text)
			return b.String()
		}
		end := i + len(p.path)
		if i > 0 && inName(text[i-1]) || end < len(text) && inName(text[end]) && text[end] != '.' {
			b.WriteString(text[:end])
		} else {
			b.WriteString(text[:i] + p.shown)
		}
		text = text[end:]
	}
}

// inName tells whether a byte is one of a file's name, or goes on with its path.
func inName(c byte) bool {
	return isLetter(c) || isDigit(c) || c >= 0x80 || c == '_' || c == '-' || c == '.'
}

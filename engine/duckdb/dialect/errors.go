package dialect

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// syntaxError is an Invalid error with SQLSTATE 42601 that points to a byte
// offset of the statement. The first word is what clients look for.
func syntaxError(src string, off int, format string, args ...any) error {
	return placedError(src, off, &misplaced{src, off, fmt.Sprintf(format, args...)})
}

// misplaced is the cause of a syntax error: what is wrong, and where in the text that
// was read, which may not be the one that was written.
type misplaced struct {
	src     string
	off     int
	problem string
}

func (m *misplaced) Error() string { return m.problem }

// placedError is a syntax error that names a place of what was written.
func placedError(written string, off int, m *misplaced) error {
	line, column := Place(written, off)
	return sqlerr.Wrap(m, sqlerr.Invalid, "[PARSE_SYNTAX_ERROR] Syntax error%s (line %d, column %d): %s",
		near(m.src, m.off), line, column, m.problem).WithState("42601")
}

// near quotes the beginning of the text at off, so that it is found even in a
// statement that a tool wrote.
func near(src string, off int) string {
	rest := src[off:]
	if rest == "" {
		return " at the end"
	}
	const most = 20
	end := 0
	for n := 0; end < len(rest) && n < most; n++ {
		r, size := utf8.DecodeRuneInString(rest[end:])
		if r <= ' ' || r == utf8.RuneError {
			break
		}
		end += size
		if !isWordPart(rest[end-size]) {
			break
		}
	}
	if end == 0 {
		return ""
	}
	return " at or near '" + rest[:end] + "'"
}

// Place tells line and column, both from 1, of a byte offset in a statement.
// Columns count characters.
func Place(src string, off int) (line, column int) {
	before := src[:min(off, len(src))]
	start := strings.LastIndexByte(before, '\n') + 1
	return 1 + strings.Count(before, "\n"), 1 + utf8.RuneCountInString(before[start:])
}

// noSchema is the error for a database that isn't there, in the words of Spark
// and of Hive.
func noSchema(name string) *sqlerr.Error {
	return sqlerr.New(sqlerr.NotFound, "[SCHEMA_NOT_FOUND] Database does not exist: %s", name).WithState("42704")
}

// noColumn is the error for a column that a table doesn't have.
func noColumn(column string, table name) *sqlerr.Error {
	return sqlerr.New(sqlerr.Invalid, "[UNRESOLVED_COLUMN] the table %s has no column %s", strings.Join(table, "."), column).
		WithState("42703")
}

package duckdb

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/nekomata-sql/nekomata/engine/duckdb/dialect"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// statementText is what a failure's place points into.
type statementText struct {
	// sql is what DuckDB read.
	sql string
	// written is what the client wrote; "" when that isn't known.
	written string
}

// meaning is what a class of errors means to us.
type meaning struct {
	kind  sqlerr.Kind
	state string
}

// meanings has the classes that need no second look.
var meanings = map[string]meaning{
	"Parser": {sqlerr.Invalid, "42601"}, "Syntax": {sqlerr.Invalid, "42601"},
	"Catalog": {sqlerr.Invalid, "42000"}, "Binder": {sqlerr.Invalid, "42000"},
	"Planner": {sqlerr.Invalid, "42000"}, "Expression": {sqlerr.Invalid, "42000"},
	"Mismatch Type": {sqlerr.Invalid, "42804"}, "Invalid type": {sqlerr.Invalid, "42804"},
	"Parameter Not Resolved": {sqlerr.Invalid, "07001"}, "Parameter Not Allowed": {sqlerr.Invalid, "42601"},
	"Out of Range": {sqlerr.Invalid, "22003"}, "Decimal": {sqlerr.Invalid, "22003"},
	"Conversion": {sqlerr.Invalid, "22018"}, "Divide by Zero": {sqlerr.Invalid, "22012"},
	"Invalid Input": {sqlerr.Invalid, "22023"}, "Settings": {sqlerr.Invalid, "22023"},
	"Invalid Configuration": {sqlerr.Invalid, "22023"}, "Sequence": {sqlerr.Invalid, "2200H"},
	"Constraint": {sqlerr.Invalid, "23000"}, "Index": {sqlerr.Conflict, "23000"},
	"Dependency": {sqlerr.Conflict, "2BP01"}, classTransaction: {sqlerr.Conflict, "25000"},
	"Permission": {sqlerr.Denied, "42501"}, "Not implemented": {sqlerr.Unsupported, "0A000"},
	"Missing Extension": {sqlerr.Unsupported, "0A000"}, "Extension Autoloading": {sqlerr.Unsupported, "0A000"},
	"Out of Memory": {sqlerr.Exhausted, "53200"}, "Object Size": {sqlerr.TooLarge, "54000"},
	"IO": {sqlerr.Unavailable, "58030"}, "HTTP": {sqlerr.Unavailable, "58030"},
	"Network": {sqlerr.Unavailable, "08001"}, "Connection": {sqlerr.Unavailable, "08001"},
	classInterrupt: {sqlerr.Canceled, "HY008"},
}

// refinement tells the errors of one class apart by the words that DuckDB uses.
// It makes a code more precise and decides nothing else.
type refinement struct {
	words string
	meaning
}

var refinements = map[string][]refinement{
	"Catalog": {
		{"does not have a column with name ", meaning{sqlerr.Invalid, "42703"}},
		{"Table with name ", meaning{sqlerr.NotFound, "42P01"}},
		{"Schema with name ", meaning{sqlerr.NotFound, "42704"}},
		{"No catalog + schema named ", meaning{sqlerr.NotFound, "42704"}},
		{"Column with name ", meaning{sqlerr.Exists, "42701"}},
		{"Existing object ", meaning{sqlerr.Invalid, "42809"}},
	},
	"Binder": {
		{"does not have a column with name ", meaning{sqlerr.Invalid, "42703"}},
		{"does not have a column named", meaning{sqlerr.Invalid, "42703"}},
		{"Referenced table ", meaning{sqlerr.Invalid, "42P01"}},
		{"GROUP BY", meaning{sqlerr.Invalid, "42803"}},
		{"Ambiguous reference", meaning{sqlerr.Invalid, "42702"}},
	},
	"Conversion": {
		{"out of range for the destination type", meaning{sqlerr.Invalid, "22003"}},
		{"field value out of range", meaning{sqlerr.Invalid, "22008"}},
	},
	"Constraint": {
		{"uplicate key", meaning{sqlerr.Exists, "23505"}},
		{"NOT NULL constraint", meaning{sqlerr.Invalid, "23502"}},
		{"foreign key", meaning{sqlerr.Conflict, "23503"}},
		{"CHECK constraint", meaning{sqlerr.Invalid, "23514"}},
	},
	classTransaction: {
		{"No space left on device", meaning{sqlerr.Unavailable, "58030"}},
		{"onflict", meaning{sqlerr.Conflict, "40001"}},
		{"transaction is aborted", meaning{sqlerr.Conflict, "25P02"}},
		{"read-only mode", meaning{sqlerr.Denied, "25006"}},
	},
	"Invalid Input": {
		{"configuration has been locked", meaning{sqlerr.Denied, "42501"}},
		{"read-only mode", meaning{sqlerr.Denied, "25006"}},
	},
	"IO": {{"No files found", meaning{sqlerr.Invalid, "58P01"}}},
}

// subtypes are what DuckDB itself says more precisely.
var subtypes = map[string]meaning{
	"COLUMN_NOT_FOUND":     {sqlerr.Invalid, "42703"},
	"NO_MATCHING_FUNCTION": {sqlerr.Invalid, "42883"},
	"SYNTAX_ERROR":         {sqlerr.Invalid, "42601"},
	"ENTRY_ALREADY_EXISTS": {sqlerr.Exists, "42P07"},
	"MISSING_ENTRY":        {sqlerr.NotFound, "42704"},
}

func (f failure) meaning() meaning {
	m, ok := subtypes[f.subtype]
	switch {
	case f.subtype == "MISSING_ENTRY" && (f.object == "Table" || f.object == "View"):
		m.state = "42P01"
	case f.subtype == "MISSING_ENTRY" && strings.HasSuffix(f.object, "Function"):
		m.state = "42883"
	case f.subtype == "MISSING_ENTRY" && f.object == "configuration parameter":
		m.kind = sqlerr.Invalid
	case f.subtype == "ENTRY_ALREADY_EXISTS" && f.object == "Schema":
		m.state = "42P06"
	}
	if ok {
		return m
	}
	for _, r := range refinements[f.class] {
		if strings.Contains(f.text, r.words) {
			return r.meaning
		}
	}
	return meanings[f.class]
}

// explain turns a failure into our error, and looks after the database when it
// was of the kind that may have cost it.
func (c *conn) explain(f failure, text statementText) error {
	cause := errors.New(f.raw)
	if f.fatal() {
		c.engine.opts.Log.Error("DuckDB failed internally", "err", cause)
		c.db.suspect()
		return sqlerr.Wrap(cause, sqlerr.Internal, "DuckDB failed internally; the server's log has the details")
	}
	m := f.meaning()
	if m.state == "" {
		return sqlerr.Wrap(cause, sqlerr.Internal, "DuckDB failed: %s", c.engine.withoutPaths(f.text, text.written))
	}
	return sqlerr.Wrap(cause, m.kind, "%s", c.engine.withoutPaths(f.message(m, text), text.written)).WithState(m.state)
}

// message is the text for the client, with the words that clients look for and,
// where it is in the client's own text, the place.
func (f failure) message(m meaning, text statementText) string {
	first, rest, more := strings.Cut(f.text, "\n")
	prefix := ""
	if f.sql != "" {
		text.sql = f.sql
	}
	switch name := f.table(text.sql); {
	case name != "":
		// Superset takes the words between "Table" and "does not exist" for the name.
		first = strings.Replace(first, "Table with name ", "Table ", 1)
		prefix = "[TABLE_OR_VIEW_NOT_FOUND] SemanticException Table not found " + name + ": "
	case m.state == "42601":
		prefix = "[PARSE_SYNTAX_ERROR] "
	}
	if off, ok := text.place(f.offset); ok {
		line, column := dialect.Place(text.written, off)
		first = fmt.Sprintf("%s (line %d, column %d)", first, line, column)
	}
	if more {
		first += "\n" + rest
	}
	return prefix + first
}

// place is where the client wrote what stands at an offset of sql.
func (t statementText) place(off int) (int, bool) {
	switch {
	case off < 0 || off > len(t.sql) || t.written == "":
		return 0, false
	case t.sql == t.written:
		return off, true
	}
	return dialect.Origin(t.written, t.sql, off)
}

var (
	missingTable = regexp.MustCompile(`^Table with name "?([^"]+?)"? does not exist`)
	dottedName   = regexp.MustCompile(`^(?:"[^"]*"|[\pL\d_$]+)(?:\s*\.\s*(?:"[^"]*"|[\pL\d_$]+))+`)
)

// table is the name of the table that isn't there, as the statement has it, with
// its schema if need be; "" when the failure is another.
func (f failure) table(sql string) string {
	found := missingTable.FindStringSubmatch(f.text)
	if f.class != "Catalog" || found == nil {
		return ""
	}
	if f.offset >= 0 && f.offset < len(sql) {
		written := strings.ReplaceAll(dottedName.FindString(sql[f.offset:]), `"`, "")
		if strings.HasSuffix(strings.ToLower(written), "."+strings.ToLower(found[1])) {
			return written
		}
	}
	return found[1]
}

package duckdb

import (
	"regexp"
	"strings"

	"github.com/nekomata-sql/nekomata/engine/duckdb/dialect"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// DuckDB locks its settings, but those that a session may change can be changed for
// all sessions by SET GLOBAL: the time zone that others' times are shown in, or whether
// their divisions are of integers. And some of its functions change such things and
// don't ask the lock. A SELECT of enable_logging shows everybody's statements to
// everybody, or, told to write to a file that it may not open, makes DuckDB end the
// whole process; enable_profiling stays on a handle; a parser that is switched is
// switched for all. query and json_execute_serialized_sql run SQL that is computed,
// in which no such name can be seen, and import_database that of files (IMPORT DATABASE
// is ours).
//
// A name is looked for in the text, also within strings and comments: what is
// refused without need is a text with a call in it, and no trick of quoting or
// nesting hides one.
const (
	gap = `(?:[\s\p{Z}\x{200b}\x{feff}]|/\*(?s:.*?)\*/|--[^\n]*\n)*`

	overAll = `(?:enable|disable)_(?:logging|profiling|peg_parser)|truncate_duckdb_logs|write_log|json_execute_serialized_sql|import_database`
)

var (
	callsOverAll = regexp.MustCompile(`(?i)\b(` + overAll + `)"?` + gap + `\(`)
	// callsQuery has a group where query is a table that is made or written to.
	callsQuery = regexp.MustCompile(`(?i)(?:\b(into|table|exists|with|recursive|view|on|references)[ \t]+(?:(?:\w+|"[^"]*")\.)*)?` +
		`"?\bquery"?` + gap + `\(`)
	// setsForAll is also a prepared one.
	setsForAll = regexp.MustCompile(`^` + gap + `(?:prepare\b(?s:.*)\bas` + gap + `)?(re)?set` + gap + `global\b`)
	// hints are what a text has to contain for the above to be tried.
	hints = []string{"_logging", "_profiling", "_peg_parser", "_duckdb_logs", "write_log", "_serialized_sql", "import_database", "query"}
)

// permit refuses a plan that calls what must not be called.
func permit(p *dialect.Plan) error {
	for sql := range p.Statements() {
		if err := permitText(sql); err != nil {
			return err
		}
	}
	return nil
}

func permitText(sql string) error {
	lower := strings.ToLower(sql)
	if strings.Contains(lower, dialect.UserVariable) && strings.Contains(lower, "variable") {
		return sqlerr.New(sqlerr.Denied, "%s can't be set here: it says whose session this is", dialect.UserVariable)
	}
	if strings.Contains(lower, "user") && (strings.Contains(lower, "macro") || strings.Contains(lower, "function")) {
		if err := permitNames(lower); err != nil {
			return err
		}
	}
	if strings.Contains(lower, "global") {
		if found := setsForAll.FindStringSubmatch(lower); found != nil {
			return sqlerr.New(sqlerr.Denied, "%sSET GLOBAL can't be said here: it changes what all sessions share; without GLOBAL it is for this session",
				strings.ToUpper(found[1]))
		}
	}
	for _, hint := range hints {
		if !strings.Contains(lower, hint) {
			continue
		}
		if found := callsOverAll.FindStringSubmatch(lower); found != nil {
			return refused(found[1])
		}
		for _, found := range callsQuery.FindAllStringSubmatch(lower, -1) {
			if found[1] == "" {
				return refused("query")
			}
		}
		return nil
	}
	return nil
}

func refused(name string) error {
	return sqlerr.New(sqlerr.Denied, "%s can't be called here: it reaches beyond the session, to what all sessions share", name)
}

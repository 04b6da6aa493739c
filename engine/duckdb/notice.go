package duckdb

import (
	"strings"
	"sync/atomic"

	native "github.com/duckdb/duckdb-go-bindings"

	"github.com/nekomata-sql/nekomata/engine/duckdb/dialect"
)

// notices are what is known of a database's objects. What none of them does need not be
// asked about with each statement, and once one may do it that stays so.
type notices struct {
	// seeds: SELECTs may set the seed of their connection's random numbers without
	// saying so, in a view or macro.
	seeds atomic.Bool
	// users: views, macros or defaults may ask for the user by DuckDB's names.
	users atomic.Bool
	// lengths: tables may have columns with lengths that only their properties remember.
	lengths atomic.Bool
	// changes counts the statements that may have changed more than rows.
	changes atomic.Int64
}

// notice looks for what makes such objects, or brings them along, and counts the plan's
// statements that may change more than rows.
func (n *notices) notice(p *dialect.Plan) (changes int64) {
	for sql := range p.Statements() {
		if sql == "" {
			continue
		}
		word := firstWord(sql)
		if !onlyRows(word) {
			changes++
		}
		switch word {
		case "select", "with", "from", "values":
		case "attach", "import":
			n.seeds.Store(true)
			n.users.Store(true)
			n.lengths.Store(true)
		default:
			n.made(word, sql, p.Untouched)
		}
	}
	return changes
}

// made looks at a statement that may make something.
func (n *notices) made(word, sql string, untouched bool) {
	if !n.seeds.Load() && word != "" && strings.Contains(strings.ToLower(sql), "setseed") {
		n.seeds.Store(true)
	}
	if !n.users.Load() && untouched && !onlyRows(word) && namesUser.MatchString(sql) {
		n.users.Store(true)
	}
	if !n.lengths.Load() && word == "comment" && strings.Contains(sql, dialect.LengthsMark) {
		n.lengths.Store(true)
	}
}

// inventory looks for such objects in a database that is opened, before ours are made. To
// list the functions takes some 20 ms, so that is done once.
func (n *notices) inventory(handle native.Connection) failure {
	found, f := ask(handle, findObjects, 0)
	n.seeds.Store(strings.Contains(found, "seeds"))
	n.users.Store(strings.Contains(found, "users"))
	n.lengths.Store(strings.Contains(found, "lengths"))
	return f
}

// findObjects answers with the words of what there is. Where Hive's SQL made an object,
// the names for the user stand behind a point.
var findObjects = func() string {
	const names = `(^|[^.\w])"?(current_user|session_user|user)"?($|\W)`
	asks := func(column string) string {
		return "NOT internal AND regexp_matches(" + column + ", " + quote(names) + ", 'i')"
	}
	return "WITH made AS MATERIALIZED (SELECT macro_definition AS sql, internal FROM duckdb_functions() WHERE macro_definition IS NOT NULL " +
		"UNION ALL SELECT sql, internal FROM duckdb_views()) " +
		"SELECT string_agg(word, ' ') FROM (SELECT 'seeds' AS word FROM made WHERE sql ILIKE '%setseed%' " +
		"UNION SELECT 'users' FROM made WHERE " + asks("sql") + " UNION SELECT 'users' FROM duckdb_columns() WHERE " + asks("column_default") +
		" UNION SELECT 'lengths' FROM duckdb_tables() WHERE contains(comment, '" + dialect.LengthsMark + "'))"
}()

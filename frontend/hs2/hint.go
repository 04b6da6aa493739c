package hs2

import (
	"strings"

	"github.com/nekomata-sql/nekomata/engine"
	"github.com/nekomata-sql/nekomata/operation"
)

// hint is what the text of a statement tells about its result before it has run.
type hint uint8

const (
	perhaps hint = iota
	noRows
)

// rowless are the first words of statements that have no result set. What isn't
// here is taken for a query.
var rowless = map[string]bool{
	"insert": true, "update": true, "delete": true, "merge": true, "truncate": true, "load": true, "copy": true,
	"create": true, "drop": true, "alter": true, "use": true, "comment": true, "grant": true, "revoke": true,
	"msck": true, "analyze": true, "import": true, "export": true, "attach": true, "detach": true, "reset": true,
	"begin": true, "commit": true, "rollback": true, "install": true,
}

// resultHint guesses whether a query will have a result set. It is only asked about
// statements that still run when their handle goes out: the handle's hasResultSet
// can't wait, since drivers look at it, and with true they want rows in the end.
func resultHint(q engine.Query) hint {
	s, ok := q.(engine.Statement)
	if !ok {
		return perhaps
	}
	word := firstWord(s.SQL)
	if !rowless[strings.ToLower(word)] || strings.Contains(strings.ToLower(s.SQL), "returning") {
		return perhaps
	}
	return noRows
}

// hasRows says what is known of a result: whether there are rows, and whether that
// is certain enough to be said in a status, which clients believe at once.
func hasRows(info operation.Info) (rows, known bool) {
	switch {
	case info.State == operation.Finished:
		return info.HasResultSet, true
	case resultHint(info.Query) == noRows:
		return false, true
	default:
		// A query that failed would have had rows: clients that start it and ask for its
		// result learn of the failure there, and take no rows for success.
		return true, info.State.Terminal()
	}
}

// firstWord is the first word of a statement, after blanks, comments and opening
// parentheses.
func firstWord(sql string) string {
	for {
		sql = strings.TrimLeft(sql, " \t\r\n\f(;")
		switch {
		case strings.HasPrefix(sql, "--"):
			_, sql, _ = strings.Cut(sql, "\n")
		case strings.HasPrefix(sql, "/*"):
			_, sql, _ = strings.Cut(sql[2:], "*/")
		default:
			end := strings.IndexFunc(sql, func(r rune) bool { return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') })
			if end < 0 {
				end = len(sql)
			}
			return sql[:end]
		}
	}
}

package duckdb

import (
	"regexp"
	"strings"

	"github.com/nekomata-sql/nekomata/engine/duckdb/dialect"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// DuckDB knows one user only, duckdb. In Hive's SQL current_user and the like are calls of
// ours. Statements in DuckDB's own SQL are left as they are, so there the names find
// temporary macros of their handle: before whatever else is called so, also in views. Making
// them takes a multiple of a small query's time, so a handle gets them when something on it
// may ask.

// namesUser finds the names.
var namesUser = regexp.MustCompile(`(?i)\b(current_user|session_user|user)\b`)

// redefines finds what makes or drops functions of these names, quoted or not.
var redefines = regexp.MustCompile(`(?i)\b(?:macro|function)` + gap + `(?:\btable` + gap + `)?(?:\bif` + gap + `(?:\bnot` + gap + `)?\bexists` + gap + `)?` +
	`(?:(?:\w+|"[^"]*")` + gap + `\.` + gap + `)*(?:"(current_user|session_user|user)"|(current_user|session_user|user)\b)`)

// permitNames refuses to make somebody else of a session's user.
func permitNames(sql string) error {
	if !redefines.MatchString(sql) {
		return nil
	}
	return sqlerr.New(sqlerr.Denied, "functions called current_user, session_user or user can't be made or dropped here: they say whose session this is")
}

// asksUser tells whether a plan may ask for the user by DuckDB's names.
func (c *conn) asksUser(p dialect.Plan) bool {
	return c.db.users.Load() || p.Untouched && strings.Contains(strings.ToLower(p.SQL), "user")
}

// nameUser sees to it that DuckDB's names for the user find him. What is made in a
// transaction of the client's may be rolled back with it.
func (c *conn) nameUser(p dialect.Plan) failure {
	if c.named || !c.asksUser(p) {
		return failure{}
	}
	if _, f := ask(c.handle, dialect.NameUser(), 0); f.failed() && !c.inTx {
		return f
	}
	c.named = !c.inTx
	return failure{}
}

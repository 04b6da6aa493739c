package duckdb

import native "github.com/duckdb/duckdb-go-bindings"

const (
	// maxKept is how many statements all handles of a database keep; each takes 6 KB.
	maxKept = 1000
	// keptBytes is how long the text of such a one may be.
	keptBytes = 256
)

// kept is the statement of literals that a handle has prepared. Pools and BI tools ask
// `select 1` or the like to see whether a connection is alive, always the same on one, and
// most of what it costs DuckDB is to plan it, which is kept here from the second time on.
//
// What literals are can't change but by a setting of the connection
// (preserve_identifier_case), so that the statement answers what one would that is
// prepared anew; what may change a setting drops it.
type kept struct {
	sql       string
	statement *statement // nil for one that has come only once
}

// prepared is prepare, or the statement that the handle keeps. In a transaction,
// which may have been aborted, it is always prepare.
func (c *conn) prepared(sql string) (*statement, failure, error) {
	k := &c.kept
	if k.statement != nil && k.sql == sql && !c.inTx {
		return k.statement, failure{}, nil
	}
	s, f, err := c.prepare(sql)
	if f.failed() || err != nil || len(sql) > keptBytes || !onlyLiterals(sql) {
		return s, f, err
	}
	s.literals = true
	again := k.sql == sql
	c.db.drop(k)
	if again && !c.inTx && c.db.mayKeep() {
		s.kept = true
		k.statement = s
	}
	k.sql = sql
	return s, failure{}, nil
}

// doubt drops a statement that has failed, if it is the kept one.
func (c *conn) doubt(s *statement, failed bool) {
	if s.kept && failed {
		c.db.drop(&c.kept)
	}
}

// mayKeep counts one more if there may be.
func (db *database) mayKeep() bool {
	if db.kept.Add(1) <= maxKept {
		return true
	}
	db.kept.Add(-1)
	return false
}

// drop frees what a handle keeps.
func (db *database) drop(k *kept) {
	if k.statement != nil {
		native.DestroyPrepare(&k.statement.handle)
		db.kept.Add(-1)
	}
	*k = kept{}
}

// disconnect ends a handle with what it keeps.
func (db *database) disconnect(h native.Connection, k *kept) {
	db.drop(k)
	native.Disconnect(&h)
}

// changesSettings tells whether statements that were prepared before s was executed may
// be others than those after it.
func (s *statement) changesSettings() bool {
	switch s.kind {
	case native.StatementTypeSelect, native.StatementTypeInsert, native.StatementTypeUpdate, native.StatementTypeDelete,
		native.StatementTypeMergeInto, native.StatementTypeCreate, native.StatementTypeDrop, native.StatementTypeTransaction:
		return false
	default:
		return true
	}
}

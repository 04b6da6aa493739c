package duckdb

import (
	"sync"

	"github.com/nekomata-sql/nekomata/engine/duckdb/dialect"
)

// mostRecalled is how many answers are remembered at most.
const mostRecalled = 200

// recall remembers what DuckDB's catalog has answered to questions of ours, which take it
// longer than a small statement does, until a statement may have changed the catalog.
type recall struct {
	mu    sync.Mutex
	at    int64 // the changes that there had been
	known map[string][][]string
}

func (a *recall) get(question string, at int64) ([][]string, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	rows, ok := a.known[question]
	return rows, ok && a.at == at
}

func (a *recall) put(question string, at int64, rows [][]string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.at != at || len(a.known) == mostRecalled {
		a.at, a.known = at, nil
	}
	if a.known == nil {
		a.known = map[string][][]string{}
	}
	a.known[question] = rows
}

// onlyRows tells whether statements that begin so read and change rows, and nothing else.
func onlyRows(word string) bool {
	switch word {
	case "select", "with", "from", "values", "insert", "update", "delete", "merge", "explain", "show", "describe", "summarize":
		return true
	}
	return false
}

// asked answers a question. What is true in a transaction may be true for nobody else;
// and a connection that is marked may have a schema and temporary tables of its own.
func (c *conn) asked(q *dialect.Question) ([][]string, failure) {
	if !q.Lasting || c.inTx {
		return c.texts(q.SQL)
	}
	known := &c.db.catalog
	if c.marked {
		known = &c.catalog
	}
	at := c.db.changes.Load()
	if rows, ok := known.get(q.SQL, at); ok {
		return rows, failure{}
	}
	rows, f := c.texts(q.SQL)
	if !f.failed() {
		known.put(q.SQL, at, rows)
	}
	return rows, f
}

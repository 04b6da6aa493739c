package duckdb

import (
	"strings"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"
	native "github.com/duckdb/duckdb-go-bindings"

	"github.com/nekomata-sql/nekomata/engine"
)

const (
	// mostAnswers is how many answers are remembered for all connections with the settings
	// that they begin with; each takes about 2 KB.
	mostAnswers = 1000
	// ownAnswers is how many are for a connection with settings of its own.
	ownAnswers = 1
	// answerBytes is how long the text of a statement with such an answer may be.
	answerBytes = 256
)

// memo remembers what statements of literals answer. Pools and BI tools ask `select 1` or
// the like to see whether a connection is alive, always the same, and what DuckDB does
// for it, plan kept or not, is more than all that the gateway does.
//
// What literals are depends on nothing but the settings of their connection
// (preserve_identifier_case), so connections share answers until they may have settings
// of their own.
type memo struct {
	most int

	mu    sync.RWMutex
	known map[string]answer
}

// answer is one row. It is Go's memory, not DuckDB's.
type answer struct {
	schema *arrow.Schema
	row    arrow.RecordBatch
}

// get answers sql, or nil. The caller closes the answer.
func (m *memo) get(sql string) *table {
	if len(sql) > answerBytes {
		return nil
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	found, ok := m.known[sql]
	if !ok {
		return nil
	}
	found.row.Retain()
	return &table{schema: found.schema, batch: found.row}
}

// put remembers an answer. When there are enough, all are forgotten first: those that
// are asked for all the time are soon back.
func (m *memo) put(sql string, schema *arrow.Schema, row arrow.RecordBatch) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.known[sql]; ok {
		return
	}
	if len(m.known) >= m.most || m.known == nil {
		for _, old := range m.known {
			old.row.Release()
		}
		m.known = map[string]answer{}
	}
	row.Retain()
	m.known[strings.Clone(sql)] = answer{schema, row}
}

// remembered is the answer to r, if it is known. In a transaction, which may have been
// aborted, nothing is.
func (c *conn) remembered(r *request) engine.Rows {
	if c.inTx || !r.plan.Plain() {
		return nil
	}
	if t := c.answers.get(r.plan.SQL); t != nil {
		return t
	}
	return nil
}

// remember remembers the answer to r, if it is one of literals.
func (c *conn) remember(r *request, rows engine.Rows) {
	s, ok := rows.(*stream)
	if !ok || s.columns == nil || s.first == nil || len(r.plan.SQL) > answerBytes || !r.plan.Plain() || !onlyLiterals(r.plan.SQL) {
		return
	}
	c.answers.put(r.plan.SQL, s.schema, s.first)
}

// alone is called when the connection may get settings of its own.
func (c *conn) alone() { c.answers = &memo{most: ownAnswers} }

// changesSettings tells whether statements may answer otherwise after s than before.
func (s *statement) changesSettings() bool {
	switch s.kind {
	case native.StatementTypeSelect, native.StatementTypeInsert, native.StatementTypeUpdate, native.StatementTypeDelete,
		native.StatementTypeMergeInto, native.StatementTypeCreate, native.StatementTypeDrop, native.StatementTypeTransaction:
		return false
	default:
		return true
	}
}

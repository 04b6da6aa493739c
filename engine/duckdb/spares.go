package duckdb

import native "github.com/duckdb/duckdb-go-bindings"

// maxSpares is how many handles are kept for later connections.
const maxSpares = 32

// spares are handles whose connections have ended without a mark. Making a handle
// and its settings takes longer than a small statement does, and clients that open
// a connection for each of theirs are many.
//
// A connection is marked by all that could outlive a statement on its handle:
// settings, USE, transactions, temporary objects, variables, prepared statements,
// a stream that was given up, a seed. What functions could leave there is refused
// (see permit), and where a view or macro may set the seed, no handle is kept. What
// is not marked has run nothing but queries to their end, so that the next one finds
// a handle as good as new.
type spares struct{ handles []spare }

// spare is a handle, with the user that it was last told, and whether DuckDB's names find
// him.
type spare struct {
	handle native.Connection
	user   string
	named  bool
}

// take returns a handle that is set up, if there is one.
func (s *spares) take() (spare, bool) {
	n := len(s.handles)
	if n == 0 {
		return spare{}, false
	}
	h := s.handles[n-1]
	s.handles = s.handles[:n-1]
	return h, true
}

// spare keeps a handle, unless there are enough or the database is to be closed.
func (db *database) spare(h spare) bool {
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.closed || db.seeds.Load() || len(db.spares.handles) == maxSpares {
		return false
	}
	db.spares.handles = append(db.spares.handles, h)
	return true
}

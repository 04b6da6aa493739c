package metadata

import (
	"context"
	"database/sql"
	"sync"
)

// pools are the connections: the same for both, or SQLite's one writer.
type pools struct {
	write, read *sql.DB

	mu sync.Mutex
	// known are the statements that are asked again and again, by their text; nil
	// prepares none.
	known map[string]*sql.Stmt
}

func (p *pools) close() {
	_ = p.write.Close()
	_ = p.read.Close()
}

// often reads by a statement that has been compiled before, where the database knows
// how to go on with one. Its text must be one of a few.
func (p *pools) often(ctx context.Context, each func(*sql.Rows) error, query string, args ...any) error {
	if known := p.statement(ctx, query); known != nil {
		return queryRows(ctx, prepared{known}, each, query, args...)
	}
	return queryRows(ctx, p.read, each, query, args...)
}

// statement is nil when the query is not to be prepared, can't be, or too many are: as
// it is it works, or fails with the better error.
func (p *pools) statement(ctx context.Context, query string) *sql.Stmt {
	const most = 50 // each connection keeps its own of each
	p.mu.Lock()
	known, full := p.known[query], p.known == nil || len(p.known) >= most
	p.mu.Unlock()
	if known != nil || full {
		return known
	}
	made, err := p.read.PrepareContext(ctx, query)
	if err != nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if known := p.known[query]; known != nil { // somebody was faster
		_ = made.Close() //nolint:sqlclosecheck // kept below
		return known
	}
	p.known[query] = made
	return made
}

// prepared is a statement that runs whatever it is asked.
type prepared struct{ *sql.Stmt }

// QueryContext runs the statement.
func (p prepared) QueryContext(ctx context.Context, _ string, args ...any) (*sql.Rows, error) {
	return p.Stmt.QueryContext(ctx, args...)
}

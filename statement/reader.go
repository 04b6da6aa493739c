package statement

import (
	"context"
	"math"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/google/uuid"

	"github.com/nekomata-sql/nekomata/operation"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// Wait describes a statement after waiting up to d for its end. It fails with
// NotFound, and Gone when it has expired.
func (m *Manager) Wait(ctx context.Context, id uuid.UUID, d time.Duration) (Info, error) {
	st, err := m.find(ctx, id)
	if err != nil {
		return Info{}, err
	}
	return m.await(ctx, st, d)
}

func (m *Manager) await(ctx context.Context, st *statement, d time.Duration) (Info, error) {
	if err := wait(ctx, st.done, d); err != nil {
		return Info{}, err
	}
	m.mu.RLock()
	known, t := m.byID[st.id] == st, m.gone.byID[st.id]
	m.mu.RUnlock()
	if !known {
		return Info{}, t.err(m.opts.TTL)
	}
	return m.info(st), nil
}

// wait waits up to d for done to be closed.
func wait(ctx context.Context, done <-chan struct{}, d time.Duration) error {
	select {
	case <-done:
		return nil
	default:
	}
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
	case <-ctx.Done():
		return sqlerr.From(context.Cause(ctx))
	}
	return nil
}

// info is a snapshot.
func (m *Manager) info(st *statement) Info {
	op, err := m.ops.Get(st.id)
	m.mu.RLock()
	defer m.mu.RUnlock()
	i := Info{
		ID: st.id, User: st.user, RealUser: st.realUser, SQL: st.sql, State: operation.Running,
		Created: st.created, Completed: st.completed, Expires: st.expires,
		Described: st.described, HasResultSet: st.hasRows, Schema: st.schema, Rows: st.rows, ModifiedRows: -1, Err: st.err,
	}
	if err == nil {
		i.Started, i.Progress, i.ModifiedRows = op.Started, op.Progress, op.ModifiedRows
	}
	switch {
	case st.ended:
		i.State = st.state
	case err == nil && (op.State == operation.Pending || op.State == operation.Initialized):
		i.State = operation.Pending
	}
	return i
}

// Log reads up to limit lines of a statement's log from the one numbered offset
// on, in any state.
func (m *Manager) Log(ctx context.Context, id uuid.UUID, offset, limit int64) (operation.LogPage, error) {
	st, err := m.find(ctx, id)
	if err != nil {
		return operation.LogPage{}, err
	}
	return m.ops.LogAt(st.id, offset, limit)
}

// Cancel ends a statement's work and waits for it: the statement stays, CANCELED,
// until it expires.
func (m *Manager) Cancel(ctx context.Context, id uuid.UUID) (Info, error) {
	st, err := m.find(ctx, id)
	if err != nil {
		return Info{}, err
	}
	// An error means that it is gone: then there is nothing to cancel.
	if m.ops.Cancel(st.id) == nil {
		if err := wait(ctx, st.done, math.MaxInt64); err != nil {
			return Info{}, err
		}
	}
	return m.await(ctx, st, 0)
}

// Delete frees a statement, at work or not; its id is Gone from then on.
func (m *Manager) Delete(ctx context.Context, id uuid.UUID) error {
	st, err := m.find(ctx, id)
	if err != nil {
		return err
	}
	m.drop(st)
	return nil
}

// Reader reads a statement's result. While there is one, the statement neither
// expires nor gives way to others. It is for one goroutine.
type Reader struct {
	m   *Manager
	st  *statement
	end bool
}

// Read begins to read a result, after waiting up to d for its first rows. It fails
// with NotFound, Gone, the statement's own error, and Conflict when there are no
// rows to read yet. Close the reader.
func (m *Manager) Read(ctx context.Context, id uuid.UUID, d time.Duration) (*Reader, error) {
	st, err := m.find(ctx, id)
	if err != nil {
		return nil, err
	}
	if err := wait(ctx, st.begun, d); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.byID[id] != st: // just now
		return nil, m.gone.byID[id].err(m.opts.TTL)
	case st.err != nil:
		return nil, st.err
	case !st.described:
		return nil, sqlerr.New(sqlerr.Conflict, "statement %s has no rows to read yet: it waits or runs; ask again, or with wait=seconds", id)
	}
	st.readers++
	return &Reader{m: m, st: st}, nil
}

// Schema describes the columns; nil for a statement without a result set.
func (r *Reader) Schema() *arrow.Schema { return r.st.schema }

// Page reads rows at any place. Rows that are still to come are waited for. The
// caller releases the page.
func (r *Reader) Page(ctx context.Context, at operation.Range) (*operation.Page, error) {
	page, err := r.m.ops.ReadAt(ctx, r.st.id, at)
	if err == nil && !page.HasMore {
		r.end = true
	}
	return page, err
}

// Close lets the statement go.
func (r *Reader) Close() {
	m := r.m
	m.mu.Lock()
	defer m.mu.Unlock()
	r.st.readers--
	if r.end {
		m.noteRead(r.st)
	}
}

// noteRead moves a statement to those that are freed first.
func (m *Manager) noteRead(st *statement) {
	if st.read || m.byID[st.id] != st {
		return
	}
	st.read = true
	if !st.ended {
		return
	}
	st.mine.take()
	st.all.take()
	st.mine, st.all = m.accounts[st.user].kept.put(st, true), m.kept.put(st, true)
}

package statement

import (
	"context"
	"errors"
	"math"
	"time"

	"github.com/google/uuid"

	"github.com/nekomata-sql/nekomata/engine"
	"github.com/nekomata-sql/nekomata/operation"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// Submit starts a statement and waits for its end as long as the request says. It
// fails with Exhausted beyond a limit and Unavailable during a stop, and like a
// session's opening when the settings are refused; then there is no statement. A
// statement that fails itself is no error here: its Info tells. When the caller
// goes away while it waits, nobody knows the id, so the statement is freed.
func (m *Manager) Submit(ctx context.Context, req Request) (Info, error) {
	settings, err := m.opts.Settings.Settle(req.Session)
	if err != nil {
		return Info{}, err
	}
	if req.Database == "" {
		req.Database = settings.Database
	}
	st := &statement{
		id: uuid.New(), user: req.Session.User, realUser: req.Session.RealUser, sql: req.SQL,
		created: time.Now(), begun: make(chan struct{}), done: make(chan struct{}), rows: -1,
	}
	if err := m.admit(st.user); err != nil {
		return Info{}, err
	}
	if err := m.start(ctx, st, req, engine.OpenRequest{
		SessionID: st.id.String(), User: st.user, Database: req.Database, Conf: settings.Conf, Vars: settings.Vars,
	}); err != nil {
		m.discharge(st.user)
		return Info{}, err
	}
	info, err := m.await(ctx, st, req.Wait)
	switch {
	case err != nil:
		m.drop(st)
	case info.Err != nil: // told with this answer
		m.mu.Lock()
		m.noteRead(st)
		m.mu.Unlock()
	}
	return info, err
}

// admit counts a statement of the user in.
func (m *Manager) admit(user string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.draining || m.closed {
		return stopping()
	}
	l := m.opts.Limits
	if l.Running > 0 && m.running >= l.Running {
		return sqlerr.New(sqlerr.Exhausted, "too many statements are at work (kyuubi.server.statement.max.running=%d): try again later", l.Running)
	}
	a := m.accounts[user]
	if a == nil {
		a = &account{}
		m.accounts[user] = a
	}
	if l.RunningPerUser > 0 && a.running >= l.RunningPerUser {
		return sqlerr.New(sqlerr.Exhausted, "too many statements of user %s are at work "+
			"(kyuubi.server.statement.max.running.per.user=%d): wait for one to end, or cancel one", user, l.RunningPerUser)
	}
	a.running++
	m.running++
	m.work.Add(1)
	return nil
}

// discharge counts a statement of the user out.
func (m *Manager) discharge(user string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.leave(user)
}

func (m *Manager) leave(user string) {
	m.running--
	m.accounts[user].running--
	m.settle(user)
	m.work.Done()
}

// start opens a connection and begins the operation.
func (m *Manager) start(ctx context.Context, st *statement, req Request, open engine.OpenRequest) error {
	conn, err := m.opts.Engine.Open(ctx, open)
	if err != nil {
		return err
	}
	m.ops.Attach(st.id, conn)
	_, err = m.ops.Start(ctx, operation.Request{
		ID: st.id, SessionID: st.id, User: st.user, Query: engine.Statement{SQL: req.SQL},
		Async: true, Timeout: req.Timeout, MaxRows: req.MaxRows,
	})
	if err != nil {
		return errors.Join(err, m.ops.Detach(st.id))
	}
	m.mu.Lock()
	refused := m.closed
	if !refused {
		m.byID[st.id] = st
	}
	m.mu.Unlock()
	if refused {
		return errors.Join(stopping(),
			m.ops.Detach(st.id))
	}
	go m.see(context.WithoutCancel(ctx), st)
	return nil
}

// see sees a statement through: to its first rows, then all of them into what is
// kept, then its connection closed.
func (m *Manager) see(ctx context.Context, st *statement) {
	op, err := m.ops.Wait(ctx, st.id, math.MaxInt64)
	var rows int64
	if err == nil && op.State == operation.Finished {
		rows, err = m.keep(st)
	}
	if err := m.ops.Disconnect(st.id); err != nil {
		m.opts.Log.Warn("a statement's connection did not close cleanly", "statement", st.id, "err", err)
	}
	if err == nil && op.Err != nil {
		err = op.Err
	}
	m.finish(st, rows, sqlerr.From(err))
}

// keep reads all rows of a statement that has begun to have some.
func (m *Manager) keep(st *statement) (rows int64, err error) {
	schema, err := m.ops.Schema(st.id)
	if err != nil {
		return 0, err
	}
	m.mu.Lock()
	st.described, st.hasRows, st.schema = true, schema != nil, schema
	m.mu.Unlock()
	close(st.begun)
	return m.ops.Keep(st.id, func(spilled int64) error { return m.grow(st, spilled) })
}

// grow notes how large a result's file has become and makes room for it.
func (m *Manager) grow(st *statement, file int64) error {
	l := m.opts.Limits
	if l.ResultSize > 0 && file > l.ResultSize {
		return sqlerr.New(sqlerr.Exhausted, "the result is too large to be kept (kyuubi.server.statement.result.max.size=%d bytes): "+
			"ask for fewer rows, or read it through a session", l.ResultSize)
	}
	m.mu.Lock()
	if m.byID[st.id] == st { // else it has been forgotten meanwhile
		m.file += file - st.file
		st.file = file
	}
	freed := m.makeRoom(m.accounts[st.user])
	tooMuch := l.TotalSize > 0 && m.file > l.TotalSize
	m.mu.Unlock()
	m.release(freed)
	if tooMuch {
		return sqlerr.New(sqlerr.Exhausted, "there is no room for the result: those of all statements at work are larger than "+
			"kyuubi.server.statement.result.total.max.size=%d bytes; try again later", l.TotalSize)
	}
	return nil
}

// finish writes down a statement's end.
func (m *Manager) finish(st *statement, rows int64, failed *sqlerr.Error) {
	memory, file := m.ops.Size(st.id)
	now := time.Now()
	m.mu.Lock()
	var freed []*statement
	if m.aborted && failed != nil && failed.Kind == sqlerr.Canceled {
		failed = sqlerr.From(stopping())
	}
	st.ended, st.completed, st.expires = true, now, now.Add(m.opts.TTL)
	st.state, st.err = endState(failed), failed
	if failed == nil {
		st.rows = rows
	}
	if m.byID[st.id] == st {
		st.memory = memory + int64(len(st.sql))
		m.memory += st.memory
		m.file += file - st.file
		st.file = file
		a := m.accounts[st.user]
		st.mine, st.all = a.kept.put(st, st.read), m.kept.put(st, st.read)
		freed = m.makeRoom(a)
	}
	m.leave(st.user)
	m.mu.Unlock()
	if !st.described {
		close(st.begun)
	}
	close(st.done)
	m.release(freed)
}

// endState is the state that an error stands for.
func endState(err *sqlerr.Error) operation.State {
	switch {
	case err == nil:
		return operation.Finished
	case err.Kind == sqlerr.Timeout:
		return operation.TimedOut
	case err.Kind == sqlerr.Canceled:
		return operation.Canceled
	default:
		return operation.Error
	}
}

// makeRoom forgets statements until the limits hold; the caller holds the lock and
// releases them afterwards.
func (m *Manager) makeRoom(a *account) (freed []*statement) {
	l := m.opts.Limits
	for {
		var victim *statement
		switch {
		case l.KeptPerUser > 0 && a != nil && a.kept.len() > l.KeptPerUser:
			victim = a.kept.first(false)
		case l.Kept > 0 && m.kept.len() > l.Kept, m.memory > maxMemory:
			victim = m.kept.first(false)
		case l.TotalSize > 0 && m.file > l.TotalSize:
			victim = m.kept.first(true)
		}
		if victim == nil {
			return freed
		}
		m.forget(victim, displaced)
		freed = append(freed, victim)
	}
}

// drop frees a statement that nobody knows.
func (m *Manager) drop(st *statement) {
	m.mu.Lock()
	known := m.byID[st.id] == st
	if known {
		m.forget(st, deleted)
	}
	m.mu.Unlock()
	if known {
		m.release([]*statement{st})
	}
}

// stopping is the error of a statement that comes, or runs, while the gateway ends.
func stopping() error {
	return sqlerr.New(sqlerr.Unavailable, "the gateway is shutting down; send the statement to another one or try again")
}

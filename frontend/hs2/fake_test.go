package hs2_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/google/uuid"

	"github.com/nekomata-sql/nekomata/auth"
	"github.com/nekomata-sql/nekomata/engine"
	"github.com/nekomata-sql/nekomata/operation"
	"github.com/nekomata-sql/nekomata/session"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// fake is a backend whose statements say in their text how they end.
type fake struct {
	mu       sync.Mutex
	sessions map[uuid.UUID]session.Info
	closed   []uuid.UUID
	ops      map[uuid.UUID]*fakeOp
	queries  []engine.Query
	requests []operation.Request
	callers  []auth.Principal
	asked    auth.Principal // the last one who asked about a session
	fetches  []operation.Fetch
	// encodesAhead has rows encoded before they come.
	encodesAhead bool
	lookups      int           // of operations
	keywords     string        // of the engine
	canceled     chan struct{} // closed when a synchronous statement's caller has gone
}

type fakeOp struct {
	info operation.Info
	done chan struct{}
}

func newFake() *fake {
	return &fake{sessions: map[uuid.UUID]session.Info{}, ops: map[uuid.UUID]*fakeOp{}, canceled: make(chan struct{}), keywords: "QUALIFY"}
}

func (f *fake) OpenSession(ctx context.Context, req session.Request) (session.Info, error) {
	p, err := auth.FromContext(ctx)
	if err != nil {
		return session.Info{}, err
	}
	if req.Conf["refuse"] != "" {
		return session.Info{}, sqlerr.New(sqlerr.Exhausted, "no more sessions")
	}
	info := session.Info{
		ID: uuid.New(), User: req.User, RealUser: req.RealUser, ClientAddress: req.ClientAddress, Frontend: req.Frontend,
		ProtocolVersion: req.ProtocolVersion, Conf: map[string]string{},
	}
	for k, v := range req.Conf {
		info.Conf[strings.TrimPrefix(k, "set:hiveconf:")] = v
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.callers = append(f.callers, p)
	f.sessions[info.ID] = info
	return info, nil
}

// opened are the sessions that are open.
func (f *fake) opened() []session.Info {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Collect(maps.Values(f.sessions))
}

func (f *fake) CloseSession(_ context.Context, id uuid.UUID) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, ok := f.sessions[id]; !ok {
		return sqlerr.New(sqlerr.NotFound, "Invalid SessionHandle [%s]", id)
	}
	delete(f.sessions, id)
	f.closed = append(f.closed, id)
	return nil
}

func (f *fake) Session(ctx context.Context, id uuid.UUID) (session.Info, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked, _ = auth.FromContext(ctx)
	info, ok := f.sessions[id]
	if !ok {
		return info, sqlerr.New(sqlerr.NotFound, "Invalid SessionHandle [%s]", id)
	}
	return info, nil
}

func (f *fake) EngineInfo(ctx context.Context, id uuid.UUID) (engine.Info, error) {
	_, err := f.Session(ctx, id)
	return engine.Info{Name: "DuckDB", Version: "1.5.5", Keywords: f.keywords}, err
}

func (f *fake) open() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.sessions)
}

// outcome is how the statement ends; not at all when the state isn't terminal.
func outcome(q engine.Query) operation.Info {
	s, ok := q.(engine.Statement)
	if !ok {
		return operation.Info{State: operation.Finished, HasResultSet: true, ModifiedRows: -1}
	}
	fail := func(e *sqlerr.Error) operation.Info {
		return operation.Info{State: operation.Error, Err: e, ModifiedRows: -1}
	}
	switch {
	case strings.Contains(s.SQL, "boom"):
		panic("whiskers")
	case strings.Contains(s.SQL, "slow"):
		return operation.Info{
			State: operation.Running, ModifiedRows: -1, Started: time.UnixMilli(1000),
			Progress: &engine.Progress{Stage: "Scan", Total: 10, Completed: 4, Running: 2, Fraction: 0.4},
		}
	case strings.Contains(s.SQL, "syntax"):
		return fail(sqlerr.New(sqlerr.Invalid, "no such word").WithState("42601"))
	case strings.Contains(s.SQL, "division"):
		e := sqlerr.New(sqlerr.Invalid, "division by zero").WithState("22012")
		e.Code = 7
		return fail(e)
	case strings.Contains(s.SQL, "bug"):
		return fail(sqlerr.From(errors.New("the cause")))
	case strings.Contains(s.SQL, "timeout"):
		return operation.Info{State: operation.TimedOut, Err: sqlerr.New(sqlerr.Timeout, "too long"), ModifiedRows: -1}
	case strings.HasPrefix(s.SQL, "insert"):
		return operation.Info{State: operation.Finished, ModifiedRows: 3}
	case strings.HasPrefix(s.SQL, "create"):
		return operation.Info{State: operation.Finished, ModifiedRows: -1}
	default:
		return operation.Info{
			State: operation.Finished, HasResultSet: true, ModifiedRows: -1,
			Started: time.UnixMilli(1000), Completed: time.UnixMilli(2000),
		}
	}
}

func (f *fake) Execute(ctx context.Context, id uuid.UUID, req operation.Request) (operation.Info, error) {
	if _, err := f.Session(ctx, id); err != nil {
		return operation.Info{}, err
	}
	info := outcome(req.Query)
	info.ID, info.SessionID, info.Query, info.Async = uuid.New(), id, req.Query, req.Async
	op := &fakeOp{info: info, done: make(chan struct{})}
	if info.State.Terminal() {
		close(op.done)
	}
	f.mu.Lock()
	f.queries = append(f.queries, req.Query)
	f.requests = append(f.requests, req)
	f.ops[info.ID] = op
	f.mu.Unlock()
	if req.Async {
		return info, nil
	}
	select {
	case <-op.done:
	case <-ctx.Done():
		close(f.canceled)
		return info, sqlerr.From(context.Cause(ctx))
	}
	if op.info.Err != nil && op.info.State != operation.TimedOut {
		return info, op.info.Err
	}
	return op.info, nil
}

// ExecuteHere lets go of a slow statement when its caller's patience is over.
func (f *fake) ExecuteHere(
	ctx context.Context, id uuid.UUID, req operation.Request, patience time.Duration, late func(operation.Info),
) (operation.Info, bool, error) {
	req.Async = true
	info, err := f.Execute(ctx, id, req)
	if err != nil {
		return info, true, err
	}
	info, err = f.Wait(ctx, info.ID, patience)
	if err == nil && !info.State.Terminal() {
		go late(info)
		return info, false, nil
	}
	return info, true, err
}

func (f *fake) op(id uuid.UUID) (*fakeOp, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	op, ok := f.ops[id]
	if !ok {
		return nil, sqlerr.New(sqlerr.NotFound, "Invalid OperationHandle [%s]", id)
	}
	return op, nil
}

func (f *fake) Operation(_ context.Context, id uuid.UUID) (operation.Info, error) {
	f.mu.Lock()
	f.lookups++
	f.mu.Unlock()
	return f.info(id)
}

func (f *fake) info(id uuid.UUID) (operation.Info, error) {
	op, err := f.op(id)
	if err != nil {
		return operation.Info{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return op.info, nil
}

func (f *fake) Wait(ctx context.Context, id uuid.UUID, d time.Duration) (operation.Info, error) {
	op, err := f.op(id)
	if err != nil {
		return operation.Info{}, err
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-op.done:
	case <-t.C:
	case <-ctx.Done():
	}
	return f.Operation(ctx, id)
}

func (f *fake) Cancel(_ context.Context, id uuid.UUID) error {
	op, err := f.op(id)
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if !op.info.State.Terminal() {
		op.info.State, op.info.Err = operation.Canceled, sqlerr.New(sqlerr.Canceled, "the operation was canceled")
		close(op.done)
	}
	return nil
}

func (f *fake) CloseOperation(_ context.Context, id uuid.UUID) error {
	if _, err := f.op(id); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.ops, id)
	return nil
}

var oneColumn = arrow.NewSchema([]arrow.Field{{Name: "n", Type: arrow.PrimitiveTypes.Int64, Nullable: true}}, nil)

func (f *fake) Schema(_ context.Context, id uuid.UUID) (*arrow.Schema, error) {
	info, err := f.info(id)
	switch {
	case err != nil:
		return nil, err
	case info.State != operation.Finished:
		return nil, sqlerr.New(sqlerr.Conflict, "expected state FINISHED, but found %s", info.State)
	case !info.HasResultSet:
		return nil, nil
	default:
		return oneColumn, nil
	}
}

func (f *fake) Fetch(ctx context.Context, id uuid.UUID, want operation.Fetch) (*operation.Page, error) {
	schema, err := f.Schema(ctx, id)
	if err != nil {
		return nil, err
	}
	encode := want.Encode
	want.Encode = nil // it can't be compared
	f.mu.Lock()
	f.fetches = append(f.fetches, want)
	f.mu.Unlock()
	if schema == nil {
		return &operation.Page{}, nil
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	for i := range min(want.MaxRows, 3) {
		b.Field(0).(*array.Int64Builder).Append(i + 1)
	}
	batch := b.NewRecordBatch()
	page := &operation.Page{Schema: schema, Batches: []arrow.RecordBatch{batch}, Start: 5, Rows: batch.NumRows(), HasMore: true}
	if encode != nil && f.encodesAhead {
		page.Encoded = encode(page)
	}
	return page, nil
}

func (f *fake) FetchLog(_ context.Context, id uuid.UUID, want operation.Fetch) ([]string, error) {
	if _, err := f.op(id); err != nil {
		return nil, err
	}
	lines := []string{"one", "two", "three"}
	return lines[:min(int(want.MaxRows), len(lines))], nil
}

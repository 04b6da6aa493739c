package backend

import (
	"context"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/google/uuid"

	"github.com/nekomata-sql/nekomata/auth"
	"github.com/nekomata-sql/nekomata/batch"
	"github.com/nekomata-sql/nekomata/operation"
	"github.com/nekomata-sql/nekomata/session"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// Execute starts req.Query in the session (SessionID and User are filled in
// here). Without Async it returns when the operation has ended: a failure is then
// the error, and the operation is gone; a timeout is no error but the state.
func (b *BackendService) Execute(ctx context.Context, sessionID uuid.UUID, req operation.Request) (operation.Info, error) {
	if err := b.own(ctx, sessionID, &req); err != nil {
		return operation.Info{}, err
	}
	info, err := b.operations.Start(ctx, req)
	b.used(sessionID, err)
	return info, err
}

// ExecuteHere is Execute with Async and then Wait for up to patience, on the caller's
// goroutine, which it keeps until the work has ended. If that takes longer than
// patience, late is called then, on another goroutine, and in the end false is returned.
func (b *BackendService) ExecuteHere(
	ctx context.Context, sessionID uuid.UUID, req operation.Request, patience time.Duration, late func(operation.Info),
) (info operation.Info, inTime bool, err error) {
	if err := b.own(ctx, sessionID, &req); err != nil {
		return operation.Info{}, true, err
	}
	info, inTime, err = b.operations.StartHere(ctx, req, patience, late)
	b.used(sessionID, err)
	return info, inTime, err
}

// own makes a request the session's, if the caller may.
func (b *BackendService) own(ctx context.Context, sessionID uuid.UUID, req *operation.Request) error {
	user, err := b.useSession(ctx, sessionID)
	if err != nil {
		return err
	}
	if b.draining.Load() {
		return session.Stopping()
	}
	req.SessionID, req.User = sessionID, user
	return nil
}

// used notes that a session was used, and what with.
func (b *BackendService) used(sessionID uuid.UUID, err error) {
	if err != nil {
		b.sessions.Failed(sessionID, sqlerr.From(err).Message)
	}
	b.sessions.Touch(sessionID)
}

// Operation describes one operation.
func (b *BackendService) Operation(ctx context.Context, id uuid.UUID) (operation.Info, error) {
	if err := b.mayUseOperation(ctx, id); err != nil {
		return orGuest(ctx, b.batches, id, err, b.batches.operation)
	}
	return b.operations.Get(id)
}

// Wait is Operation after waiting up to d for the operation to end.
func (b *BackendService) Wait(ctx context.Context, id uuid.UUID, d time.Duration) (operation.Info, error) {
	if err := b.mayUseOperation(ctx, id); err != nil {
		return operation.Info{}, err
	}
	return b.operations.Wait(ctx, id, d)
}

// Operations lists the operations of a session, oldest first.
func (b *BackendService) Operations(ctx context.Context, sessionID uuid.UUID) ([]operation.Info, error) {
	if err := b.mayUseSession(ctx, sessionID); err != nil {
		return orGuest(ctx, b.batches, sessionID, err, func(i *batch.Info) []operation.Info {
			return []operation.Info{b.batches.operation(i)}
		})
	}
	return b.operations.List(sessionID), nil
}

// AllOperations lists the operations that the caller may see in all sessions,
// oldest first. It does not count as a use of the sessions.
func (b *BackendService) AllOperations(ctx context.Context) ([]operation.Info, error) {
	p, err := auth.FromContext(ctx)
	if err != nil {
		return nil, err
	}
	visible := []operation.Info{}
	for _, info := range b.operations.All() {
		if p.Admin || p.User == info.User {
			visible = append(visible, info)
		}
	}
	for _, i := range b.batches.atWork(ctx) {
		visible = append(visible, b.batches.operation(&i))
	}
	return visible, nil
}

// Activity counts everybody's operations that run and that wait for their turn.
func (b *BackendService) Activity() (running, waiting int) {
	for _, info := range b.operations.All() {
		switch {
		case info.State == operation.Running:
			running++
		case !info.State.Terminal():
			waiting++
		}
	}
	return running, waiting
}

// Schema is the operation's result schema, nil for a statement without one. It
// is Conflict unless the operation is FINISHED, or its error when it failed.
func (b *BackendService) Schema(ctx context.Context, id uuid.UUID) (*arrow.Schema, error) {
	if err := b.mayUseOperation(ctx, id); err != nil {
		return nil, b.batches.noRows(ctx, id, err)
	}
	return b.operations.Schema(id)
}

// Fetch reads rows. The caller releases the page. It is Conflict unless the
// operation is FINISHED, or its error when it failed.
func (b *BackendService) Fetch(ctx context.Context, id uuid.UUID, f operation.Fetch) (*operation.Page, error) {
	if err := b.mayUseOperation(ctx, id); err != nil {
		return nil, b.batches.noRows(ctx, id, err)
	}
	return b.operations.Fetch(id, f)
}

// FetchLog reads lines of the operation's log, in any state.
func (b *BackendService) FetchLog(ctx context.Context, id uuid.UUID, f operation.Fetch) ([]string, error) {
	if err := b.mayUseOperation(ctx, id); err != nil {
		return b.batches.fetchLog(ctx, id, f, err)
	}
	return b.operations.FetchLog(id, f)
}

// SessionLog reads up to limit lines of what all operations of the session have
// logged, from the line numbered offset on, or from the oldest that is left.
func (b *BackendService) SessionLog(ctx context.Context, id uuid.UUID, offset, limit int64) (operation.LogPage, error) {
	if err := b.mayUseSession(ctx, id); err != nil {
		return b.batches.log(ctx, id, offset, limit, err)
	}
	return b.operations.SessionLog(id, offset, limit)
}

// Cancel ends the operation's work; an operation that has ended stays as it is.
func (b *BackendService) Cancel(ctx context.Context, id uuid.UUID) error {
	if err := b.mayUseOperation(ctx, id); err != nil {
		return b.batches.refuse(ctx, id, err)
	}
	return b.operations.Cancel(id)
}

// CloseOperation frees the operation; its id is unknown from then on.
func (b *BackendService) CloseOperation(ctx context.Context, id uuid.UUID) error {
	if err := b.mayUseOperation(ctx, id); err != nil {
		return b.batches.refuse(ctx, id, err)
	}
	return b.operations.Close(id)
}

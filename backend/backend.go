// Package backend is everything that a client may ask of the gateway, in no
// protocol's terms. It joins sessions, operations and the engine, and checks
// that the caller may touch what it names.
//
// It must not know Thrift, HTTP, or which engine is behind.
package backend

import (
	"context"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/google/uuid"

	"github.com/nekomata-sql/nekomata/engine"
	"github.com/nekomata-sql/nekomata/operation"
	"github.com/nekomata-sql/nekomata/session"
)

// BackendService serves every frontend. All methods take the caller from the
// context (auth.NewContext) and fail with *sqlerr.Error; NotFound for an id that
// does not exist or is somebody else's.
type BackendService struct{}

// OpenSession opens a session and its engine connection.
func (b *BackendService) OpenSession(ctx context.Context, req session.Request) (session.Info, error) {
	panic("not yet")
}

// CloseSession cancels and closes the session's operations, then the session.
func (b *BackendService) CloseSession(ctx context.Context, id uuid.UUID) error { panic("not yet") }

// Session describes one session.
func (b *BackendService) Session(ctx context.Context, id uuid.UUID) (session.Info, error) {
	panic("not yet")
}

// Sessions lists the sessions that the caller may see, oldest first.
func (b *BackendService) Sessions(ctx context.Context) ([]session.Info, error) { panic("not yet") }

// SessionCount is the number of open sessions of everybody.
func (b *BackendService) SessionCount() int { panic("not yet") }

// EngineInfo describes the engine behind a session and counts as a use of it.
func (b *BackendService) EngineInfo(ctx context.Context, sessionID uuid.UUID) (engine.Info, error) {
	panic("not yet")
}

// Execute starts req.Query in the session (SessionID and User are filled in
// here). Without Async it returns when the operation has ended: a failure is then
// the error, and the operation is gone; a timeout is no error but the state.
func (b *BackendService) Execute(ctx context.Context, sessionID uuid.UUID, req operation.Request) (operation.Info, error) {
	panic("not yet")
}

// Operation describes one operation.
func (b *BackendService) Operation(ctx context.Context, id uuid.UUID) (operation.Info, error) {
	panic("not yet")
}

// Wait is Operation after waiting up to d for the operation to end.
func (b *BackendService) Wait(ctx context.Context, id uuid.UUID, d time.Duration) (operation.Info, error) {
	panic("not yet")
}

// Operations lists the operations of a session, oldest first.
func (b *BackendService) Operations(ctx context.Context, sessionID uuid.UUID) ([]operation.Info, error) {
	panic("not yet")
}

// Schema is the operation's result schema, nil for a statement without one. It
// is Conflict unless the operation is FINISHED, or its error when it failed.
func (b *BackendService) Schema(ctx context.Context, id uuid.UUID) (*arrow.Schema, error) {
	panic("not yet")
}

// Fetch reads rows. The caller releases the page. It is Conflict unless the
// operation is FINISHED, or its error when it failed.
func (b *BackendService) Fetch(ctx context.Context, id uuid.UUID, f operation.Fetch) (*operation.Page, error) {
	panic("not yet")
}

// FetchLog reads lines of the operation's log, in any state.
func (b *BackendService) FetchLog(ctx context.Context, id uuid.UUID, f operation.Fetch) ([]string, error) {
	panic("not yet")
}

// Cancel ends the operation's work; an operation that has ended stays as it is.
func (b *BackendService) Cancel(ctx context.Context, id uuid.UUID) error { panic("not yet") }

// CloseOperation frees the operation; its id is unknown from then on.
func (b *BackendService) CloseOperation(ctx context.Context, id uuid.UUID) error { panic("not yet") }

// Package backend is everything that a client may ask of the gateway, in no
// protocol's terms. It joins sessions, operations and the engine, and checks
// that the caller may touch what it names.
//
// It must not know Thrift, HTTP, or which engine is behind.
package backend

import (
	"context"
	"log/slog"
	"sync/atomic"

	"github.com/google/uuid"

	"github.com/nekomata-sql/nekomata/auth"
	"github.com/nekomata-sql/nekomata/engine"
	"github.com/nekomata-sql/nekomata/operation"
	"github.com/nekomata-sql/nekomata/service"
	"github.com/nekomata-sql/nekomata/session"
)

// Options configures a BackendService.
type Options struct {
	// Engine runs the SQL.
	Engine engine.Engine
	// Session and Operation configure the two managers.
	Session   session.Options
	Operation operation.Options
	// Batches are shown among the sessions; nil is none.
	Batches Batches
	// Log is where failures go; nil discards them.
	Log *slog.Logger
}

// BackendService serves every frontend. All methods take the caller from the
// context (auth.NewContext) and fail with *sqlerr.Error; NotFound for an id that
// does not exist or is somebody else's.
type BackendService struct {
	engine     engine.Engine
	sessions   *session.SessionManager
	operations *operation.OperationManager
	batches    *guests
	log        *slog.Logger
	draining   atomic.Bool
}

// NewBackendService builds a BackendService and its two managers.
func NewBackendService(opts Options) *BackendService {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	b := &BackendService{engine: opts.Engine, log: opts.Log, batches: newGuests(opts.Batches, opts.Log)}
	b.operations = operation.NewOperationManager(opts.Operation)
	b.sessions = session.NewSessionManager(opts.Session, hooks{b})
	return b
}

// String is the service's name.
func (b *BackendService) String() string { return "BackendService" }

// Run keeps both managers going; when ctx is done it closes all sessions.
func (b *BackendService) Run(ctx context.Context, ready func()) error {
	return service.NewCompositeService("managers", b.operations, b.sessions).Run(ctx, ready)
}

// hooks is what sessions work with: an engine connection, which the operation
// manager gets to run operations on.
type hooks struct{ b *BackendService }

// Attach opens the session's engine connection.
func (h hooks) Attach(ctx context.Context, id uuid.UUID, req session.Request, s session.Settings) error {
	conn, err := h.b.engine.Open(ctx, engine.OpenRequest{
		SessionID: id.String(), User: req.User, Database: s.Database, Conf: s.Conf, Vars: s.Vars,
	})
	if err != nil {
		return err
	}
	h.b.operations.Attach(id, conn)
	return nil
}

// Detach ends the session's operations and closes the connection.
func (h hooks) Detach(id uuid.UUID) error { return h.b.operations.Detach(id) }

// Busy says whether an operation is at work.
func (h hooks) Busy(id uuid.UUID) bool {
	_, _, busy := h.b.operations.Counts(id)
	return busy > 0
}

// useSession notes a use of a session and returns its acting user. It fails with NotFound
// unless the caller owns the session or is an administrator: that somebody else's session
// exists is private.
func (b *BackendService) useSession(ctx context.Context, id uuid.UUID) (user string, err error) {
	p, err := auth.FromContext(ctx)
	if err != nil {
		return "", err
	}
	return b.sessions.Use(id, func(user, realUser string) bool { return p.Admin || p.User == user || p.User == realUser })
}

// mayUseSession is useSession for who wants to know no more.
func (b *BackendService) mayUseSession(ctx context.Context, id uuid.UUID) error {
	_, err := b.useSession(ctx, id)
	return err
}

// mayUseOperation is mayUseSession for the session of an operation.
func (b *BackendService) mayUseOperation(ctx context.Context, id uuid.UUID) error {
	owner, err := b.operations.SessionOf(id)
	if err != nil {
		return err
	}
	if err := b.mayUseSession(ctx, owner); err != nil {
		return operation.NoSuch(id)
	}
	return nil
}

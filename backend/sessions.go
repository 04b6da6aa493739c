package backend

import (
	"context"

	"github.com/google/uuid"

	"github.com/nekomata-sql/nekomata/auth"
	"github.com/nekomata-sql/nekomata/engine"
	"github.com/nekomata-sql/nekomata/session"
)

// OpenSession opens a session and its engine connection.
func (b *BackendService) OpenSession(ctx context.Context, req session.Request) (session.Info, error) {
	if b.draining.Load() {
		return session.Info{}, session.Stopping()
	}
	info, err := b.sessions.Open(ctx, req)
	if err != nil {
		return session.Info{}, err
	}
	return b.complete(info), nil
}

// Settle makes a client's settings ready for work that needs no session. It fails
// with Denied for settings and callers that are refused.
func (b *BackendService) Settle(req session.Request) (session.Settings, error) {
	return b.sessions.Settle(req)
}

// CloseSession cancels and closes the session's operations, then the session.
func (b *BackendService) CloseSession(ctx context.Context, id uuid.UUID) error {
	if err := b.mayUseSession(ctx, id); err != nil {
		return b.batches.refuse(ctx, id, err)
	}
	return b.sessions.Close(id)
}

// Session describes one session.
func (b *BackendService) Session(ctx context.Context, id uuid.UUID) (session.Info, error) {
	if err := b.mayUseSession(ctx, id); err != nil {
		return orGuest(ctx, b.batches, id, err, b.batches.session)
	}
	info, err := b.sessions.Get(id)
	if err != nil {
		return session.Info{}, err
	}
	return b.complete(info), nil
}

// Sessions lists the sessions that the caller may see, oldest first, and after them
// the batches that wait or are at work.
func (b *BackendService) Sessions(ctx context.Context) ([]session.Info, error) {
	p, err := auth.FromContext(ctx)
	if err != nil {
		return nil, err
	}
	visible := []session.Info{}
	for _, info := range b.sessions.List() {
		if p.Admin || p.User == info.User || p.User == info.RealUser {
			visible = append(visible, b.complete(info))
		}
	}
	for _, i := range b.batches.atWork(ctx) {
		visible = append(visible, b.batches.session(&i))
	}
	return visible, nil
}

// ChangeLimits lets edit change the limits of open sessions. It is for the gateway
// itself: nobody is asked whether he may.
func (b *BackendService) ChangeLimits(edit func(*session.Limits)) { b.sessions.ChangeLimits(edit) }

// SessionCount is the number of open sessions of everybody.
func (b *BackendService) SessionCount() int { return b.sessions.Count() }

// EngineInfo describes the engine behind a session and counts as a use of it.
func (b *BackendService) EngineInfo(ctx context.Context, sessionID uuid.UUID) (engine.Info, error) {
	if err := b.mayUseSession(ctx, sessionID); err != nil {
		return engine.Info{}, err
	}
	return b.engine.Info(), nil
}

// complete adds what the session manager can't know.
func (b *BackendService) complete(info session.Info) session.Info {
	e := b.engine.Info()
	info.EngineID, info.EngineName, info.EngineURL = e.ID, e.Name, e.URL
	total, open, busy := b.operations.Counts(info.ID)
	info.TotalOperations, info.OpenOperations = total, open
	if busy > 0 {
		info.Idle = 0
	}
	return info
}

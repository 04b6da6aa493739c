package batch

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nekomata-sql/nekomata/auth"
	"github.com/nekomata-sql/nekomata/metadata"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// Canceled is what became of a wish to end a batch.
type Canceled struct {
	// Done says that the batch has ended because of it.
	Done bool
	// Message says what happened.
	Message string
}

// Cancel ends a batch, wherever it is, and waits for its end up to
// ManagerOptions.CancelWait. It is for the owner and administrators, and fails with
// NotFound and Denied; one that has ended before is no failure.
func (m *Manager) Cancel(ctx context.Context, id string) (Canceled, error) {
	i, err := m.Get(ctx, id)
	if err != nil {
		return Canceled{}, err
	}
	if i.State.Terminal() {
		return ended(id), nil
	}
	p, err := auth.FromContext(ctx)
	if err != nil {
		return Canceled{}, err
	}
	m.opts.Log.Info("a batch shall end", "batch", id, "by", p.User)
	err = m.opts.Store.CancelWaiting(ctx, id)
	switch {
	case err == nil:
		m.removeUploads(id)
		return Canceled{true, fmt.Sprintf("The batch %s is canceled: it had not been started.", id)}, nil
	case !errors.Is(err, sqlerr.Conflict):
		return Canceled{}, err
	}
	err = m.opts.Store.RequestCancel(ctx, id)
	switch {
	case errors.Is(err, sqlerr.Conflict):
		return m.outcome(ctx, id)
	case err != nil:
		return Canceled{}, err
	}
	m.opts.Nudge(id)
	return m.await(ctx, id)
}

func ended(id string) Canceled {
	return Canceled{false, fmt.Sprintf("batch %s is already terminal so can not kill it.", id)}
}

// await looks until the batch has ended, or it is time to answer.
func (m *Manager) await(ctx context.Context, id string) (Canceled, error) {
	const first, slowest = 20 * time.Millisecond, 500 * time.Millisecond
	over := time.NewTimer(m.opts.CancelWait)
	defer over.Stop()
	pause := first
	for {
		b, err := m.find(ctx, id)
		if err != nil {
			return Canceled{}, err
		}
		if b.State.Terminal() {
			return outcomeOf(&b), nil
		}
		look := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			look.Stop()
			return Canceled{}, ctx.Err()
		case <-over.C:
			look.Stop()
			return Canceled{false, m.pending(&b)}, nil
		case <-look.C:
		}
		pause = min(2*pause, slowest)
	}
}

// pending says why a batch has not ended yet.
func (m *Manager) pending(b *metadata.Batch) string {
	text := fmt.Sprintf("The batch %s shall end, but it is still %s after %v.", b.ID, b.State, m.opts.CancelWait)
	switch {
	case b.Foreign:
		return text + fmt.Sprintf(" It belongs to the Kyuubi server %s, which will see the wish if it lives.", b.Instance)
	case time.Now().After(b.LeaseExpires):
		return text + " No gateway has it now; the next one that takes it will end it."
	default:
		return text + fmt.Sprintf(" The gateway %s has been told; ask for its state later.", b.Instance)
	}
}

func (m *Manager) outcome(ctx context.Context, id string) (Canceled, error) {
	b, err := m.find(ctx, id)
	if err != nil {
		return Canceled{}, err
	}
	if !b.State.Terminal() { // somebody else changed it meanwhile
		return m.await(ctx, id)
	}
	return outcomeOf(&b), nil
}

// outcomeOf says how a batch ended that was asked to.
func outcomeOf(b *metadata.Batch) Canceled {
	if b.State != metadata.Canceled {
		return ended(b.ID)
	}
	if b.App.Diagnostic != "" {
		return Canceled{true, b.App.Diagnostic}
	}
	return Canceled{true, fmt.Sprintf("The batch %s is canceled.", b.ID)}
}

// Reassign answers what Kyuubi's administrators ask for when a server is gone. It
// moves nothing: a lease that nobody renews does that by itself. It returns a
// sentence that says so, and fails with Conflict for this gateway itself.
func (m *Manager) Reassign(ctx context.Context, instance string) (string, error) {
	p, err := auth.FromContext(ctx)
	switch {
	case err != nil:
		return "", err
	case !p.Admin:
		return "", sqlerr.New(sqlerr.Denied, "%s is not an administrator (kyuubi.server.administrators)", p.User)
	case instance == "":
		return "", sqlerr.New(sqlerr.Invalid, "kyuubiInstance is missing: name the gateway as host:port")
	case instance == m.opts.Instance():
		return "", sqlerr.New(sqlerr.Conflict, "KyuubiInstance is alive: %s is this gateway", instance)
	}
	m.opts.Wake()
	return fmt.Sprintf("Nothing has to be reassigned: gateways take over the batches of %s by themselves once it has not renewed its leases in time. "+
		"Batches that Kyuubi left behind are taken one by one, by POST /api/v1/admin/batches/{batchId}/adopt.", instance), nil
}

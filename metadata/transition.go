package metadata

import (
	"context"
	"slices"
	"strings"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// transitions are all ways from one state to another. Nothing leaves a terminal
// state.
var transitions = map[State][]State{
	Pending: {Running, Error, Canceled},
	Running: {Finished, Error, Canceled},
}

// before are the states that lead to another.
func before(next State) []State {
	var from []State
	for _, s := range []State{Pending, Running} {
		if slices.Contains(transitions[s], next) {
			from = append(from, s)
		}
	}
	return from
}

// change is one conditional UPDATE of one batch.
type change struct {
	id        string
	lease     *Lease  // who must hold it; nil is nobody in particular
	from      []State // where the batch must stand
	only      string  // a further condition; "" is none
	otherwise string  // what it means when only that one fails
	set       string
	args      []any
	to        State // the terminal state that it sets; "" is none
}

const changing = "the batch can't be changed"

// change makes a change, or says why it can't be made: NotFound, or Conflict with
// the cause ErrLeaseLost when the lease is not the caller's any more.
func (s *Store) change(ctx context.Context, c change) error {
	where := " WHERE identifier = ? AND state IN (?" + strings.Repeat(", ?", len(c.from)-1) + ")"
	args := append(slices.Clone(c.args), c.id)
	for _, f := range c.from {
		args = append(args, f)
	}
	if c.lease != nil {
		where += " AND lease_owner = ? AND version = ?"
		args = append(args, c.lease.Owner, c.lease.Version)
	}
	if c.only != "" {
		where += " AND " + c.only
	}
	var (
		n   int64
		err error
	)
	if c.to != "" && s.opts.Notices {
		n, err = s.execEnd(ctx, c, "UPDATE metadata SET "+c.set+where, args...)
	} else {
		n, err = s.exec(ctx, changing, "UPDATE metadata SET "+c.set+where, args...)
	}
	if err != nil || n > 0 {
		return err
	}
	b, err := s.Get(ctx, c.id)
	switch {
	case err != nil:
		return err
	case c.lease != nil && b.State.Terminal(), !slices.Contains(c.from, b.State):
		return sqlerr.New(sqlerr.Conflict, "the batch %s is %s", c.id, b.State)
	case c.lease != nil && (b.Lease.Owner != c.lease.Owner || b.Lease.Version != c.lease.Version):
		return sqlerr.Wrap(ErrLeaseLost, sqlerr.Conflict, "the batch %s belongs to another gateway now", c.id)
	case c.only != "":
		return sqlerr.New(sqlerr.Conflict, "the batch %s %s", c.id, c.otherwise)
	default: // it changed between the two statements
		return sqlerr.New(sqlerr.Conflict, "the batch %s has just changed, try again", c.id)
	}
}

// Start is how a batch is about to be started.
type Start struct {
	// Host is the machine that it is bound to from now on; empty is none.
	Host string
	// LogLocation is where its log is written.
	LogLocation string
}

// ClaimStart notes that a batch is started now. It succeeds once in a batch's
// life: whoever gets a Conflict must not start it.
func (s *Store) ClaimStart(ctx context.Context, l Lease, st Start) error {
	return s.change(ctx, change{
		id: l.ID, lease: &l, from: []State{Pending}, only: "start_time = 0", otherwise: "was started before",
		set:  "start_time = " + s.dialect.now + ", host_id = ?, log_location = ?",
		args: []any{orNull(st.Host), orNull(st.LogLocation)},
	})
}

const applicationSet = "engine_id = ?, engine_name = ?, engine_url = ?, engine_state = ?, engine_error = ?"

func applicationArgs(a Application) []any {
	a = a.fit()
	return []any{orNull(a.ID), orNull(a.Name), orNull(a.URL), orNull(a.State), orNull(a.Diagnostic)}
}

// MarkRunning goes from Pending to Running: the application is known.
func (s *Store) MarkRunning(ctx context.Context, l Lease, a Application) error {
	return s.change(ctx, change{
		id: l.ID, lease: &l, from: before(Running),
		set:  "state = 'RUNNING', engine_open_time = " + s.dialect.now + ", " + applicationSet,
		args: applicationArgs(a),
	})
}

// UpdateApplication replaces what is known of the application, state and opening
// time of the batch excepted.
func (s *Store) UpdateApplication(ctx context.Context, l Lease, a Application) error {
	return s.change(ctx, change{id: l.ID, lease: &l, from: []State{Pending, Running}, set: applicationSet, args: applicationArgs(a)})
}

// end sets a terminal state, which gives the lease back.
func (s *Store) end(ctx context.Context, l Lease, to State, a Application) error {
	return s.change(ctx, change{
		id: l.ID, lease: &l, from: before(to), to: to,
		set:  "state = ?, end_time = " + s.dialect.now + ", lease_owner = NULL, lease_expires = 0, " + applicationSet,
		args: append([]any{to}, applicationArgs(a)...),
	})
}

// Finish goes from Running to Finished.
func (s *Store) Finish(ctx context.Context, l Lease, a Application) error {
	return s.end(ctx, l, Finished, a)
}

// Fail goes from Pending or Running to Error; the application's Diagnostic says why.
func (s *Store) Fail(ctx context.Context, l Lease, a Application) error {
	return s.end(ctx, l, Error, a)
}

// Cancel goes from Pending or Running to Canceled.
func (s *Store) Cancel(ctx context.Context, l Lease, a Application) error {
	return s.end(ctx, l, Canceled, a)
}

// CancelWaiting goes from Pending to Canceled as long as no gateway has taken the
// batch. It fails with Conflict otherwise: then RequestCancel is the way.
func (s *Store) CancelWaiting(ctx context.Context, id string) error {
	return s.change(ctx, change{
		id: id, from: []State{Pending}, only: "lease_expires = 0", otherwise: "has been taken by a gateway",
		set: "state = 'CANCELED', end_time = " + s.dialect.now, to: Canceled,
	})
}

// RequestCancel asks whoever holds the batch, or takes it next, to end it; see
// [Held]. It fails with Conflict when the batch has ended.
func (s *Store) RequestCancel(ctx context.Context, id string) error {
	return s.change(ctx, change{id: id, from: []State{Pending, Running, initialized}, set: "peer_instance_closed = 1"})
}

// Release gives a batch back before its time: to the queue when nothing was
// started, else to whoever takes it over. The lease expires now and not in the
// past, or the batch's machine would seem to be silent for long; see [Store.TakeLost].
func (s *Store) Release(ctx context.Context, l Lease) error {
	return s.change(ctx, change{
		id: l.ID, lease: &l, from: []State{Pending, Running},
		set: "lease_owner = NULL, lease_expires = CASE WHEN state = 'PENDING' AND start_time = 0 THEN 0 ELSE " + s.dialect.now + " - 1 END",
	})
}

// Adopt lets gateways take over a batch that Kyuubi made and that has not ended.
// It counts as started: it is looked for and never started again.
func (s *Store) Adopt(ctx context.Context, id string) error {
	return s.change(ctx, change{
		id: id, from: []State{Pending, Running, initialized}, only: "lease_expires < 0", otherwise: "is a gateway's already",
		set: "state = CASE WHEN state = 'RUNNING' THEN state ELSE 'PENDING' END, lease_expires = 1, start_time = create_time",
	})
}

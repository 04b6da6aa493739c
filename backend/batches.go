package backend

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/nekomata-sql/nekomata/batch"
	"github.com/nekomata-sql/nekomata/engine"
	"github.com/nekomata-sql/nekomata/operation"
	"github.com/nekomata-sql/nekomata/session"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// Batches are what a backend shows of batches: [batch.Manager].
type Batches interface {
	Get(ctx context.Context, id string) (batch.Info, error)
	List(ctx context.Context, f batch.Filter, p batch.Page) (batch.List, error)
	LogPage(ctx context.Context, id string, offset int64, size int) (lines []string, total int64, err error)
	Shown(conf map[string]string) map[string]string
}

// guests are the batches as sessions: of the type BATCH, with the batch's id, and
// with one operation that has the same id. They are looked at here and nothing
// else; no limit, count or expiry of sessions knows them.
type guests struct {
	batches Batches // nil is none
	slog    *slog.Logger

	mu      sync.Mutex
	cursors map[uuid.UUID]int64 // where FETCH_NEXT goes on in a log
}

func newGuests(b Batches, log *slog.Logger) *guests {
	return &guests{batches: b, slog: log, cursors: map[uuid.UUID]int64{}}
}

// find returns a batch that the caller may see. unknown is what was wrong with its id
// so far, and stays so when there is no such batch.
func (g *guests) find(ctx context.Context, id uuid.UUID, unknown error) (batch.Info, error) {
	if g.batches == nil || !errors.Is(unknown, sqlerr.NotFound) {
		return batch.Info{}, unknown
	}
	i, err := g.batches.Get(ctx, id.String())
	if errors.Is(err, sqlerr.NotFound) || errors.Is(err, sqlerr.Denied) {
		err = unknown
	}
	return i, err
}

// orGuest is what a batch shows under an id that no session or operation has.
func orGuest[T any](ctx context.Context, g *guests, id uuid.UUID, unknown error, show func(*batch.Info) T) (T, error) {
	i, err := g.find(ctx, id, unknown)
	if err != nil {
		var none T
		return none, err
	}
	return show(&i), nil
}

// refuse says that a batch is not closed as a session is.
func (g *guests) refuse(ctx context.Context, id uuid.UUID, unknown error) error {
	if _, err := g.find(ctx, id, unknown); err != nil {
		return err
	}
	return sqlerr.New(sqlerr.Conflict, "%s is a batch, which is shown here and ended among the batches", id)
}

// noRows says that a batch has none.
func (g *guests) noRows(ctx context.Context, id uuid.UUID, unknown error) error {
	if _, err := g.find(ctx, id, unknown); err != nil {
		return err
	}
	return sqlerr.New(sqlerr.Conflict, "%s is a batch, which has a log and no rows", id)
}

// atWork lists the batches that have not ended and that the caller may see, the
// newest thousand of those that wait and of those that run, oldest first.
func (g *guests) atWork(ctx context.Context) []batch.Info {
	if g.batches == nil {
		return nil
	}
	const (
		most     = 1000
		patience = 3 * time.Second // sessions must not wait for a store that hangs
	)
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var all []batch.Info
	for _, state := range []string{running, pending} {
		l, err := g.batches.List(ctx, batch.Filter{State: state}, batch.Page{Size: most, Desc: true})
		if err != nil { // sessions must be seen while the store is away
			g.slog.Warn("batches can't be shown among the sessions", "err", err)
			return nil
		}
		for _, b := range slices.Backward(l.Batches) {
			all = append(all, batch.Info{Batch: b})
		}
	}
	return all
}

// session is a batch as a session.
func (g *guests) session(i *batch.Info) session.Info {
	s := session.Info{
		ID: parsed(i.ID), Type: session.TypeBatch, User: i.User, RealUser: i.RealUser, Name: i.Name,
		ClientAddress: i.Address, ServerAddress: i.Conf[batch.KeyServerAddress], ConnectionURL: i.Conf[batch.KeyConnectionURL],
		Frontend: "REST", Conf: g.batches.Shown(i.Conf),
		Created: i.Created, Opened: i.App.Opened, LastAccess: i.Ended, Ended: i.Ended,
		TotalOperations: 1, Instance: i.Instance,
		EngineID: i.App.ID, EngineName: i.App.Name, EngineURL: i.App.URL,
	}
	if !i.State.Terminal() {
		s.OpenOperations, s.LastAccess = 1, time.Now()
	}
	if i.State == failed {
		s.Exception = i.App.Diagnostic
	}
	return s
}

// jobName is what the one operation of a batch does, in Kyuubi's word.
const jobName = "BatchJobSubmission"

// operation is what runs a batch as an operation.
func (g *guests) operation(i *batch.Info) operation.Info {
	o := operation.Info{
		ID: parsed(i.ID), SessionID: parsed(i.ID), SessionType: session.TypeBatch, User: i.User,
		Query: engine.Statement{SQL: jobName}, Async: true, State: states[string(i.State)],
		Created: i.Created, Started: i.App.Opened, Completed: i.Ended, ModifiedRows: -1, Instance: i.Instance,
	}
	if i.State == failed {
		o.Err = sqlerr.New(sqlerr.Internal, "%s", i.App.Diagnostic)
	}
	return o
}

// States of batches.
const (
	pending = "PENDING"
	running = "RUNNING"
	failed  = "ERROR"
)

var states = map[string]operation.State{
	pending: operation.Pending, running: operation.Running, "FINISHED": operation.Finished, failed: operation.Error, "CANCELED": operation.Canceled,
}

// parsed is a batch's id, which is a UUID.
func parsed(id string) uuid.UUID {
	u, _ := uuid.Parse(id) // Kyuubi's are, too
	return u
}

// log is a part of a batch's log.
func (g *guests) log(ctx context.Context, id uuid.UUID, offset, limit int64, unknown error) (operation.LogPage, error) {
	if _, err := g.find(ctx, id, unknown); err != nil {
		return operation.LogPage{}, err
	}
	const most = 100_000
	lines, total, err := g.batches.LogPage(ctx, id.String(), offset, int(min(limit, most)))
	start := min(offset, total)
	return operation.LogPage{Lines: lines, Start: start, Next: start + int64(len(lines)), Total: total}, err
}

// fetchLog reads a batch's log with a cursor.
func (g *guests) fetchLog(ctx context.Context, id uuid.UUID, f operation.Fetch, unknown error) ([]string, error) {
	from := int64(0)
	if f.Orientation == operation.Next {
		g.mu.Lock()
		from = g.cursors[id]
		g.mu.Unlock()
	}
	page, err := g.log(ctx, id, from, f.MaxRows, unknown)
	if err != nil {
		return nil, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	const most = 1000
	if len(g.cursors) >= most {
		clear(g.cursors)
	}
	g.cursors[id] = page.Next
	return page.Lines, nil
}

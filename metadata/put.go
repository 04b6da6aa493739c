package metadata

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// Storing a batch is waiting for the database, and for its disk. The batches that come
// meanwhile are stored by the next statement, together: one text to parse, one round
// trip and one commit for all of them. Whoever comes alone waits for nobody.

// How much one statement stores, so that a large batch does not make many wait.
const (
	putRows  = 64
	putBytes = 256 << 10 // of settings and arguments, unless one batch has more
)

const storing = "the batch can't be stored"

// insertion is a batch on its way into the store.
type insertion struct {
	id     string
	values []any
	size   int
	// done gets how it went; errAlone is that the batch must be stored by itself.
	done chan error
	// by is the group that it is stored in, nil while it waits; the lock of puts covers it.
	by *group
}

// errAlone says that nothing was stored, and that it may be another one's fault.
var errAlone = errors.New("not together with others")

// group is what one statement stores.
type group struct {
	rows []*insertion
	// wanted counts who still waits for it, and giveUp ends it when nobody does; the
	// lock of puts covers both.
	wanted int
	giveUp context.CancelFunc
}

// puts are the batches on their way.
type puts struct {
	mu      sync.Mutex
	waiting []*insertion
	busy    int // statements under way
}

// put stores a batch.
func (s *Store) put(ctx context.Context, row *insertion) error {
	if s.puts.first() {
		return s.putFirst(ctx, row)
	}
	row.done = make(chan error, 1)
	if s.puts.enter(row, s.dialect.putting) {
		go s.putAll(context.WithoutCancel(ctx))
	}
	select {
	case err := <-row.done:
		if errors.Is(err, errAlone) {
			return s.insert(ctx, row)
		}
		return err
	case <-ctx.Done():
		f := judge(ctx.Err())
		if !s.puts.leave(row) {
			f.retry = Safe
		}
		return f.say(storing)
	}
}

// first reports that nothing is being stored: the caller may begin, and ends by more.
func (p *puts) first() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.busy > 0 {
		return false
	}
	p.busy++
	return true
}

// more is the end of the caller's work, unless batches have come meanwhile, to which he
// must see.
func (p *puts) more() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.waiting) > 0 {
		return true
	}
	p.waiting = nil
	p.busy--
	return false
}

// putFirst stores a batch that nobody was before. With one client at a time it always comes
// to this, which costs no change of goroutines.
func (s *Store) putFirst(ctx context.Context, row *insertion) error {
	defer func() {
		if s.puts.more() {
			go s.putAll(context.WithoutCancel(ctx))
		}
	}()
	return s.insert(ctx, row)
}

// enter makes a batch wait, and reports that the caller must see to a further statement:
// the more are under way, the more batches the next one has to take along.
func (p *puts) enter(row *insertion, most int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waiting = append(p.waiting, row)
	if len(p.waiting) < 2*p.busy || p.busy >= most {
		return false
	}
	p.busy++
	return true
}

// leave is the end of somebody's patience. It reports that the batch may be stored
// nevertheless.
func (p *puts) leave(row *insertion) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if row.by == nil {
		p.waiting = slices.DeleteFunc(p.waiting, func(w *insertion) bool { return w == row })
		return false
	}
	if row.by.wanted--; row.by.wanted == 0 {
		row.by.giveUp()
	}
	return true
}

// next is what is stored by one statement; others may have left nothing of what there was.
func (p *puts) next(giveUp context.CancelFunc) *group {
	p.mu.Lock()
	defer p.mu.Unlock()
	n, size := 0, 0
	for n < min(len(p.waiting), putRows) && (n == 0 || size+p.waiting[n].size <= putBytes) {
		size += p.waiting[n].size
		n++
	}
	g := &group{rows: slices.Clone(p.waiting[:n]), wanted: n, giveUp: giveUp}
	p.waiting = p.waiting[n:]
	for _, row := range g.rows {
		row.by = g
	}
	return g
}

// putAll stores what waits until nothing does.
func (s *Store) putAll(ctx context.Context) {
	for s.puts.more() {
		ctx, stop := context.WithCancel(ctx)
		s.putGroup(ctx, s.puts.next(stop).rows)
		stop()
	}
}

// putGroup stores batches and tells each how it went.
func (s *Store) putGroup(ctx context.Context, rows []*insertion) {
	rows = once(rows)
	err := s.insert(ctx, rows...)
	if len(rows) > 1 && errors.Is(err, sqlerr.Exists) {
		rows = s.notKnown(ctx, rows, err)
		err = s.insert(ctx, rows...)
	}
	if len(rows) > 1 && err != nil && RetryOf(err) == Never {
		err = errAlone
	}
	for _, row := range rows {
		row.done <- err
	}
}

// once sends those away whose id another one of them has.
func once(rows []*insertion) []*insertion {
	var first []*insertion
	for _, row := range rows {
		if slices.ContainsFunc(first, func(f *insertion) bool { return f.id == row.id }) {
			row.done <- errAlone
		} else {
			first = append(first, row)
		}
	}
	return first
}

// notKnown tells those whose id the store has, and returns the others.
func (s *Store) notKnown(ctx context.Context, rows []*insertion, exists error) []*insertion {
	ids := make([]any, len(rows))
	for i, row := range rows {
		ids[i] = row.id
	}
	known := map[string]bool{}
	_ = s.query(ctx, storing, func(r *sql.Rows) error { // or else the next INSERT fails again
		var id string
		err := r.Scan(&id)
		known[id] = true
		return err
	}, "SELECT identifier FROM metadata WHERE identifier IN (?"+strings.Repeat(", ?", len(ids)-1)+")", ids...)
	return slices.DeleteFunc(rows, func(row *insertion) bool {
		if known[row.id] {
			row.done <- exists
		}
		return known[row.id]
	})
}

const (
	insertInto = `INSERT INTO metadata (
		identifier, session_type, real_user, user_name, ip_address, kyuubi_instance, state,
		resource, class_name, request_name, request_conf, request_args, create_time, engine_type,
		cluster_manager, priority, lease_expires, host_id, request_digest, log_location) VALUES `
	insertRow = "(?, 'BATCH', ?, ?, ?, ?, 'PENDING', ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?)"
)

// insert stores batches, all of them or none.
func (s *Store) insert(ctx context.Context, rows ...*insertion) error {
	if len(rows) == 0 {
		return nil
	}
	values := rows[0].values
	if len(rows) > 1 {
		values = make([]any, 0, len(rows)*len(values))
		for _, row := range rows {
			values = append(values, row.values...)
		}
	}
	_, err := s.exec(ctx, storing, insertInto+insertRow+strings.Repeat(", "+insertRow, len(rows)-1), values...)
	return err
}

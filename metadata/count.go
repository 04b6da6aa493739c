package metadata

import (
	"context"
	"database/sql"
	"time"
)

// Count returns how many batches a filter picks: exactly up to Options.ExactCount,
// beyond that as it was some 5 s ago at most.
func (s *Store) Count(ctx context.Context, f Filter) (int64, error) {
	key := f.key()
	known, done, err := s.counts.turn(ctx, key, s.opts.ExactCount)
	if err != nil || done == nil {
		return known.n, err
	}
	known, err = s.countFrom(ctx, f, known)
	s.counts.put(key, known, err == nil, done)
	return known.n, err
}

// tally is a count as far as it is known. Of a filter that asks for what never
// changes in a batch, all batches but the newest are counted once: they can't become
// more, and deletions are noted. So are those of a terminal state, as long as no other of
// these batches ends.
type tally struct {
	n    int64
	when time.Time // when this count began

	// settled is how many of n have no later key than upto; 0 is not known.
	settled, upto int64
	open          int64     // with no later key either, that may still come to the state
	deletions     int64     // that had been when they were counted
	since         time.Time // when that was
}

// countFrom counts again.
func (s *Store) countFrom(ctx context.Context, f Filter, known tally) (tally, error) {
	where, args := f.where()
	began := time.Now()
	if known.settles(began, s.opts.ExactCount) {
		open, openArgs := f.open(known.upto)
		var newer, stillOpen, deletions int64
		err := s.counted(ctx, "SELECT COUNT(*), ("+open+"), (SELECT COALESCE(MAX(times), 0) FROM nekomata_deletion) FROM metadata WHERE "+where+" AND key_id > ?",
			append(append(openArgs, args...), known.upto), &newer, &stillOpen, &deletions)
		if err != nil {
			return known, err
		}
		if deletions == known.deletions && stillOpen == known.open {
			known.n, known.when = known.settled+newer, began
			return known, nil
		}
	}
	return s.countAll(ctx, f)
}

// open counts, in SQL, the batches up to a key that may come to the filter's state. They
// only become fewer, each when it ends.
func (f Filter) open(upto int64) (string, []any) {
	if f.State == "" {
		return "0", nil
	}
	where, args := f.in([]State{Pending, initialized, Running})
	return "SELECT COUNT(*) FROM metadata WHERE " + where + " AND key_id <= ?", append(args, upto)
}

// settledFor is how long settled counts of many batches are good: who deletes rows
// past the gateways is found out then. Those of few are made again as soon as large counts.
const settledFor = time.Minute

// settles says that only the newest batches need to be counted.
func (t *tally) settles(now time.Time, exact int64) bool {
	good := settledFor
	if t.n <= exact {
		good = countAge
	}
	return t.upto > 0 && now.Sub(t.since) < good
}

// countAll counts from nothing.
func (s *Store) countAll(ctx context.Context, f Filter) (tally, error) {
	where, args := f.where()
	all := "SELECT COUNT(*) FROM metadata"
	if len(args) > 0 { // SQLite has the number of all batches at hand
		all += " WHERE " + where
	}
	began := time.Now()
	out := tally{when: began, since: began}
	if f.changes() {
		err := s.counted(ctx, all, args, &out.n)
		return out, err
	}
	// An INSERT may still be under way while later ones are done, but not while that
	// many are.
	if err := s.counted(ctx, "SELECT COALESCE(MAX(key_id), 0) FROM metadata", nil, &out.upto); err != nil {
		return out, err
	}
	out.upto = max(0, out.upto-s.opts.ExactCount)
	var newer int64
	open, openArgs := f.open(out.upto)
	err := s.counted(ctx, "SELECT ("+all+"), (SELECT COUNT(*) FROM metadata WHERE "+where+" AND key_id > ?), ("+open+"), COALESCE(MAX(times), 0) FROM nekomata_deletion",
		append(append(append(args, args...), out.upto), openArgs...), &out.n, &newer, &out.open, &out.deletions)
	out.settled = out.n - newer
	if out.open > out.settled { // it is less work to count those
		out.upto = 0
	}
	return out, err
}

// changes says that a batch that the filter picks may be another one tomorrow.
func (f Filter) changes() bool { return f.State != "" && !f.State.Terminal() || !f.EndedBy.IsZero() }

// counted asks for numbers in one row.
func (s *Store) counted(ctx context.Context, query string, args []any, into ...any) error {
	return s.often(ctx, "the batches can't be counted", func(r *sql.Rows) error { return r.Scan(into...) }, query, args...)
}

// CountByState returns how many batches stand where, for states with any.
func (s *Store) CountByState(ctx context.Context, f Filter) (map[State]int64, error) {
	where, args := f.where()
	out := map[State]int64{}
	err := s.query(ctx, "the batches can't be counted", func(r *sql.Rows) error {
		var (
			state State
			n     int64
		)
		err := r.Scan(&state, &n)
		if state == initialized {
			state = Pending
		}
		out[state] += n
		return err
	}, "SELECT state, COUNT(*) FROM metadata WHERE "+where+" GROUP BY state", args...)
	return out, err
}

// CountOpen returns how many batches have not ended, at most the given number: those
// of a user, from an address, or both; "" is any.
func (s *Store) CountOpen(ctx context.Context, user, address string, most int) (int, error) {
	where, args := "state IN (?, ?, ?)", []any{Pending, Running, initialized}
	if user != "" {
		where += " AND user_name = ?"
		args = append(args, user)
	}
	if address != "" {
		where += " AND ip_address = ?"
		args = append(args, address)
	}
	n := 0
	err := s.counted(ctx, "SELECT COUNT(*) FROM (SELECT 1 FROM metadata WHERE "+where+" LIMIT ?) AS few", append(args, most), &n)
	return n, err
}

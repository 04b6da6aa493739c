package metadata

import (
	"context"
	"database/sql"
	"encoding/json"
	"strings"
	"time"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// Insert adds a batch that waits to be taken. State, lease, application and all
// times but Created are the store's to set. It fails with Exists when the ID is
// known, whoever was first, and with Invalid or TooLarge.
func (s *Store) Insert(ctx context.Context, b Batch) error {
	if b.RealUser == "" {
		b.RealUser = b.User
	}
	if b.Conf == nil {
		b.Conf = map[string]string{}
	}
	if b.Args == nil {
		b.Args = []string{}
	}
	conf, err := json.Marshal(b.Conf)
	if err != nil {
		return err
	}
	args, err := json.Marshal(b.Args)
	if err != nil {
		return err
	}
	if err := b.check(conf, args); err != nil {
		return err
	}
	return s.put(ctx, &insertion{id: b.ID, size: len(conf) + len(args), values: []any{
		b.ID, b.RealUser, b.User, orNull(b.Address), orNull(b.Instance),
		orNull(b.Resource), orNull(b.ClassName), orNull(b.Name), string(conf), string(args), millis(b.Created), b.Type,
		orNull(b.ClusterManager), b.Priority, orNull(b.Host), orNull(b.Digest), orNull(b.LogLocation),
	}})
}

// Get returns a batch. It fails with NotFound.
func (s *Store) Get(ctx context.Context, id string) (Batch, error) {
	var (
		b     Batch
		found bool
	)
	row := whole.reader()
	err := s.often(ctx, "the batch can't be read", func(r *sql.Rows) error {
		found = true
		return row.read(r, &b)
	}, "SELECT "+whole.names+" FROM metadata WHERE identifier = ?", id)
	if err == nil && !found {
		err = noBatch(id)
	}
	return b, err
}

func noBatch(id string) error { return sqlerr.New(sqlerr.NotFound, "there is no batch %s", id) }

// Filter picks batches; a zero field picks all.
type Filter struct {
	// Type, User and Name must be equal, letter by letter.
	Type, User, Name string
	// State is where they stand.
	State State
	// CreatedFrom is the earliest acceptance.
	CreatedFrom time.Time
	// EndedBy is the latest end; those that have not ended are left out.
	EndedBy time.Time
}

// states are those that the filter's one stands for; none is all.
func (f Filter) states() []State {
	switch f.State {
	case "":
		return nil
	case Pending:
		return []State{Pending, initialized}
	default:
		return []State{f.State}
	}
}

// where is the filter in SQL.
func (f Filter) where() (string, []any) { return f.in(f.states()) }

// in is the filter in SQL, for some states.
func (f Filter) in(states []State) (string, []any) {
	var (
		parts []string
		args  []any
	)
	add := func(part string, values ...any) {
		parts = append(parts, part)
		args = append(args, values...)
	}
	if f.User != "" {
		add("user_name = ?", f.User)
	}
	switch {
	case f.Type == "":
	case f.User != "" || f.State != "": // most batches are of one type, so that its index is no help
		add("COALESCE(engine_type, '') = ?", f.Type)
	default:
		add("engine_type = ?", f.Type)
	}
	if f.Name != "" {
		add("request_name = ?", f.Name)
	}
	switch len(states) {
	case 0:
	case 1:
		add("state = ?", states[0])
	default:
		add("state IN (?"+strings.Repeat(", ?", len(states)-1)+")", states[0])
		for _, state := range states[1:] {
			args = append(args, state)
		}
	}
	if !f.CreatedFrom.IsZero() {
		add("create_time >= ?", millis(f.CreatedFrom))
	}
	if !f.EndedBy.IsZero() {
		add("end_time > 0 AND end_time <= ?", millis(f.EndedBy))
	}
	if len(parts) == 0 {
		return "1 = 1", nil
	}
	return strings.Join(parts, " AND "), args
}

// DeleteOlderThan forgets at most limit batches that ended before a time, and
// returns how many.
func (s *Store) DeleteOlderThan(ctx context.Context, ended time.Time, limit int) (n int64, err error) {
	err = s.tx(ctx, "old batches can't be deleted", func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `DELETE FROM metadata WHERE key_id IN (SELECT key_id FROM (
			SELECT key_id FROM metadata WHERE end_time > 0 AND end_time < ? AND state IN ('FINISHED', 'ERROR', 'CANCELED')
			ORDER BY end_time LIMIT ?) AS old)`, millis(ended), limit)
		if err != nil {
			return err
		}
		if n, err = res.RowsAffected(); err != nil || n == 0 {
			return err
		}
		_, err = tx.ExecContext(ctx, "UPDATE nekomata_deletion SET times = times + 1") // see countFrom
		return err
	})
	return n, err
}

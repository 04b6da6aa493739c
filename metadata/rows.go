package metadata

import (
	"database/sql"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// The columns of a batch: those that lists show, which are read by the hundred,
// and all of them.
const (
	listColumns = `key_id, identifier, user_name, real_user, COALESCE(ip_address, ''), engine_type, COALESCE(request_name, ''),
	priority, COALESCE(kyuubi_instance, ''), state, create_time, COALESCE(end_time, 0), COALESCE(peer_instance_closed, 0), lease_expires,
	COALESCE(engine_id, ''), COALESCE(engine_name, ''), COALESCE(engine_url, ''), COALESCE(engine_state, ''),
	COALESCE(engine_error, ''), COALESCE(engine_open_time, 0)`
	allColumns = listColumns + `, COALESCE(resource, ''), COALESCE(class_name, ''), COALESCE(cluster_manager, ''),
	COALESCE(request_digest, ''), COALESCE(host_id, ''), COALESCE(log_location, ''), start_time,
	COALESCE(lease_owner, ''), version, attempt, COALESCE(request_conf, ''), COALESCE(request_args, '')`
)

// scan reads a row of allColumns or, when it isn't whole, of listColumns.
func scan(r *sql.Rows, whole bool) (Batch, error) {
	var (
		b                                       Batch
		created, ended, started, opened, expiry int64
		conf, args                              []byte
	)
	into := make([]any, 0, 32)
	into = append(into, &b.Key, &b.ID, &b.User, &b.RealUser, &b.Address, &b.Type, &b.Name,
		&b.Priority, &b.Instance, &b.State, &created, &ended, &b.CancelRequested, &expiry,
		&b.App.ID, &b.App.Name, &b.App.URL, &b.App.State,
		&b.App.Diagnostic, &opened)
	if whole {
		into = append(into, &b.Resource, &b.ClassName, &b.ClusterManager,
			&b.Digest, &b.Host, &b.LogLocation, &started,
			&b.Lease.Owner, &b.Lease.Version, &b.Attempt, &conf, &args)
	}
	if err := r.Scan(into...); err != nil {
		return b, err
	}
	b.Created, b.Ended, b.Started, b.App.Opened = at(created), at(ended), at(started), at(opened)
	b.LeaseExpires, b.Foreign = at(expiry), expiry < 0
	if b.Lease.Owner != "" {
		b.Lease.ID = b.ID
	} else {
		b.Lease = Lease{}
	}
	if b.State == initialized {
		b.State = Pending
	}
	return b, b.unpack(conf, args)
}

// unpack reads the settings and arguments, which Kyuubi keeps as JSON too.
func (b *Batch) unpack(conf, args []byte) error {
	if len(conf) > 0 {
		if err := json.Unmarshal(conf, &b.Conf); err != nil {
			return sqlerr.Wrap(err, sqlerr.Internal, "the settings of the batch %s can't be read", b.ID)
		}
	}
	if len(args) > 0 {
		if err := json.Unmarshal(args, &b.Args); err != nil {
			return sqlerr.Wrap(err, sqlerr.Internal, "the arguments of the batch %s can't be read", b.ID)
		}
	}
	return nil
}

// maxText is how many bytes a settings or diagnostics column holds.
const maxText = 16<<20 - 1

// check refuses what a column can't hold. SQLite would take it, and MySQL says
// only that something is too long.
func (b *Batch) check(conf, args []byte) error {
	for _, f := range []struct {
		what, value string
		limit       int
	}{
		{"id", b.ID, 36},
		{"user", b.User, 255},
		{"real user", b.RealUser, 255},
		{"address", b.Address, 128},
		{"type", b.Type, 32},
		{"name", b.Name, 1024},
		{"resource", b.Resource, 1024},
		{"class name", b.ClassName, 1024},
		{"cluster manager", b.ClusterManager, 128},
		{"digest", b.Digest, 128},
		{"host", b.Host, 255},
		{"instance", b.Instance, 1024},
		{"log location", b.LogLocation, 1024},
	} {
		if n := utf8.RuneCountInString(f.value); n > f.limit {
			return sqlerr.New(sqlerr.Invalid, "the %s of a batch has at most %d characters, this one has %d", f.what, f.limit, n)
		}
		if !utf8.ValidString(f.value) {
			return sqlerr.New(sqlerr.Invalid, "the %s of a batch must be UTF-8", f.what)
		}
	}
	if b.ID == "" || b.User == "" || b.Type == "" {
		return sqlerr.New(sqlerr.Invalid, "a batch has an id, a user and a type")
	}
	if len(conf) > maxText || len(args) > maxText {
		return sqlerr.New(sqlerr.TooLarge, "the settings and the arguments of a batch have at most %d bytes each", maxText)
	}
	return nil
}

// fit cuts what a cluster says to what the columns hold.
func (a Application) fit() Application {
	const maxDiagnostic = 1 << 20 // a start and a reason, not a log
	a.ID, a.URL, a.State = cut(a.ID, 128), cut(a.URL, 1024), cut(a.State, 32)
	a.Name, a.Diagnostic = cut(a.Name, maxDiagnostic), cut(a.Diagnostic, maxDiagnostic)
	return a
}

// cut returns at most limit bytes of valid text, which is as many characters or fewer.
func cut(text string, limit int) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	if len(text) <= limit {
		return text
	}
	for limit > 0 && !utf8.RuneStart(text[limit]) {
		limit--
	}
	return text[:limit]
}

// orNull keeps an empty text out of a column, as Kyuubi does.
func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

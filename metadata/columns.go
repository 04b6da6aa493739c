package metadata

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// column is a column of the table of batches and where its values go; NULL is the
// empty text and 0.
type column struct {
	name   string
	text   func(*Batch) *string
	number func(*Batch, int64)
}

// columns are all of a batch, in the order in which less and less is asked for: what
// every list shows, what further lists show, and the rest.
var columns = []column{
	{name: "key_id", number: func(b *Batch, n int64) { b.Key = n }},
	{name: "identifier", text: func(b *Batch) *string { return &b.ID }},
	{name: "user_name", text: func(b *Batch) *string { return &b.User }},
	{name: "engine_type", text: func(b *Batch) *string { return &b.Type }},
	{name: "request_name", text: func(b *Batch) *string { return &b.Name }},
	{name: "kyuubi_instance", text: func(b *Batch) *string { return &b.Instance }},
	{name: "state", text: func(b *Batch) *string { return (*string)(&b.State) }},
	{name: "create_time", number: func(b *Batch, n int64) { b.Created = at(n) }},
	{name: "end_time", number: func(b *Batch, n int64) { b.Ended = at(n) }},
	{name: "engine_id", text: func(b *Batch) *string { return &b.App.ID }},
	{name: "engine_url", text: func(b *Batch) *string { return &b.App.URL }},
	{name: "engine_state", text: func(b *Batch) *string { return &b.App.State }},
	{name: "engine_error", text: func(b *Batch) *string { return &b.App.Diagnostic }},
	{name: "engine_open_time", number: func(b *Batch, n int64) { b.App.Opened = at(n) }},

	{name: "real_user", text: func(b *Batch) *string { return &b.RealUser }},
	{name: "ip_address", text: func(b *Batch) *string { return &b.Address }},
	{name: "engine_name", text: func(b *Batch) *string { return &b.App.Name }},
	{name: "priority", number: func(b *Batch, n int64) { b.Priority = int(n) }},
	{name: "peer_instance_closed", number: func(b *Batch, n int64) { b.CancelRequested = n != 0 }},
	{name: "lease_expires", number: func(b *Batch, n int64) { b.LeaseExpires, b.Foreign = at(n), n < 0 }},

	{name: "resource", text: func(b *Batch) *string { return &b.Resource }},
	{name: "class_name", text: func(b *Batch) *string { return &b.ClassName }},
	{name: "cluster_manager", text: func(b *Batch) *string { return &b.ClusterManager }},
	{name: "request_digest", text: func(b *Batch) *string { return &b.Digest }},
	{name: "host_id", text: func(b *Batch) *string { return &b.Host }},
	{name: "log_location", text: func(b *Batch) *string { return &b.LogLocation }},
	{name: "start_time", number: func(b *Batch, n int64) { b.Started = at(n) }},
	{name: "lease_owner", text: func(b *Batch) *string { return &b.Lease.Owner }},
	{name: "version", number: func(b *Batch, n int64) { b.Lease.Version = n }},
	{name: "attempt", number: func(b *Batch, n int64) { b.Attempt = int(n) }},
	// Kyuubi keeps these two as JSON too.
	{name: "request_conf"},
	{name: "request_args"},
}

// columnSet is the first n columns.
type columnSet struct {
	n     int
	names string // for a SELECT
}

var (
	brief  = firstColumns(14)
	listed = firstColumns(20)
	whole  = firstColumns(len(columns))
)

func firstColumns(n int) columnSet {
	list := make([]string, n)
	for i, c := range columns[:n] {
		list[i] = c.name
	}
	return columnSet{n, strings.Join(list, ", ")}
}

// cell is a value of a row. As a sql.Scanner it takes the driver's own value, which
// costs a third of what conversions by reflection do.
type cell struct {
	column  string // for messages
	numeric bool
	number  int64
	text    string
}

// Scan takes the driver's value. It fails with Internal, and names the column.
func (c *cell) Scan(value any) error {
	switch v := value.(type) {
	case nil:
		c.number, c.text = 0, ""
	case int64:
		if c.numeric {
			c.number = v
		} else {
			c.text = strconv.FormatInt(v, 10)
		}
	case uint64: // of a column that somebody else has made
		c.text = strconv.FormatUint(v, 10)
		return c.parse()
	case []byte: // MySQL's text, which often is that of the row before
		if string(v) != c.text {
			c.text = string(v)
		}
		return c.parse()
	case string: // SQLite's
		c.text = v
		return c.parse()
	default:
		return c.strange(fmt.Sprintf("a %T", v), nil)
	}
	return nil
}

// parse reads a number that a database keeps as text.
func (c *cell) parse() error {
	if !c.numeric {
		return nil
	}
	n, err := strconv.ParseInt(c.text, 10, 64)
	if err != nil {
		const most = 40 // bytes: more is no number anyway
		return c.strange(strconv.Quote(cut(c.text, most)), err)
	}
	c.number = n
	return nil
}

// strange is the error of a value that has no place in a batch.
func (c *cell) strange(found string, err error) error {
	want := "text"
	if c.numeric {
		want = "a whole number of at most 64 bits with its sign"
	}
	return sqlerr.Wrap(err, sqlerr.Internal, "the column %s of the table metadata has %s where %s is expected", c.column, found, want)
}

// reader reads rows of a set of columns.
type reader struct {
	cells []cell
	into  []any
}

func (s columnSet) reader() *reader {
	r := &reader{cells: make([]cell, s.n), into: make([]any, s.n)}
	for i := range r.cells {
		r.cells[i].column, r.cells[i].numeric = columns[i].name, columns[i].number != nil
		r.into[i] = &r.cells[i]
	}
	return r
}

// read makes b what a row has.
func (r *reader) read(rows *sql.Rows, b *Batch) error {
	if err := rows.Scan(r.into...); err != nil {
		return err
	}
	*b = Batch{}
	for i := range r.cells {
		switch c, v := &columns[i], &r.cells[i]; {
		case c.number != nil:
			c.number(b, v.number)
		case c.text != nil:
			*c.text(b) = v.text
		}
	}
	if b.Lease.Owner != "" {
		b.Lease.ID = b.ID
	} else {
		b.Lease = Lease{}
	}
	if b.State == initialized {
		b.State = Pending
	}
	if len(r.cells) < len(columns) {
		return nil
	}
	return b.unpack(r.cells[len(columns)-2].text, r.cells[len(columns)-1].text)
}

// unpack reads the settings and arguments.
func (b *Batch) unpack(conf, args string) error {
	if conf != "" {
		if err := json.Unmarshal([]byte(conf), &b.Conf); err != nil {
			return sqlerr.Wrap(err, sqlerr.Internal, "the settings of the batch %s can't be read", b.ID)
		}
	}
	if args != "" {
		if err := json.Unmarshal([]byte(args), &b.Args); err != nil {
			return sqlerr.Wrap(err, sqlerr.Internal, "the arguments of the batch %s can't be read", b.ID)
		}
	}
	return nil
}

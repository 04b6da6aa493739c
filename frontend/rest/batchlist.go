package rest

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/nekomata-sql/nekomata/api"
	"github.com/nekomata-sql/nekomata/batch"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// batchGroup is the routes of batches.
func (s *server) batchGroup() group {
	list, one := batchList{s}, oneBatch{s}
	return group{"/api/v1/batches", []route{
		{"", get(list.list).and(http.MethodPost, list.submit)},
		{"/reassign", post(list.reassign)},
		{"/{batchId}", get(one.info).and(http.MethodDelete, one.end)},
		{"/{batchId}/localLog", get(one.log)},
	}}
}

// batches is what serves batches, or an error when nothing does.
func (s *server) batches() (Batches, error) {
	if s.Batches == nil {
		return nil, sqlerr.New(sqlerr.Unsupported, "this gateway has no batches")
	}
	return s.Batches, nil
}

// batchList is all batches.
type batchList struct{ *server }

func (l batchList) list(c *APIRequestContext) error {
	batches, err := l.batches()
	if err != nil {
		return err
	}
	filter, err := c.batchFilter("")
	if err != nil {
		return err
	}
	page, byCursor, err := c.batchPage()
	if err != nil {
		return err
	}
	buf, giveBack := rowBuffer()
	text := newBatchText(buf)
	defer func() { giveBack(text.dst) }()
	var last batch.Cursor
	total, err := batches.Each(c.context(), filter, page, func(r *batch.Row) {
		text.add(r)
		last = r.Cursor()
	})
	if err != nil {
		return err
	}
	var next *string
	if byCursor {
		next = new(string)
		if text.n == page.Size {
			*next = fmt.Sprintf("%d-%d", last.Key, last.Created.UnixMilli())
		}
	}
	c.body(http.StatusOK, "application/json", text.end(page.From, total, next))
	return nil
}

// batchFilter reads which batches the query asks for; kind is the type unless it
// says one.
func (c *APIRequestContext) batchFilter(kind string) (batch.Filter, error) {
	query := c.request.URL.Query()
	f := batch.Filter{Type: query.Get("batchType"), State: query.Get("batchState"), User: query.Get("batchUser"), Name: query.Get("batchName")}
	if f.Type == "" {
		f.Type = kind
	}
	for name, into := range map[string]*time.Time{"createTime": &f.CreatedFrom, "endTime": &f.EndedBy} {
		ms, err := c.integer(name, 0)
		if err != nil {
			return f, err
		}
		if ms < 0 {
			return f, sqlerr.New(sqlerr.Invalid, "Invalid time range: %s must not be negative", name)
		}
		if ms > 0 {
			*into = time.UnixMilli(ms)
		}
	}
	return f, nil
}

// batchPage reads which part of the list the query asks for. byCursor says that
// it asks for cursors; "*" is the one before the first batch.
func (c *APIRequestContext) batchPage() (p batch.Page, byCursor bool, err error) {
	const standard, most, farthest = 100, 10_000, 1 << 31
	from, err := c.integer("from", 0)
	if err != nil {
		return p, false, err
	}
	size, err := c.integer("size", standard)
	if err != nil {
		return p, false, err
	}
	if from < 0 || from >= farthest {
		return p, false, sqlerr.New(sqlerr.Invalid, "from must be from 0 to %d, not %d", int64(farthest)-1, from)
	}
	if size < 1 || size > most {
		return p, false, sqlerr.New(sqlerr.Invalid, "size must be from 1 to %d, not %d", most, size)
	}
	p.From, p.Size, p.Brief = int(from), int(size), true
	query := c.request.URL.Query()
	switch text := query.Get("desc"); text {
	case "", "false":
	case "true":
		p.Desc = true
	default:
		return p, false, sqlerr.New(sqlerr.Invalid, "desc must be true or false, not %q", text)
	}
	cursor := query.Get("cursor")
	if cursor == "" || cursor == "*" {
		return p, cursor != "", nil
	}
	key, created, _ := strings.Cut(cursor, "-")
	p.After.Key, err = strconv.ParseInt(key, 10, 64)
	ms, wrong := strconv.ParseInt(created, 10, 64)
	if err != nil || wrong != nil || p.After.Key < 1 || ms < 0 {
		return p, true, sqlerr.New(sqlerr.Invalid, "cursor must be * or the nextCursor of another page, not %q", cursor)
	}
	p.After.Created = time.UnixMilli(ms)
	return p, true, nil
}

func (l batchList) reassign(c *APIRequestContext) error {
	batches, err := l.batches()
	if err != nil {
		return err
	}
	if err := c.admit(); err != nil {
		return err
	}
	var body api.ReassignBatchRequest
	if err := l.decode(c, &body); err != nil {
		return err
	}
	text, err := batches.Reassign(c.context(), body.KyuubiInstance)
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, api.ReassignBatchResponse{
		BatchIDs: []string{}, OriginalKyuubiInstance: body.KyuubiInstance, NewKyuubiInstance: l.instance(c), Message: text,
	})
}

// batchData is a batch as clients see it.
func batchData(b *batch.Info) api.Batch {
	d := api.Batch{
		ID: b.ID, User: b.User, BatchType: b.Type, Name: orNull(b.Name),
		AppStartTime: millis(b.App.Opened), AppID: orNull(b.App.ID), AppURL: orNull(b.App.URL), AppState: orNull(b.App.State),
		AppDiagnostic: orNull(b.App.Diagnostic), KyuubiInstance: orNull(b.Instance),
		State: string(b.State), CreateTime: millis(b.Created), EndTime: millis(b.Ended), BatchInfo: map[string]string{},
	}
	if b.Duplicated {
		d.BatchInfo[api.BatchDuplicated] = "true"
	}
	if b.Differs {
		d.BatchInfo[api.BatchDiffers] = "true"
	}
	return d
}

func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

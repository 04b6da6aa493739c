package client

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"path/filepath"
	"strconv"
	"time"

	"github.com/nekomata-sql/nekomata/api"
)

const batchesPath = "/api/v1/batches"

// SubmitBatch submits a batch. With a kyuubi.batch.id in its Conf it may be called
// again with the same request, after any failure and on any gateway: the batch runs
// once, and [Duplicated] tells whether it was there.
func (c *Client) SubmitBatch(ctx context.Context, req api.BatchRequest) (api.Batch, error) {
	return fetch[api.Batch](ctx, c, call{method: http.MethodPost, path: batchesPath, body: req})
}

// Duplicated says that a submission found its batch already there.
func Duplicated(b api.Batch) bool { return b.BatchInfo[api.BatchDuplicated] == "true" }

// File is a file to upload.
type File struct {
	// Name is its name on the gateway; it has no directory.
	Name string
	// Open begins to read it. It may be called more than once.
	Open func() (io.ReadCloser, error)
}

// UploadBatch submits a batch with files, which are read while they are sent. The
// resource may have no name, when the request names one; others are the extra files of
// api.BatchRequest.ExtraResourcesMap.
func (c *Client) UploadBatch(ctx context.Context, req api.BatchRequest, resource File, extra ...File) (api.Batch, error) {
	text, err := json.Marshal(req)
	if err != nil {
		return api.Batch{}, err
	}
	f := &form{request: text, resource: resource, extra: extra}
	return fetch[api.Batch](ctx, c, call{method: http.MethodPost, path: batchesPath, form: f})
}

// form is a submission with files, request first.
type form struct {
	request  []byte
	resource File
	extra    []File
}

// open begins to write the form, and returns what reads it, and its media type.
func (f *form) open() (io.Reader, string) {
	r, w := io.Pipe()
	m := multipart.NewWriter(w)
	go func() {
		err := f.write(m)
		if err == nil {
			err = m.Close()
		}
		w.CloseWithError(err)
	}()
	return r, m.FormDataContentType()
}

func (f *form) write(m *multipart.Writer) error {
	w, err := m.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {`form-data; name="batchRequest"`}, "Content-Type": {"application/json"},
	})
	if err != nil {
		return err
	}
	if _, err := w.Write(f.request); err != nil {
		return err
	}
	if f.resource.Name != "" {
		if err := f.resource.write(m, "resourceFile"); err != nil {
			return err
		}
	}
	for _, e := range f.extra {
		if err := e.write(m, e.Name); err != nil {
			return err
		}
	}
	return nil
}

func (f File) write(m *multipart.Writer, part string) error {
	w, err := m.CreateFormFile(part, filepath.Base(f.Name))
	if err != nil {
		return err
	}
	r, err := f.Open()
	if err != nil {
		return fmt.Errorf("upload %s: %w", f.Name, err)
	}
	defer r.Close()
	if _, err := io.Copy(w, r); err != nil {
		return fmt.Errorf("upload %s: %w", f.Name, err)
	}
	return nil
}

// BatchFilter picks batches. The zero value picks the first 100 that one may see.
type BatchFilter struct {
	// Type, State, User and Name must be equal; "" is any.
	Type, State, User, Name string
	// CreatedFrom is the earliest acceptance, EndedBy the latest end.
	CreatedFrom, EndedBy time.Time
	// From and Size pick a run. Size 0 means 100.
	From, Size int
	// Desc begins with the newest.
	Desc bool
	// Cursor is "*" for the first page of a list that is read to its end, and then the
	// NextCursor of the page before.
	Cursor string
}

func (f BatchFilter) query() url.Values {
	q := url.Values{}
	for name, value := range map[string]string{"batchType": f.Type, "batchState": f.State, "batchUser": f.User, "batchName": f.Name, "cursor": f.Cursor} {
		if value != "" {
			q.Set(name, value)
		}
	}
	for name, at := range map[string]time.Time{"createTime": f.CreatedFrom, "endTime": f.EndedBy} {
		if !at.IsZero() {
			q.Set(name, strconv.FormatInt(at.UnixMilli(), 10))
		}
	}
	for name, n := range map[string]int{"from": f.From, "size": f.Size} {
		if n > 0 {
			q.Set(name, strconv.Itoa(n))
		}
	}
	if f.Desc {
		q.Set("desc", "true")
	}
	return q
}

// Batches lists batches, oldest first.
func (c *Client) Batches(ctx context.Context, f BatchFilter) (api.GetBatchesResponse, error) {
	return fetch[api.GetBatchesResponse](ctx, c, get(batchesPath, f.query()))
}

// Batch describes a batch.
func (c *Client) Batch(ctx context.Context, batch string) (api.Batch, error) {
	return fetch[api.Batch](ctx, c, get(batchesPath+segment(batch), nil))
}

// BatchLog reads lines of a batch's log from the one numbered from on, or the last
// ones when from is negative; size 0 means up to 100.
func (c *Client) BatchLog(ctx context.Context, batch string, from int64, size int) (api.OperationLog, error) {
	q := url.Values{"from": {strconv.FormatInt(from, 10)}}
	if size != 0 {
		q.Set("size", strconv.Itoa(size))
	}
	return fetch[api.OperationLog](ctx, c, get(batchesPath+segment(batch)+"/localLog", q))
}

// CancelBatch ends a batch, and waits for its end for a while.
func (c *Client) CancelBatch(ctx context.Context, batch string) (api.CloseBatchResponse, error) {
	return fetch[api.CloseBatchResponse](ctx, c, call{method: http.MethodDelete, path: batchesPath + segment(batch)})
}

// CountBatches counts batches, of the type SPARK unless the filter names another. It
// is for administrators.
func (c *Client) CountBatches(ctx context.Context, f BatchFilter) (int64, error) {
	n, err := fetch[api.Count](ctx, c, get("/api/v1/admin/batch/count", f.query()))
	return n.Count, err
}

// ReassignBatches is Kyuubi's way to move the batches of a gateway that is gone;
// the answer says why there is nothing to move. It is for administrators.
func (c *Client) ReassignBatches(ctx context.Context, instance string) (api.ReassignBatchResponse, error) {
	return fetch[api.ReassignBatchResponse](ctx, c, call{
		method: http.MethodPost, path: batchesPath + "/reassign", body: api.ReassignBatchRequest{KyuubiInstance: instance},
	})
}

// AdoptBatch lets the gateways take over a batch that a Kyuubi server left behind. It
// is for administrators.
func (c *Client) AdoptBatch(ctx context.Context, batch string) (api.Batch, error) {
	return fetch[api.Batch](ctx, c, call{method: http.MethodPost, path: "/api/v1/admin/batches" + segment(batch) + "/adopt"})
}

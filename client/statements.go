package client

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/nekomata-sql/nekomata/api"
)

const statementsPath = "/api/v1/statements"

// RunStatement runs a statement without a session. When it does not end in time,
// the answer has no result; a statement that failed in time is an *Error.
func (c *Client) RunStatement(ctx context.Context, req api.StatementSubmission) (api.StatementAnswer, error) {
	return fetch[api.StatementAnswer](ctx, c, call{method: http.MethodPost, path: statementsPath, body: req})
}

// StatementFilter picks statements. The zero value picks the last 100 of one's own.
type StatementFilter struct {
	// States picks some states, such as "RUNNING"; empty means all.
	States []string
	// Since leaves out what was created before.
	Since time.Time
	// User picks somebody's, "*" everybody's, for administrators.
	User string
	// From and Size pick a run, the newest being number 0. Size 0 means 100.
	From, Size int
}

// Statements lists statements, newest first.
func (c *Client) Statements(ctx context.Context, f StatementFilter) (api.StatementList, error) {
	q := url.Values{}
	if len(f.States) > 0 {
		q.Set("state", strings.Join(f.States, ","))
	}
	if !f.Since.IsZero() {
		q.Set("createTime", strconv.FormatInt(f.Since.UnixMilli(), 10))
	}
	if f.User != "" {
		q.Set("user", f.User)
	}
	if f.From > 0 {
		q.Set("from", strconv.Itoa(f.From))
	}
	if f.Size > 0 {
		q.Set("size", strconv.Itoa(f.Size))
	}
	return fetch[api.StatementList](ctx, c, get(statementsPath, q))
}

// Statement describes a statement after waiting up to wait for its end.
func (c *Client) Statement(ctx context.Context, statement string, wait time.Duration) (api.StatementInfo, error) {
	return fetch[api.StatementInfo](ctx, c, get(statementsPath+segment(statement), url.Values{"wait": {seconds(wait)}}))
}

func seconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', -1, 64) }

// EndStatement cancels a statement that is at work and frees one that has ended;
// the state of the answer, CANCELED or CLOSED, tells which.
func (c *Client) EndStatement(ctx context.Context, statement string) (api.StatementInfo, error) {
	return fetch[api.StatementInfo](ctx, c, call{method: http.MethodDelete, path: statementsPath + segment(statement)})
}

// Place is a part of a result.
type Place struct {
	// Offset is the first row, Limit how many at most; 0 means 1000, or all of a stream.
	Offset, Limit int64
	// Wait is how long to wait for the rows; 0 means 10 seconds.
	Wait time.Duration
}

func (p Place) query() url.Values {
	q := url.Values{"offset": {strconv.FormatInt(p.Offset, 10)}}
	if p.Limit != 0 {
		q.Set("limit", strconv.FormatInt(p.Limit, 10))
	}
	if p.Wait != 0 {
		q.Set("wait", seconds(p.Wait))
	}
	return q
}

// StatementRows reads a page of a statement's result. Numbers are json.Number.
func (c *Client) StatementRows(ctx context.Context, statement string, p Place) (api.StatementRows, error) {
	return fetch[api.StatementRows](ctx, c, get(statementsPath+segment(statement)+"/result", p.query()))
}

// Media types of [Client.StatementResult].
const (
	NDJSON      = "application/x-ndjson"
	CSV         = "text/csv"
	ArrowStream = "application/vnd.apache.arrow.stream"
)

// StatementResult streams a statement's rows in the form of mediaType. Close the
// stream; an error other than io.EOF means that rows are missing.
func (c *Client) StatementResult(ctx context.Context, statement, mediaType string, p Place) (io.ReadCloser, error) {
	k := get(statementsPath+segment(statement)+"/result", p.query())
	k.accept = mediaType
	return c.stream(ctx, k)
}

// stream makes a request whose answer is read bit by bit.
func (c *Client) stream(ctx context.Context, k call) (io.ReadCloser, error) {
	resp, err := c.send(ctx, k, nil)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode/100 != 2 {
		defer resp.Body.Close()
		return nil, failure(resp)
	}
	return resp.Body, nil
}

// StatementLog reads lines of a statement's log from the one numbered offset on;
// length 0 means up to 1000.
func (c *Client) StatementLog(ctx context.Context, statement string, offset int64, length int) (api.StatementLog, error) {
	q := url.Values{"offset": {strconv.FormatInt(offset, 10)}}
	if length != 0 {
		q.Set("length", strconv.Itoa(length))
	}
	return fetch[api.StatementLog](ctx, c, get(statementsPath+segment(statement)+"/log", q))
}

// StatementEvent is one of a statement's events. Only the field that its name
// stands for is set.
type StatementEvent struct {
	// Name is "state", "progress", "log" or "error"; a later gateway may have more,
	// which come without anything else.
	Name     string
	State    *api.StatementInfo
	Progress *api.StatementProgress
	Log      *api.StatementLog
	Error    *api.Error
}

// StatementEvents tells what happens to a statement until it has ended. A
// failure comes last.
func (c *Client) StatementEvents(ctx context.Context, statement string) iter.Seq2[StatementEvent, error] {
	return func(yield func(StatementEvent, error) bool) {
		k := get(statementsPath+segment(statement)+"/events", nil)
		k.accept = "text/event-stream"
		body, err := c.stream(ctx, k)
		if err != nil {
			yield(StatementEvent{}, err)
			return
		}
		defer body.Close()
		readEvents(bufio.NewReader(body), yield)
	}
}

// readEvents reads a stream of events to its end.
func readEvents(lines *bufio.Reader, yield func(StatementEvent, error) bool) {
	var name string
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			if !errors.Is(err, io.EOF) {
				yield(StatementEvent{}, err)
			}
			return
		}
		line = strings.TrimSuffix(line, "\n")
		if text, ok := strings.CutPrefix(line, "event: "); ok {
			name = text
		}
		if data, ok := strings.CutPrefix(line, "data: "); ok {
			e, err := parseEvent(name, data)
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}

func parseEvent(name, data string) (StatementEvent, error) {
	e := StatementEvent{Name: name}
	var into any
	switch name {
	case "state":
		e.State = &api.StatementInfo{}
		into = e.State
	case "progress":
		e.Progress = &api.StatementProgress{}
		into = e.Progress
	case "log":
		e.Log = &api.StatementLog{}
		into = e.Log
	case "error":
		e.Error = &api.Error{}
		into = e.Error
	default:
		return e, nil
	}
	return e, json.Unmarshal([]byte(data), into)
}

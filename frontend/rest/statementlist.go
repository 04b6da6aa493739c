package rest

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nekomata-sql/nekomata/api"
	"github.com/nekomata-sql/nekomata/operation"
	"github.com/nekomata-sql/nekomata/session"
	"github.com/nekomata-sql/nekomata/sqlerr"
	stmt "github.com/nekomata-sql/nekomata/statement"
)

const statementsPath = "/api/v1/statements"

// Times of the statement resource.
const (
	defaultWait = 10 * time.Second
	longestWait = 10 * time.Minute
	longestRun  = 365 * 24 * time.Hour
)

// statementGroup is the routes of statements without a session.
func (s *server) statementGroup() group {
	list, one := statementList{s}, oneStatement{s}
	return group{statementsPath, []route{
		{"", get(list.list).and(http.MethodPost, list.submit)},
		{"/{statementId}", get(one.info).and(http.MethodDelete, one.end)},
		{"/{statementId}/result", next(one.result)},
		{"/{statementId}/log", get(one.log)},
		{"/{statementId}/events", next(one.events)},
	}}
}

// statements is what serves statements, or an error when nothing does.
func (s *server) statements() (Statements, error) {
	if s.Statements == nil {
		return nil, sqlerr.New(sqlerr.Unsupported, "this gateway runs statements in sessions only")
	}
	return s.Statements, nil
}

// statementList is all statements without a session.
type statementList struct{ *server }

func (l statementList) submit(c *APIRequestContext) error {
	statements, err := l.statements()
	if err != nil {
		return err
	}
	req, err := l.submission(c)
	if err != nil {
		return err
	}
	info, err := statements.Submit(c.context(), req)
	if err != nil {
		return err
	}
	c.Header().Set("Location", statementsPath+"/"+info.ID.String())
	switch {
	case info.Err != nil:
		return info.Err
	case info.State.Terminal():
		return l.answer(c, statements, &info)
	default:
		return c.json(http.StatusAccepted, api.StatementAnswer{StatementInfo: l.describe(c, &info)})
	}
}

// submission reads the request.
func (l statementList) submission(c *APIRequestContext) (stmt.Request, error) {
	var body api.StatementSubmission
	if err := l.decode(c, &body); err != nil {
		return stmt.Request{}, err
	}
	if strings.TrimSpace(body.Statement) == "" {
		return stmt.Request{}, sqlerr.New(sqlerr.Invalid, "statement is missing or empty: send the SQL to run")
	}
	user, err := actingUser(c.caller, body.Configs)
	if err != nil {
		return stmt.Request{}, err
	}
	req := stmt.Request{
		Session: session.Request{
			User: user, RealUser: c.caller.User, ClientAddress: c.client, ServerAddress: c.serverAddress(),
			ConnectionURL: l.instance(c), Frontend: frontendName, Conf: body.Configs,
		},
		SQL: body.Statement, Database: body.Database,
	}
	if n := body.MaxRows; n != nil {
		if req.MaxRows = *n; *n <= 0 {
			return stmt.Request{}, sqlerr.New(sqlerr.Invalid, "maxRows must be positive, not %d", *n)
		}
	}
	if req.Timeout, err = duration("timeout", body.Timeout, 0, longestRun); err != nil {
		return stmt.Request{}, err
	}
	req.Wait, err = duration("wait", body.Wait, defaultWait, longestWait)
	return req, err
}

// duration is a client's number of seconds, from 0 to longest; nil means def.
func duration(name string, seconds *float64, def, longest time.Duration) (time.Duration, error) {
	if seconds == nil {
		return def, nil
	}
	if n := *seconds; math.IsNaN(n) || n < 0 || n > longest.Seconds() {
		return 0, sqlerr.New(sqlerr.Invalid, "%s must be from 0 to %.0f seconds, not %v", name, longest.Seconds(), n)
	}
	return time.Duration(*seconds * float64(time.Second)), nil
}

// waitFor is the query parameter wait, in seconds.
func (c *APIRequestContext) waitFor(def time.Duration) (time.Duration, error) {
	text := c.request.URL.Query().Get("wait")
	if text == "" {
		return def, nil
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, sqlerr.New(sqlerr.Invalid, "wait must be a number of seconds, not %q", text)
	}
	return duration("wait", &n, def, longestWait)
}

// answer tells a statement that has ended, with its first rows.
func (l statementList) answer(c *APIRequestContext, statements Statements, info *stmt.Info) error {
	r, err := statements.Read(c.context(), info.ID, 0)
	if err != nil {
		return err
	}
	defer r.Close()
	page, err := r.Page(c.context(), operation.Range{MaxRows: l.pageRows(), MaxBytes: l.MaxFetchBytes})
	if err != nil {
		return err
	}
	defer page.Release()
	head, err := plainJSON(l.describe(c, info))
	if err != nil {
		return err
	}
	head[len(head)-1] = ','
	c.Header().Set("Content-Type", "application/json")
	_, _ = c.Write(append(head, `"result":`...))
	writeRows(c, page)
	_, _ = io.WriteString(c, "}")
	return nil
}

// plainJSON is v as JSON without HTML's escapes.
func plainJSON(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimRight(buf.Bytes(), "\n"), err
}

// pageRows is how many rows come without being asked for.
func (s *server) pageRows() int64 {
	const rows = 1000
	if s.MaxFetchRows > 0 {
		return min(rows, s.MaxFetchRows)
	}
	return rows
}

// writeRows writes a page as a [api.StatementRows].
func writeRows(w io.Writer, page *operation.Page) {
	rowWriter{base64: true, tail: func(dst []byte) []byte {
		dst = append(dst, `,"offset":`...)
		dst = strconv.AppendInt(dst, page.Start, 10)
		dst = append(dst, `,"total":`...)
		if page.Total < 0 {
			dst = append(dst, "null"...)
		} else {
			dst = strconv.AppendInt(dst, page.Total, 10)
		}
		dst = append(dst, `,"hasMore":`...)
		return strconv.AppendBool(dst, page.HasMore)
	}}.write(w, page)
}

func (l statementList) list(c *APIRequestContext) error {
	statements, err := l.statements()
	if err != nil {
		return err
	}
	f, err := statementFilter(c)
	if err != nil {
		return err
	}
	infos, total, err := statements.List(c.context(), f)
	if err != nil {
		return err
	}
	data := api.StatementList{From: f.From, Total: total, Statements: make([]api.StatementInfo, len(infos))}
	for i := range infos {
		data.Statements[i] = l.describe(c, &infos[i])
	}
	return c.json(http.StatusOK, data)
}

// listed are the states that a statement in a list can have.
var listed = []operation.State{
	operation.Pending, operation.Running, operation.Finished, operation.Error, operation.Canceled, operation.TimedOut,
}

func statementFilter(c *APIRequestContext) (stmt.Filter, error) {
	const standard, most = 100, 1000
	query := c.request.URL.Query()
	f := stmt.Filter{User: query.Get("user")}
	from, err := c.integer("from", 0)
	if err != nil {
		return f, err
	}
	size, err := c.integer("size", standard)
	if err != nil {
		return f, err
	}
	since, err := c.integer("createTime", 0)
	if err != nil {
		return f, err
	}
	switch {
	case from < 0:
		return f, sqlerr.New(sqlerr.Invalid, "from must not be negative, but is %d", from)
	case size < 1 || size > most:
		return f, sqlerr.New(sqlerr.Invalid, "size must be from 1 to %d, not %d", most, size)
	case since < 0:
		return f, sqlerr.New(sqlerr.Invalid, "createTime must be milliseconds since 1970, or 0 for any time, not %d", since)
	}
	f.From, f.Size = int(min(from, math.MaxInt32)), int(size)
	if since > 0 {
		f.Since = time.UnixMilli(since)
	}
	states := query.Get("state")
	if states == "" {
		return f, nil
	}
	for name := range strings.SplitSeq(states, ",") {
		i := slices.IndexFunc(listed, func(s operation.State) bool { return s.String() == name })
		if i < 0 {
			return f, sqlerr.New(sqlerr.Invalid, "state must be some of %v, not %q", listed, name)
		}
		f.States = append(f.States, listed[i])
	}
	return f, nil
}

// describe is a statement as clients see it.
func (s *server) describe(c *APIRequestContext, i *stmt.Info) api.StatementInfo {
	d := api.StatementInfo{
		Identifier: i.ID.String(), Statement: i.SQL, User: i.User, State: i.State.String(), KyuubiInstance: s.instance(c),
		CreateTime: millis(i.Created), StartTime: millis(i.Started), CompleteTime: millis(i.Completed), ExpireTime: millis(i.Expires),
		Error: exception(i.Err),
	}
	if p := i.Progress; p != nil && !i.State.Terminal() {
		d.Progress = &api.StatementProgress{Stage: p.Stage, Fraction: p.Fraction, Total: p.Total, Completed: p.Completed, Running: p.Running}
	}
	switch {
	case i.HasResultSet:
		d.Columns = columnDescs(i.Schema)
	case i.Described:
		d.Columns = []api.ColumnDesc{}
	}
	if i.Rows >= 0 {
		d.RowCount = &i.Rows
	}
	if i.ModifiedRows >= 0 {
		d.ModifiedRowCount = &i.ModifiedRows
	}
	return d
}

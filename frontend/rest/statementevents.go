package rest

import (
	"net/http"
	"reflect"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/nekomata-sql/nekomata/api"
	"github.com/nekomata-sql/nekomata/operation"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// Times of a stream of events.
const (
	eventInterval = 100 * time.Millisecond
	heartbeat     = 15 * time.Second
)

// events tells what happens to a statement, as server-sent events, until it has
// ended.
func (o oneStatement) events(c *APIRequestContext) error {
	statements, id, err := o.named(c)
	if err != nil {
		return err
	}
	s := eventStream{oneStatement: o, c: c, rc: http.NewResponseController(c), statements: statements, id: id}
	last := c.request.Header.Get("Last-Event-Id")
	if n, err := strconv.ParseInt(last, 10, 64); err == nil {
		s.offset = max(0, n)
	}
	info, err := statements.Wait(c.context(), id, 0)
	if err != nil {
		return err
	}
	if log, err := statements.Log(c.context(), id, s.offset, 1); last != "" && info.State.Terminal() && err == nil && len(log.Lines) == 0 {
		c.WriteHeader(http.StatusNoContent) // who comes back has heard it all: this keeps him from coming again
		return nil
	}
	c.Header().Set("Content-Type", "text/event-stream")
	c.Header().Set("Cache-Control", "no-store")
	c.Header().Set("X-Accel-Buffering", "no") // some proxies would collect them
	c.WriteHeader(http.StatusOK)
	defer s.rc.SetWriteDeadline(time.Time{}) //nolint:errcheck // as it was, if it can be set at all
	err = s.follow()
	if err != nil && c.context().Err() == nil {
		e := aboutSQL(sqlerr.From(err))
		// The statement has gone, or we have failed.
		return s.send("error", "", api.Error{Message: e.Message, Kind: e.Kind.String(), SQLState: e.SQLState(), RequestID: c.id})
	}
	return nil
}

// eventStream is one client that listens.
type eventStream struct {
	oneStatement
	c          *APIRequestContext
	rc         *http.ResponseController
	statements Statements
	id         uuid.UUID

	offset   int64 // the next line of the log
	sent     time.Time
	state    string
	columns  int
	progress *api.StatementProgress
}

// follow sends until the statement has ended or the client has gone.
func (s *eventStream) follow() error {
	for wait := time.Duration(0); s.c.context().Err() == nil; wait = eventInterval {
		info, err := s.statements.Wait(s.c.context(), s.id, wait)
		if err != nil {
			return err
		}
		if err := s.sendLog(); err != nil {
			return err
		}
		if err := s.sendState(s.describe(s.c, &info)); err != nil || info.State.Terminal() {
			return err
		}
		if time.Since(s.sent) >= heartbeat {
			if err := s.write([]byte(": heartbeat\n\n")); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *eventStream) sendLog() error {
	const some = 500
	for {
		log, err := s.statements.Log(s.c.context(), s.id, s.offset, some)
		if err != nil || len(log.Lines) == 0 {
			return err
		}
		s.offset = log.Next
		if err := s.send("log", strconv.FormatInt(s.offset, 10), logLines(log)); err != nil {
			return err
		}
	}
}

func logLines(p operation.LogPage) api.StatementLog {
	return api.StatementLog{LogRowSet: p.Lines, RowCount: len(p.Lines), Offset: p.Start, Total: p.Total}
}

// sendState tells a new state, or the columns once they are known, and progress.
func (s *eventStream) sendState(d api.StatementInfo) error {
	if p := d.Progress; p != nil && !reflect.DeepEqual(p, s.progress) {
		s.progress = p
		if err := s.send("progress", "", p); err != nil {
			return err
		}
	}
	if d.State == s.state && len(d.Columns) == s.columns {
		return nil
	}
	s.state, s.columns = d.State, len(d.Columns)
	return s.send("state", "", d)
}

// send sends an event. JSON has no line breaks, so it is one line of data.
func (s *eventStream) send(event, id string, v any) error {
	data, err := plainJSON(v)
	if err != nil {
		return err
	}
	text := "event: " + event + "\n"
	if id != "" {
		text += "id: " + id + "\n"
	}
	return s.write(append(append([]byte(text+"data: "), data...), '\n', '\n'))
}

func (s *eventStream) write(b []byte) error {
	s.sent = time.Now()
	_ = s.rc.SetWriteDeadline(s.sent.Add(stallTime))
	if _, err := s.c.Write(b); err != nil {
		return gone(err)
	}
	return gone(s.rc.Flush())
}

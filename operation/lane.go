package operation

import (
	"context"
	"sync"

	"github.com/nekomata-sql/nekomata/engine"
)

// lane is the one track of an engine connection: queries take turns on it, in
// the order in which clients asked, and where the engine can hold only one
// stream of rows, the unread rest of the result before is put into its spool
// first, so that every open operation of a session keeps its own whole result.
type lane struct {
	conn engine.Conn
	// streaming is the result whose rows still come from conn; only the holder of
	// the turn touches it.
	streaming *result

	mu   sync.Mutex
	last chan struct{} // closed when the last in line has left
}

// turn is a place in a lane's line.
type turn struct {
	before <-chan struct{} // closed when it is one's turn
	over   chan struct{}
}

func newLane(conn engine.Conn) *lane {
	l := &lane{conn: conn, last: make(chan struct{})}
	close(l.last)
	return l
}

// line takes the last place in the line.
func (l *lane) line() turn {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := turn{before: l.last, over: make(chan struct{})}
	l.last = t.over
	return t
}

// wait waits for the turn. Who gives up leaves the line in order: the next does not
// get ahead of those before.
func (t turn) wait(ctx context.Context) error {
	select {
	case <-t.before:
		return nil
	default:
	}
	select {
	case <-t.before:
		return nil
	case <-ctx.Done():
		go func() {
			<-t.before
			close(t.over)
		}()
		return context.Cause(ctx)
	}
}

func (t turn) leave() { close(t.over) }

// run executes q with the turn held.
func (l *lane) run(ctx context.Context, q engine.Query) (engine.Rows, error) {
	if l.streaming != nil && l.conn.SingleStream() {
		if err := l.streaming.drain(ctx); err != nil {
			return nil, err
		}
		l.streaming = nil
	}
	return l.conn.Run(ctx, q)
}

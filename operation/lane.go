package operation

import (
	"context"

	"github.com/nekomata-sql/nekomata/engine"
)

// lane is the one track of an engine connection: queries take turns on it, and
// where the engine can hold only one stream of rows, the unread rest of the
// result before is put into its spool first, so that every open operation of a
// session keeps its own whole result.
type lane struct {
	conn engine.Conn
	turn chan struct{}
	// streaming is the result whose rows still come from conn; only the holder of
	// the turn touches it.
	streaming *result
}

func newLane(conn engine.Conn) *lane {
	return &lane{conn: conn, turn: make(chan struct{}, 1)}
}

// enter waits for the turn.
func (l *lane) enter(ctx context.Context) error {
	select {
	case l.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (l *lane) leave() { <-l.turn }

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

package frontend

import (
	"context"
	"net"
	"runtime/debug"
	"time"
)

// FullRefuser is a [ConnHandler] that has words for clients who come when there are
// as many connections as there may be.
type FullRefuser interface {
	// RefuseFull tells the client so. It must return within a second or two, and
	// logs nothing: they may be many. The caller closes conn.
	RefuseFull(ctx context.Context, conn net.Conn)
}

// maxTold is how many clients at a time are told that the limit is reached. In a flood
// the others are cut off: they must not cost what the limit saves.
const maxTold = 16

// toldWithin bounds what one of them takes, TLS included.
const toldWithin = 2 * time.Second

// turnAway closes a connection beyond the limit, most often with words.
func (s *ThriftFrontendService) turnAway(ctx context.Context, conn net.Conn) {
	h, ok := s.opts.Handler.(FullRefuser)
	if !ok {
		_ = conn.Close()
		return
	}
	select {
	case s.telling <- struct{}{}:
	default:
		_ = conn.Close()
		return
	}
	ctx, stop := context.WithTimeout(ctx, toldWithin)
	cut := context.AfterFunc(ctx, func() { _ = conn.Close() })
	s.wg.Go(func() {
		defer func() {
			if p := recover(); p != nil {
				s.opts.Log.Error("refusing a connection panicked", "service", s.String(), "panic", p, "stack", string(debug.Stack()))
			}
			cut()
			stop()
			_ = conn.Close()
			<-s.telling
		}()
		if s.opts.TLS != nil {
			if conn := s.secure(ctx, conn); conn != nil {
				h.RefuseFull(ctx, conn)
			}
			return
		}
		h.RefuseFull(ctx, conn)
	})
}

package frontend

import (
	"context"
	"net"
	"sync/atomic"
	"time"
)

// Bounds of the pause after a connection could not be accepted.
const (
	minPause = 5 * time.Millisecond
	maxPause = time.Second
)

// backoff is a pause that doubles each time. The zero value starts at the minimum.
type backoff struct{ next time.Duration }

// wait pauses, or returns early when ctx is done.
func (b *backoff) wait(ctx context.Context) {
	b.next = min(max(2*b.next, minPause), maxPause)
	t := time.NewTimer(b.next)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

func load(p *atomic.Pointer[net.Addr]) net.Addr {
	if a := p.Load(); a != nil {
		return *a
	}
	return nil
}

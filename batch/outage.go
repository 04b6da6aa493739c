package batch

import (
	"context"
	"log/slog"
	"time"
)

// outage tells once when something begins to fail, and once when it works again.
type outage struct {
	log   *slog.Logger
	what  string
	since time.Time
}

// note takes the result of an attempt.
func (o *outage) note(ctx context.Context, err error) {
	switch {
	case err == nil && !o.since.IsZero():
		o.log.Info("batches: it works again", "what", o.what, "after", time.Since(o.since).Round(time.Millisecond))
		o.since = time.Time{}
	case err != nil && o.since.IsZero() && ctx.Err() == nil:
		o.log.Warn("batches: something fails, and will be tried again", "what", o.what, "error", err)
		o.since = time.Now()
	}
}

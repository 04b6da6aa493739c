package frontend

import (
	"log/slog"
	"net/http"
	"time"
)

// WrapOptions says what is put around an http.Handler. The zero value adds the
// headers that do no harm, and nothing else.
type WrapOptions struct {
	// BodyTimeout is how long a client may pause in the middle of a request's body.
	// Answers have no limit. 0 is no limit.
	BodyTimeout time.Duration
	// Inflate unpacks bodies that come with gzip.
	Inflate bool
	// CompressFrom is the size in bytes from which answers are compressed for clients
	// that take gzip or zstd; 0 is never. Flushing still sends at once what was written.
	CompressFrom int
	// Origins are the web origins whose pages may call, as "https://host:port"; "*" is
	// all. Empty is none but the server's own.
	Origins []string
	// HSTS is how long browsers shall come by HTTPS only, told over TLS; 0 is not told.
	HSTS time.Duration
	// Log is where requests go that the handler doesn't see; nil discards them.
	Log *slog.Logger
}

// Wrap puts the chain around h: headers, then cross-origin calls, then the time
// limit for bodies, then what unpacks them, then compression. The writers that h gets can all be flushed
// and unwrapped by an http.ResponseController.
func Wrap(h http.Handler, opts WrapOptions) (http.Handler, error) {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.CompressFrom > 0 {
		var err error
		if h, err = compress(h, opts.CompressFrom); err != nil {
			return nil, err
		}
	}
	if opts.Inflate {
		h = inflate(h)
	}
	if opts.BodyTimeout > 0 {
		h = limitBody(h, opts.BodyTimeout)
	}
	if len(opts.Origins) > 0 {
		h = newCORS(h, opts.Origins, opts.Log)
	}
	return headers(h, opts.HSTS), nil
}

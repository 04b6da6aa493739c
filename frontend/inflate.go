package frontend

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
)

// inflate unpacks bodies that come with gzip. How much may come out is for whoever
// reads them to say; other encodings are too.
func inflate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch encoding := r.Header.Get("Content-Encoding"); {
		case strings.EqualFold(encoding, "identity"): // not at all
			r.Header.Del("Content-Encoding")
			next.ServeHTTP(w, r)
			return
		case !strings.EqualFold(encoding, "gzip"):
			next.ServeHTTP(w, r)
			return
		}
		packed := &gzipBody{packed: r.Body}
		defer packed.release()
		r.Body, r.ContentLength = packed, -1
		r.Header.Del("Content-Encoding")
		r.Header.Del("Content-Length")
		next.ServeHTTP(w, r)
	})
}

var gzipReaders = sync.Pool{New: func() any { return new(gzip.Reader) }}

// gzipBody begins to read when somebody wants to know.
type gzipBody struct {
	packed io.ReadCloser
	r      *gzip.Reader
	err    error
}

// Read gives what is unpacked. What is no gzip fails.
func (b *gzipBody) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	if b.r == nil {
		b.r, _ = gzipReaders.Get().(*gzip.Reader)
		if b.err = b.r.Reset(b.packed); b.err != nil {
			if errors.Is(b.err, io.EOF) { // an empty body is no gzip either
				b.err = io.ErrUnexpectedEOF
			}
			return 0, b.err
		}
	}
	n, err := b.r.Read(p)
	b.err = err
	return n, err
}

// Close closes the packed body.
func (b *gzipBody) Close() error { return b.packed.Close() }

// release gives the reader back; the body reads no more.
func (b *gzipBody) release() {
	if b.r != nil {
		gzipReaders.Put(b.r)
		b.r, b.err = nil, http.ErrBodyReadAfterClose
	}
}

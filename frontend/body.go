package frontend

import (
	"errors"
	"io"
	"net/http"
	"time"
)

// minRate is the least average speed of a body in bytes a second, so that a client
// that sends a byte now and then does not hold its place for days.
const minRate = 1 << 10

// limitBody bounds the time for which a request's body is waited for. Neither the
// time between two reads counts nor that for the answer.
func limitBody(next http.Handler, pause time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body != nil && r.Body != http.NoBody {
			b := &body{ReadCloser: r.Body, control: http.NewResponseController(w), pause: pause, streams: r.ProtoMajor > 1}
			b.begin()
			r.Body = b
		}
		next.ServeHTTP(w, r)
	})
}

// body is a request's body whose reads have a time limit.
type body struct {
	io.ReadCloser
	control *http.ResponseController
	pause   time.Duration
	// streams says that the limit is one of a stream in HTTP/2, where it breaks the
	// body when it passes, read or not. In HTTP/1 it is the connection's and means
	// nothing to anybody who isn't reading.
	streams bool
	waited  time.Duration // in reads
	bytes   int64
	ended   bool
}

// begin sets the limit for those who read the body without asking: the server
// itself does, when the handler has left some of it.
func (b *body) begin() {
	if !b.streams {
		_ = b.control.SetReadDeadline(time.Now().Add(b.pause))
	}
}

// Read fails with os.ErrDeadlineExceeded when the client takes too long.
func (b *body) Read(p []byte) (int, error) {
	if b.ended {
		return b.ReadCloser.Read(p)
	}
	began := time.Now()
	spare := b.pause + time.Duration(b.bytes/minRate)*time.Second - b.waited
	_ = b.control.SetReadDeadline(began.Add(min(b.pause, spare)))
	n, err := b.ReadCloser.Read(p)
	b.waited += time.Since(began)
	b.bytes += int64(n)
	b.ended = errors.Is(err, io.EOF)
	// From the end on, the server reads to learn when the client leaves; that may
	// take as long as the answer.
	if b.ended || b.streams && err == nil {
		_ = b.control.SetReadDeadline(time.Time{})
	}
	return n, err
}

package hs2

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/apache/thrift/lib/go/thrift"
)

const (
	frameHeader = 4        // bytes of a frame's length
	firstChunk  = 64 << 10 // what is allocated for a frame before any of it has come
	readSize    = 1 << 10  // what waits to be read; most calls fit, and what is longer is read past it
	keepBuffer  = 16 << 10 // buffers larger than this are given back after use
)

// errTooLong ends a message without frame that goes on beyond the limit.
var errTooLong = errors.New("the message is longer than the limit")

// frameError is a frame that can't be read; its text is for the log.
type frameError struct{ text string }

func (e *frameError) Error() string { return e.text }

// wire is both ends of the Thrift transport of one connection: it gives the bytes
// of one call and collects those of one answer. It is a thrift.TRichTransport.
type wire struct {
	r *bufio.Reader
	// framed says that a call is in memory as a whole before it is read, so that the
	// next one is found whatever is in it.
	framed bool
	prefix int // bytes of an answer's frame header, or 0

	frame []byte // the rest of the call, when framed
	left  int    // how many bytes the call may still have, when not
	buf   []byte // holds frame; reused
	out   []byte // the answer, with room for its frame header

	lender *buffers // takes back a large out
}

var _ thrift.TRichTransport = (*wire)(nil)

// readFrame reads the next frame. Its length is checked before anything is
// allocated, and memory grows with what arrives, not with what was announced.
func (w *wire) readFrame(limit int) error {
	head, err := w.r.Peek(frameHeader)
	if err != nil {
		if len(head) > 0 && errors.Is(err, io.EOF) {
			return io.ErrUnexpectedEOF
		}
		return err
	}
	size := binary.BigEndian.Uint32(head)
	if size > uint32(limit) {
		return &frameError{fmt.Sprintf("a frame of %d bytes exceeds the limit of %d", size, limit)}
	}
	_, _ = w.r.Discard(frameHeader)
	want := int(size)
	b := w.buf[:0]
	for len(b) < want {
		have := len(b)
		// Double what is there: a claim costs no more than its sender has paid.
		more := min(want-have, max(have, firstChunk))
		b = slices.Grow(b, more)[:have+more]
		if _, err := io.ReadFull(w.r, b[have:]); err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return err
		}
	}
	w.buf, w.frame = b, b
	return nil
}

// begin readies the wire for the next call. It blocks until the call has begun to
// arrive.
func (w *wire) begin(limit int) error {
	if w.framed {
		return w.readFrame(limit)
	}
	w.left = limit
	_, err := w.r.Peek(1)
	return err
}

// done gives back what the last call and answer held beyond the usual.
func (w *wire) done() {
	w.frame = nil
	if cap(w.buf) > keepBuffer {
		w.buf = nil
	}
	if cap(w.out) > keepBuffer {
		w.lender.give(w.out)
		w.out = nil
	}
}

// reset starts a new answer.
func (w *wire) reset() {
	var header [frameHeader]byte
	w.out = append(w.out[:0], header[:w.prefix]...)
}

// finish completes the answer and returns its bytes.
func (w *wire) finish() ([]byte, error) {
	if w.prefix == 0 {
		return w.out, nil
	}
	size := len(w.out) - frameHeader
	if size > math.MaxInt32 {
		return nil, &frameError{fmt.Sprintf("an answer of %d bytes does not fit one frame", size)}
	}
	binary.BigEndian.PutUint32(w.out, uint32(size))
	return w.out, nil
}

// Read gives bytes of the call.
func (w *wire) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if w.framed {
		if len(w.frame) == 0 {
			return 0, io.ErrUnexpectedEOF
		}
		n := copy(p, w.frame)
		w.frame = w.frame[n:]
		return n, nil
	}
	if w.left == 0 {
		return 0, errTooLong
	}
	n, err := w.r.Read(p[:min(len(p), w.left)])
	w.left -= n
	return n, err
}

// ReadByte gives one byte of the call.
func (w *wire) ReadByte() (byte, error) {
	if w.framed && len(w.frame) > 0 {
		b := w.frame[0]
		w.frame = w.frame[1:]
		return b, nil
	}
	if w.framed {
		return 0, io.ErrUnexpectedEOF
	}
	if w.left == 0 {
		return 0, errTooLong
	}
	w.left--
	return w.r.ReadByte()
}

// RemainingBytes bounds what the call may still hold, for the decoder's checks.
func (w *wire) RemainingBytes() uint64 {
	if w.framed {
		return uint64(len(w.frame))
	}
	return uint64(w.left)
}

// Write collects bytes of the answer.
func (w *wire) Write(p []byte) (int, error) {
	w.out = append(w.out, p...)
	return len(p), nil
}

// WriteByte collects one byte of the answer.
func (w *wire) WriteByte(b byte) error {
	w.out = append(w.out, b)
	return nil
}

// WriteString collects text of the answer.
func (w *wire) WriteString(s string) (int, error) {
	w.out = append(w.out, s...)
	return len(s), nil
}

// Flush does nothing: an answer is sent whole, when it is complete.
func (w *wire) Flush(context.Context) error { return nil }

// Open does nothing: the connection was accepted.
func (w *wire) Open() error { return nil }

// IsOpen is true as long as anybody asks.
func (w *wire) IsOpen() bool { return true }

// Close does nothing: the connection isn't the wire's.
func (w *wire) Close() error { return nil }

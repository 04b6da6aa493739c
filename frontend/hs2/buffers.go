package hs2

import "sync"

// largestKept bounds the buffers that are kept for other connections' answers.
const largestKept = 8 << 20

// buffers lends memory for large answers to the connections that have one to write:
// fresh pages from the system cost several times what filling them does, and to
// keep some for each of thousands of idle connections would cost more.
type buffers struct{ pool sync.Pool }

// grow returns b with room for n more bytes.
func (p *buffers) grow(b []byte, n int) []byte {
	if cap(b)-len(b) >= n || len(b)+n <= keepBuffer {
		return b
	}
	lent, _ := p.pool.Get().(*[]byte)
	if lent == nil || cap(*lent) < len(b)+n {
		fresh := make([]byte, 0, roundUp(len(b)+n))
		lent = &fresh
	}
	return append((*lent)[:0], b...)
}

// give takes back what grow has lent.
func (p *buffers) give(b []byte) {
	if cap(b) > keepBuffer && cap(b) <= largestKept {
		p.pool.Put(&b)
	}
}

// roundUp makes sizes few, so that the next answer, which is a little larger,
// finds a buffer.
func roundUp(n int) int {
	const step = 256 << 10
	return (n + step - 1) / step * step
}

package operation

import (
	"encoding/binary"
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// Most numbers of a batch are near each other, and most texts are short. In the file
// the values of 8 and of 16 bytes are written as how far they are from the first, in as
// few bytes as that takes, and the offsets of texts as lengths, behind 8 bytes that say
// what they count from: to make less of them costs a third of what the system takes for
// what is left out.

// narrowing says how a buffer is written: 0 as it is, otherwise with the bytes of a
// value in the file in its lower half and what the values are in the upper one.
type narrowing uint8

const (
	nearWords  narrowing = 1 << 4 // of 8 bytes
	nearWides  narrowing = 2 << 4 // of 16 bytes, of which the upper 8 are only the sign
	shortTexts narrowing = 3 << 4 // of 4 bytes

	widthMask narrowing = 1<<4 - 1
)

// baseSize is what comes before narrow values.
const baseSize = 8

// packer has the memory of what has been made narrow.
type packer struct {
	room  []byte
	saved int64 // bytes
}

// take returns room for n bytes, behind a base.
func (p *packer) take(n int, base int64) (all, values []byte) {
	const some = 128 << 10
	n += baseSize
	if cap(p.room)-len(p.room) < n {
		p.room = make([]byte, 0, max(n, some)) // what is in use stays where it is
	}
	at := len(p.room)
	p.room = p.room[:at+n]
	all = p.room[at : at+n : at+n]
	binary.LittleEndian.PutUint64(all, uint64(base))
	return all, all[baseSize:]
}

// narrow makes less of buffer i of a column, which begins with its first row. It answers 0
// when it can't.
func (p *packer) narrow(d arrow.ArrayData, i int) ([]byte, narrowing) {
	rows := d.Len()
	if i != 1 || rows == 0 {
		return nil, 0
	}
	buffer := d.Buffers()[1].Bytes()
	switch d.DataType().ID() {
	case arrow.INT64, arrow.UINT64, arrow.TIMESTAMP, arrow.TIME64, arrow.DATE64, arrow.DURATION:
		if len(buffer) >= 8*rows {
			return p.narrowWords(arrow.Int64Traits.CastFromBytes(buffer)[:rows], nearWords, 1)
		}
	case arrow.DECIMAL128:
		if len(buffer) >= 16*rows {
			return p.narrowWords(arrow.Int64Traits.CastFromBytes(buffer)[:2*rows], nearWides, 2)
		}
	case arrow.STRING, arrow.BINARY:
		if len(buffer) >= 4*(rows+1) {
			return p.narrowOffsets(arrow.Int32Traits.CastFromBytes(buffer)[:rows+1])
		}
	default:
	}
	return nil, 0
}

// narrowWords takes every so many of the words, 1 or 2, from the first on.
func (p *packer) narrowWords(all []int64, kind narrowing, step int) ([]byte, narrowing) {
	const some = 256 // a look in between saves the rest where it is of no use
	base, far := all[0], uint64(0)
	for rest := all; len(rest) > 0; rest = rest[min(some, len(rest)):] {
		if step == 1 {
			far |= farthest(rest[:min(some, len(rest))], base)
		} else {
			far |= farthestWide(rest[:min(some, len(rest))], base)
		}
		if far > math.MaxInt32 {
			return nil, 0
		}
	}
	width := widthOf(far)
	made, out := p.take(width*(len(all)/step), base)
	switch width {
	case 1:
		for k := range out {
			out[k] = byte(all[step*k] - base)
		}
	case 2:
		for ; len(all) >= 4*step && len(out) >= 8; all, out = all[4*step:], out[8:] {
			a, b, c, d := four(all, step)
			binary.LittleEndian.PutUint64(out, uint64(uint16(a-base))|uint64(uint16(b-base))<<16|uint64(uint16(c-base))<<32|uint64(d-base)<<48)
		}
		for k := range len(out) / 2 {
			binary.LittleEndian.PutUint16(out[2*k:], uint16(all[step*k]-base))
		}
	default:
		for ; len(all) >= 4*step && len(out) >= 16; all, out = all[4*step:], out[16:] {
			a, b, c, d := four(all, step)
			binary.LittleEndian.PutUint64(out, uint64(uint32(a-base))|uint64(b-base)<<32)
			binary.LittleEndian.PutUint64(out[8:], uint64(uint32(c-base))|uint64(d-base)<<32)
		}
		for k := range len(out) / 4 {
			binary.LittleEndian.PutUint32(out[4*k:], uint32(all[step*k]-base))
		}
	}
	return made, kind | narrowing(width)
}

// four are the first words of those that are taken.
func four(all []int64, step int) (a, b, c, d int64) {
	if step == 1 {
		w := (*[4]int64)(all)
		return w[0], w[1], w[2], w[3]
	}
	w := (*[8]int64)(all)
	return w[0], w[2], w[4], w[6]
}

// farthest has the bits of all magnitudes of differences from the base.
func farthest(all []int64, base int64) (far uint64) {
	rest := all
	for ; len(rest) >= 4; rest = rest[4:] {
		w := (*[4]int64)(rest)
		far |= magnitude(w[0]-base) | magnitude(w[1]-base) | magnitude(w[2]-base) | magnitude(w[3]-base)
	}
	for _, v := range rest {
		far |= magnitude(v - base)
	}
	return far
}

// farthestWide is farthest of every other word; the word behind it must be its sign.
func farthestWide(all []int64, base int64) (far uint64) {
	odd := int64(0)
	rest := all
	for ; len(rest) >= 4; rest = rest[4:] {
		w := (*[4]int64)(rest)
		far |= magnitude(w[0]-base) | magnitude(w[2]-base)
		odd |= (w[0]>>63 ^ w[1]) | (w[2]>>63 ^ w[3])
	}
	if len(rest) >= 2 {
		far |= magnitude(rest[0] - base)
		odd |= rest[0]>>63 ^ rest[1]
	}
	if odd != 0 {
		return math.MaxUint64
	}
	return far
}

// magnitude has the bits that a difference needs besides its sign. One that overflows needs
// all of them, or it is the right one all the same: adding it overflows back.
func magnitude(d int64) uint64 { return uint64(d ^ d>>63) }

func (p *packer) narrowOffsets(all []int32) ([]byte, narrowing) {
	longest, before := int32(0), all[0]
	for _, v := range all[1:] {
		longest = max(longest, v-before)
		before = v
	}
	width := widthOf(uint64(longest))
	if width > 2 {
		return nil, 0
	}
	made, out := p.take(width*(len(all)-1), int64(all[0]))
	before = all[0]
	if width == 1 {
		for k, v := range all[1:] {
			out[k] = byte(v - before)
			before = v
		}
	} else {
		for k, v := range all[1:] {
			binary.LittleEndian.PutUint16(out[2*k:], uint16(v-before))
			before = v
		}
	}
	return made, shortTexts | narrowing(width)
}

// widthOf is how many bytes numbers with a sign are written with: 1, 2 or 4.
func widthOf(magnitude uint64) int {
	switch {
	case magnitude <= math.MaxInt8:
		return 1
	case magnitude <= math.MaxInt16:
		return 2
	default:
		return 4
	}
}

// widen makes what narrow was given of what it has made. It returns nil for what it
// can't have made.
func (how narrowing) widen(b []byte) *memory.Buffer {
	width := int(how & widthMask)
	if width != 1 && width != 2 && width != 4 || len(b) < baseSize || len(b)%width != 0 {
		return nil
	}
	base := int64(binary.LittleEndian.Uint64(b))
	b = b[baseSize:]
	n := len(b) / width
	value := func(k int) int64 {
		switch width {
		case 1:
			return int64(int8(b[k]))
		case 2:
			return int64(int16(binary.LittleEndian.Uint16(b[2*k:])))
		default:
			return int64(int32(binary.LittleEndian.Uint32(b[4*k:])))
		}
	}
	switch how &^ widthMask {
	case nearWords:
		out := make([]byte, 8*n)
		for k := range n {
			binary.LittleEndian.PutUint64(out[8*k:], uint64(base+value(k)))
		}
		return memory.NewBufferBytes(out)
	case nearWides:
		out := make([]byte, 16*n)
		for k := range n {
			v := base + value(k)
			binary.LittleEndian.PutUint64(out[16*k:], uint64(v))
			binary.LittleEndian.PutUint64(out[16*k+8:], uint64(v>>63))
		}
		return memory.NewBufferBytes(out)
	case shortTexts:
		out := make([]byte, 4*(n+1))
		for k := range n + 1 {
			if base < 0 || base > math.MaxInt32 {
				return nil
			}
			binary.LittleEndian.PutUint32(out[4*k:], uint32(base))
			if k < n {
				base += value(k)
			}
		}
		return memory.NewBufferBytes(out)
	default:
		return nil
	}
}

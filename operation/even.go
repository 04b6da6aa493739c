package operation

import (
	"encoding/binary"
	"math"

	"github.com/apache/arrow-go/v18/arrow/memory"
)

// Numbers that count evenly (ids, a time for each second, the offsets of texts of one
// length) are not written at all: where they begin, the step and their number say
// everything. To see that they do takes less than to make them narrow, and to see that
// they don't takes a look at the first few.

const (
	// evenSize is what is written of even numbers: the first, the step, how many.
	evenSize = 24
	// evenLeast is how many they must be: fewer take hardly more as they are.
	evenLeast = 32
	// evenMost is how many they may be, so that a damaged file can't ask for more memory
	// than there is.
	evenMost = 1 << 20
)

// even writes numbers that go on from base in steps, as the width 0 of their kind.
func (p *packer) even(base, step int64, n int, kind narrowing) ([]byte, narrowing) {
	made, rest := p.take(evenSize-baseSize, base)
	binary.LittleEndian.PutUint64(rest, uint64(step))
	binary.LittleEndian.PutUint64(rest[8:], uint64(n))
	return made, kind
}

// isEven says whether numbers are all the same step apart, whatever overflows on the way,
// and neither few nor too many.
func isEven[T int32 | int64](all []T) bool {
	if len(all) < evenLeast || len(all) > evenMost {
		return false
	}
	step, off := all[1]-all[0], T(0)
	rest := all
	for ; len(rest) > 4 && off == 0; rest = rest[4:] {
		w := (*[5]T)(rest)
		off = (w[1] - w[0] ^ step) | (w[2] - w[1] ^ step) | (w[3] - w[2] ^ step) | (w[4] - w[3] ^ step)
	}
	for i := 1; i < len(rest) && off == 0; i++ {
		off = rest[i] - rest[i-1] ^ step
	}
	return off == 0
}

// isEvenWide is isEven for every other word; the word behind it must be its sign.
func isEvenWide(all []int64) bool {
	if len(all) < 2*evenLeast || len(all) > 2*evenMost {
		return false
	}
	step, off := all[2]-all[0], all[0]>>63^all[1]
	rest := all
	for ; len(rest) >= 6 && off == 0; rest = rest[4:] {
		w := (*[6]int64)(rest)
		off = (w[2] - w[0] ^ step) | (w[4] - w[2] ^ step) | (w[2]>>63 ^ w[3]) | (w[4]>>63 ^ w[5])
	}
	if len(rest) >= 4 {
		off |= (rest[2] - rest[0] ^ step) | (rest[2]>>63 ^ rest[3])
	}
	return off == 0
}

// spread makes even numbers of what even has written, or nil of what it can't have.
func (how narrowing) spread(b []byte) *memory.Buffer {
	if len(b) != evenSize {
		return nil
	}
	value, step := int64(binary.LittleEndian.Uint64(b)), int64(binary.LittleEndian.Uint64(b[8:]))
	n := binary.LittleEndian.Uint64(b[16:])
	if n > evenMost {
		return nil
	}
	var out []byte
	switch how {
	case nearWords:
		out = make([]byte, 0, 8*n)
		for range n {
			out = binary.LittleEndian.AppendUint64(out, uint64(value))
			value += step
		}
	case nearWides:
		out = make([]byte, 0, 16*n)
		for range n {
			out = binary.LittleEndian.AppendUint64(out, uint64(value))
			out = binary.LittleEndian.AppendUint64(out, uint64(value>>63))
			value += step
		}
	case shortTexts:
		if value < 0 || value > math.MaxInt32 || step < 0 || step > (math.MaxInt32-value)/int64(max(n, 1)) {
			return nil
		}
		out = make([]byte, 0, 4*n)
		for range n {
			out = binary.LittleEndian.AppendUint32(out, uint32(value))
			value += step
		}
	default:
		return nil
	}
	return memory.NewBufferBytes(out)
}

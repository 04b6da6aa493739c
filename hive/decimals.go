package hive

import (
	"encoding/binary"

	"github.com/apache/arrow-go/v18/arrow/decimal128"
)

// Decimals writes the decimals of one scale. It remembers the last number but for its
// last three figures, since the next one is often near; so keep it for a whole array.
type Decimals struct {
	scale int
	// Where the last three figures go, the first lowest: those of first stay, those of
	// second go behind the point.
	first, second, point uint64

	last uint64 // the last number that was written the long way

	// What is remembered: the text before the last three figures and the point among
	// them, behind the length of the whole.
	span  uint64 // how many numbers share it: 1000, or 0 when nothing is remembered
	least uint64 // the magnitude of the first of them
	high  uint64 // the number's upper word, which is but its sign
	head  [headRoom]byte
	tail  int // where the rest begins in a cell
	size  int // of a cell
}

// headRoom is a length, a sign and eleven figures or ten and a point.
const headRoom = 16

// NewDecimals readies for decimals of a scale.
func NewDecimals(scale int) Decimals {
	const three = 0xff_ffff
	d := Decimals{scale: scale, first: three}
	if scale == 1 || scale == 2 {
		before := 8 * (3 - scale)
		d.first = three >> (8 * scale)
		d.second = three &^ d.first
		d.point = '.' << before
	}
	return d
}

// DecimalCell is as much as any number of 64 bits takes, and DecimalSlack what
// [Decimals.PutCells] may write to behind the last.
const (
	DecimalCell  = cellLength + 20
	DecimalSlack = cellLength + ScaledRoom
)

// cellLength is the length of what says how long a cell's text is.
const cellLength = 4

// PutCells writes numbers to the front of out, each as text in the form of [AppendScaled]
// behind the text's length, four bytes of which the highest comes first. It stops
// at a number that [PutScaled] does not know, or when out has less room than
// DecimalSlack, and returns how many numbers it has written, and how many bytes.
func (d *Decimals) PutCells(out []byte, values []decimal128.Num) (n, size int) {
	for n < len(values) && len(out)-size >= DecimalSlack {
		low, high := values[n].LowBits(), uint64(values[n].HighBits())
		magnitude := (low ^ high) - high // if high is nothing but the sign
		if magnitude-d.least < d.span && high == d.high {
			more := d.putNear(out[size:], values[n:])
			n += more
			size += more * d.size
			continue
		}
		cell := (*[DecimalSlack]byte)(out[size:])
		length := 0
		if high == 0 || high+1 == 0 && low != 0 {
			length = PutScaled((*[ScaledRoom]byte)(cell[cellLength:]), magnitude, high != 0, d.scale)
		}
		if length == 0 {
			break
		}
		binary.BigEndian.PutUint32(cell[:], uint32(length))
		const near = 10_000 // to remember numbers that are far from each other is of no use
		if magnitude-d.last+near < 2*near {
			d.remember(cell, magnitude, high, length)
		}
		d.last = magnitude
		size += cellLength + length
		n++
	}
	return n, size
}

// putNear is PutCells for numbers that begin as the one that is remembered, of which the
// first is one. It stops at any other.
func (d *Decimals) putNear(out []byte, values []decimal128.Num) (n int) {
	least, high := d.least, d.high
	head0, head1 := binary.LittleEndian.Uint64(d.head[:]), binary.LittleEndian.Uint64(d.head[8:])
	first, second, point := d.first, d.second, d.point
	tail, size := d.tail&15, d.size
	for i, v := range values {
		beyond := (v.LowBits() ^ high) - high - least
		if beyond >= 1000 || uint64(v.HighBits()) != high || len(out) < DecimalSlack {
			return i
		}
		cell := (*[24]byte)(out)
		binary.LittleEndian.PutUint64(cell[:], head0)
		binary.LittleEndian.PutUint64(cell[8:], head1)
		figures := uint64(binary.LittleEndian.Uint32(texts.thousand[beyond][:]))
		binary.LittleEndian.PutUint64(cell[tail:], figures&first|figures&second<<8|point)
		out = out[size:]
	}
	return len(values)
}

// remember keeps what the cell of a number begins with.
func (d *Decimals) remember(cell *[DecimalSlack]byte, magnitude, high uint64, length int) {
	tail := cellLength + length - 3
	if d.point != 0 {
		tail--
	}
	// Of a number below 1000 not all figures may be there.
	if magnitude < 1000 || tail >= headRoom {
		return
	}
	d.span, d.least, d.high, d.tail, d.size = 1000, magnitude-magnitude%1000, high, tail, cellLength+length
	d.head = [headRoom]byte(cell[:])
}

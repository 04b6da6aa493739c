package hive

import (
	"encoding/binary"
	"math"
	"math/bits"
	"strconv"
)

// AppendDouble appends a number as Java prints a double: "1.5", "1.0E10", "NaN",
// "Infinity". With bits 32 it has the digits of a float.
func AppendDouble(dst []byte, v float64, bits int) []byte {
	abs := math.Abs(v)
	switch {
	case math.IsNaN(v):
		return append(dst, "NaN"...)
	case math.IsInf(v, 0):
		if v < 0 {
			return append(dst, "-Infinity"...)
		}
		return append(dst, "Infinity"...)
	case abs == 0 || 1e-3 <= abs && abs < 1e7:
		out := strconv.AppendFloat(dst, v, 'f', -1, bits)
		if abs == math.Trunc(abs) {
			out = append(out, ".0"...)
		}
		return out
	}
	// One figure, a point, at least one more, E, the exponent without plus or zeros.
	var room [32]byte
	e := strconv.AppendFloat(room[:0], v, 'e', -1, bits)
	at := len(e) - 1
	for e[at] != 'e' {
		at--
	}
	out := append(dst, e[:at]...)
	if e[at-1] == '-' || at == 1 || at == 2 && e[0] == '-' {
		out = append(out, ".0"...)
	}
	out = append(out, 'E')
	if e[at+1] == '-' {
		out = append(out, '-')
	}
	exp := e[at+2:]
	for len(exp) > 1 && exp[0] == '0' {
		exp = exp[1:]
	}
	return append(out, exp...)
}

// Widen is the double that reads like the float: 1.1 and not 1.100000023841858.
// The protocols have no float, and this is what the Java servers answer.
func Widen(f float32) float64 {
	d := float64(f)
	if d == math.Trunc(d) && math.Abs(d) < 1<<24 || d != d {
		return d
	}
	var room [24]byte
	text := strconv.AppendFloat(room[:0], d, 'e', -1, 32)
	// The shortest text of a float has at most nine figures, and a power of ten up
	// to 22 is exact, so one multiplication or division rounds right.
	var figures, scale, exp int
	i, point := 0, false
	for ; i < len(text) && text[i] != 'e'; i++ {
		switch c := text[i]; {
		case c == '.':
			point = true
		case '0' <= c && c <= '9':
			figures = figures*10 + int(c-'0')
			if point {
				scale++
			}
		}
	}
	if i == len(text) {
		return d // infinite
	}
	for _, c := range text[i+2:] {
		exp = exp*10 + int(c-'0')
	}
	if text[i+1] == '-' {
		exp = -exp
	}
	exp -= scale
	if exp < -22 || exp > 22 {
		v, err := strconv.ParseFloat(string(text), 64)
		if err != nil {
			return d
		}
		return v
	}
	out := float64(figures)
	if exp < 0 {
		out /= powersOfTen[-exp]
	} else {
		out *= powersOfTen[exp]
	}
	return math.Copysign(out, d)
}

// powersOfTen are the ones that a double holds exactly.
var powersOfTen = [...]float64{
	1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
	1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
}

// appendDecimal appends a decimal with all the digits of its scale. The magnitude
// is in words of 64 bits, the least significant first, and is destroyed.
func appendDecimal(dst []byte, magnitude []uint64, negative bool, scale int) []byte {
	if zero(magnitude[1:]) {
		return AppendScaled(dst, magnitude[0], negative, scale)
	}
	var room [80]byte // 2^256 has 78 digits
	at := len(room)
	for {
		chunk := divideBy1e19(magnitude)
		last := zero(magnitude)
		for n := 0; n < 19 && (!last || chunk != 0); n++ {
			at--
			room[at] = byte('0' + chunk%10)
			chunk /= 10
		}
		if last {
			break
		}
	}
	number := room[at:]
	out := dst
	if negative {
		out = append(out, '-')
	}
	switch {
	case scale <= 0:
		return appendZeros(append(orZero(out, number), number...), -scale, len(number) > 0)
	case len(number) <= scale:
		out = appendZeros(append(out, '0', '.'), scale-len(number), true)
		return append(out, number...)
	default:
		point := len(number) - scale
		out = append(append(out, number[:point]...), '.')
		return append(out, number[point:]...)
	}
}

// AppendScaled appends a decimal whose magnitude, without its point, is that of a
// whole number: with all the digits of its scale.
func AppendScaled(dst []byte, magnitude uint64, negative bool, scale int) []byte {
	b := dst
	if negative {
		b = append(b, '-')
	}
	if scale <= 0 {
		return appendZeros(strconv.AppendUint(b, magnitude, 10), -scale, magnitude != 0)
	}
	start := len(b)
	b = strconv.AppendUint(b, magnitude, 10)
	if missing := scale + 1 - (len(b) - start); missing > 0 {
		b = strconv.AppendUint(appendZeros(b[:start], missing, true), magnitude, 10)
	}
	b = append(b, 0)
	point := len(b) - 1 - scale
	copy(b[point+1:], b[point:len(b)-1])
	b[point] = '.'
	return b
}

// ScaledRoom is what [PutScaled] may write to.
const ScaledRoom = 34

// PutScaled writes a decimal of at most sixteen figures, of which at most fifteen are
// behind the point, to the front of out, as [AppendScaled] does, and returns its
// length; what is behind it may change. It returns 0 for any other, which
// AppendScaled knows.
func PutScaled(out *[ScaledRoom]byte, magnitude uint64, negative bool, scale int) int {
	if magnitude >= 1e16 || uint(scale) > 15 {
		return 0
	}
	sign := int(asBit(negative))
	out[0] = '-'
	// The length is found without the figures: where the next number goes depends on it.
	all := max(figures(magnitude), scale+1)
	whole := all - scale
	if all <= 8 {
		// All in a register, from which the figures before the point fall out.
		text := (eightFigures(uint32(magnitude)) | zeros) >> (uint(64-8*all) & 63)
		binary.LittleEndian.PutUint64(out[sign:], text)
		if scale == 0 {
			return sign + all
		}
		binary.LittleEndian.PutUint64(out[sign+whole+1:], text>>(uint(8*whole)&63))
		out[sign+whole] = '.'
		return sign + all + 1
	}
	var room [32]byte
	binary.LittleEndian.PutUint64(room[:], eightFigures(uint32(magnitude/1e8))|zeros)
	binary.LittleEndian.PutUint64(room[8:], eightFigures(uint32(magnitude%1e8))|zeros)
	*(*[16]byte)(out[sign:]) = *(*[16]byte)(room[16-all:])
	if scale == 0 {
		return sign + all
	}
	*(*[16]byte)(out[sign+whole+1:]) = *(*[16]byte)(room[16-scale:])
	out[sign+whole] = '.'
	return sign + all + 1
}

// figures counts those of a number below 1e19; 0 has none.
func figures(n uint64) int {
	guess := bits.Len64(n) * 1233 >> 12 // 1233/4096 is the logarithm of 2, near enough
	if n >= wholePowers[guess&31] {
		guess++
	}
	return guess
}

// wholePowers are those of ten, as many as a word holds.
var wholePowers = [32]uint64{
	1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
}

// zeros are eight figures.
const zeros = 0x3030_3030_3030_3030

// eightFigures are those of a number below 1e8, one in a byte, the first lowest. It
// halves all parts of the number at once.
func eightFigures(n uint32) uint64 {
	thousands := uint64(n) / 1e4
	v := thousands | (uint64(n)-1e4*thousands)<<32
	hundreds := v * 10486 >> 20 & 0x7f_0000_007f // 10486/2^20 is a hundredth, near enough
	v = hundreds | (v-100*hundreds)<<16
	tens := v * 103 >> 10 & 0x000f_000f_000f_000f
	return tens | (v-10*tens)<<8
}

func asBit(v bool) uint8 {
	if v {
		return 1
	}
	return 0
}

// orZero appends the figure of a number that has none.
func orZero(dst, number []byte) []byte {
	if len(number) == 0 {
		return append(dst, '0')
	}
	return dst
}

func appendZeros(dst []byte, n int, wanted bool) []byte {
	out := dst
	for ; wanted && n > 0; n-- {
		out = append(out, '0')
	}
	return out
}

// divideBy1e19 divides in place and returns the rest.
func divideBy1e19(words []uint64) uint64 {
	var rest uint64
	for i := len(words) - 1; i >= 0; i-- {
		words[i], rest = bits.Div64(rest, words[i], 1e19)
	}
	return rest
}

func zero(words []uint64) bool {
	for _, w := range words {
		if w != 0 {
			return false
		}
	}
	return true
}

// negate makes the magnitude of a negative number in two's complement.
func negate(words []uint64) {
	carry := uint64(1)
	for i, w := range words {
		words[i], carry = bits.Add64(^w, 0, carry)
	}
}

package hive

import (
	"strconv"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// appendNested appends a list, map, struct or union, and says whether arr is one.
func appendNested(dst []byte, arr arrow.Array, i int) ([]byte, bool) {
	switch a := arr.(type) {
	case *array.Map:
		return appendMap(dst, a, i), true
	case array.ListLike:
		from, to := a.ValueOffsets(i)
		return appendList(dst, a.ListValues(), int(from), int(to)), true
	case *array.Struct:
		return appendStruct(dst, a, i), true
	case *array.SparseUnion:
		return appendUnion(dst, a.ChildID(i), a.Field(a.ChildID(i)), i), true
	case *array.DenseUnion:
		return appendUnion(dst, a.ChildID(i), a.Field(a.ChildID(i)), int(a.ValueOffset(i))), true
	default:
		return dst, false
	}
}

func appendElement(dst []byte, arr arrow.Array, i int) []byte {
	if IsNull(arr, i) {
		return append(dst, "null"...)
	}
	return appendValue(dst, arr, i, true)
}

// appendList appends [1,2].
func appendList(dst []byte, values arrow.Array, from, to int) []byte {
	b := append(dst, '[')
	for i := from; i < to; i++ {
		if i > from {
			b = append(b, ',')
		}
		b = appendElement(b, values, i)
	}
	return append(b, ']')
}

// appendMap appends {"k":1}. A key that is a number stands without quotes, as Hive
// has it.
func appendMap(dst []byte, a *array.Map, i int) []byte {
	b := append(dst, '{')
	from, to := a.ValueOffsets(i)
	for i := int(from); i < int(to); i++ {
		if i > int(from) {
			b = append(b, ',')
		}
		b = append(appendElement(b, a.Keys(), i), ':')
		b = appendElement(b, a.Items(), i)
	}
	return append(b, '}')
}

// appendStruct appends {"x":1,"y":"z"}.
func appendStruct(dst []byte, a *array.Struct, i int) []byte {
	t, _ := a.DataType().(*arrow.StructType)
	b := append(dst, '{')
	for k := range a.NumField() {
		if k > 0 {
			b = append(b, ',')
		}
		b = append(appendQuoted(b, t.Field(k).Name), ':')
		b = appendElement(b, a.Field(k), i)
	}
	return append(b, '}')
}

// appendUnion appends {0:1}: the member's number and its value.
func appendUnion(dst []byte, member int, values arrow.Array, i int) []byte {
	b := append(dst, '{')
	b = append(strconv.AppendInt(b, int64(member), 10), ':')
	return append(appendElement(b, values, i), '}')
}

const hexDigits = "0123456789abcdef"

// appendQuoted appends text in quotes with JSON's escapes. Bytes that are no UTF-8
// are replaced.
func appendQuoted(dst []byte, s string) []byte {
	b := append(dst, '"')
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			b, i = utf8.AppendRune(b, r), i+size
			continue
		}
		i++
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c >= ' ':
			b = append(b, c)
		case c == '\n':
			b = append(b, '\\', 'n')
		case c == '\t':
			b = append(b, '\\', 't')
		case c == '\r':
			b = append(b, '\\', 'r')
		case c == '\b':
			b = append(b, '\\', 'b')
		case c == '\f':
			b = append(b, '\\', 'f')
		default:
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return append(b, '"')
}

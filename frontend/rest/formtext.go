package rest

import (
	"encoding/base64"
	"io"
	"strconv"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/nekomata-sql/nekomata/hive"
	"github.com/nekomata-sql/nekomata/operation"
)

// appender appends value i of a column.
type appender func(dst []byte, i int) []byte

// lineWriter writes rows as lines of text.
type lineWriter struct {
	w       io.Writer
	columns func(b arrow.RecordBatch) []appender
	line    func(dst []byte, columns []appender, i int) []byte
	header  string // before the first row
}

func (l *lineWriter) page(p *operation.Page) error {
	buf, giveBack := rowBuffer()
	defer func() { giveBack(buf) }()
	buf = append(buf, l.header...)
	l.header = ""
	for _, b := range p.Batches {
		columns := l.columns(b)
		for i := range int(b.NumRows()) {
			buf = l.line(buf, columns, i)
			if len(buf) < flushSize {
				continue
			}
			if _, err := l.w.Write(buf); err != nil {
				return err
			}
			buf = buf[:0]
		}
	}
	_, err := l.w.Write(buf)
	return err
}

func (l *lineWriter) end() error { return nil }

// newNDJSON writes each row as a JSON object by column name. Numbers are numbers,
// decimals strings so that no digit is lost, lists and structs what they are.
func newNDJSON(w io.Writer, schema *arrow.Schema) encoder {
	heads := memberHeads(uniqueNames(schema))
	return &lineWriter{
		w: w,
		columns: func(b arrow.RecordBatch) []appender {
			columns := make([]appender, b.NumCols())
			for j := range columns {
				columns[j] = jsonValue(b.Schema().Field(j), b.Column(j))
			}
			return columns
		},
		line: func(dst []byte, columns []appender, i int) []byte {
			return append(appendObject(dst, heads, columns, i), '\n')
		},
	}
}

// uniqueNames are the columns' names; one that was there before gets a number.
func uniqueNames(schema *arrow.Schema) []string {
	columns := hive.Columns(schema)
	names, seen := make([]string, len(columns)), map[string]bool{}
	for _, c := range columns {
		seen[c.Name] = true
	}
	used := map[string]bool{}
	for j, c := range columns {
		name := c.Name
		for n := 2; used[name]; n++ {
			if other := c.Name + "_" + strconv.Itoa(n); !seen[other] {
				name = other
			}
		}
		used[name] = true
		names[j] = name
	}
	return names
}

// memberHeads are the names as they stand before the values of an object.
func memberHeads(names []string) []string {
	heads := make([]string, len(names))
	for j, name := range names {
		heads[j] = string(append(appendJSONString(nil, name), ':'))
	}
	return heads
}

func appendObject(dst []byte, heads []string, values []appender, i int) []byte {
	dst = append(dst, '{')
	for j, value := range values {
		if j > 0 {
			dst = append(dst, ',')
		}
		dst = value(append(dst, heads[j]...), i)
	}
	return append(dst, '}')
}

// jsonValue appends the values of arr as JSON.
func jsonValue(f arrow.Field, arr arrow.Array) appender {
	value := nestedJSON(arr)
	if value == nil {
		kind := hive.Columns(arrow.NewSchema([]arrow.Field{f}, nil))[0].Type
		value = rowWriter{base64: true}.value(kind, arr)
	}
	return func(dst []byte, i int) []byte {
		if hive.IsNull(arr, i) {
			return append(dst, "null"...)
		}
		return value(dst, i)
	}
}

// nestedJSON appends lists as arrays, structs and maps as objects; it is nil for
// everything else. The keys of maps become text.
func nestedJSON(arr arrow.Array) appender {
	switch a := arr.(type) {
	case *array.Map:
		t, _ := a.DataType().(*arrow.MapType)
		item, keys := jsonValue(t.ItemField(), a.Items()), a.Keys()
		return func(dst []byte, i int) []byte {
			from, to := a.ValueOffsets(i)
			dst = append(dst, '{')
			for k := from; k < to; k++ {
				if k > from {
					dst = append(dst, ',')
				}
				dst = append(dst, '"')
				dst = closeQuote(hive.AppendText(dst, keys, int(k)), len(dst))
				dst = item(append(dst, ':'), int(k))
			}
			return append(dst, '}')
		}
	case array.ListLike:
		t, _ := a.DataType().(arrow.ListLikeType)
		element := jsonValue(t.ElemField(), a.ListValues())
		return func(dst []byte, i int) []byte {
			from, to := a.ValueOffsets(i)
			dst = append(dst, '[')
			for k := from; k < to; k++ {
				if k > from {
					dst = append(dst, ',')
				}
				dst = element(dst, int(k))
			}
			return append(dst, ']')
		}
	case *array.Struct:
		t, _ := a.DataType().(*arrow.StructType)
		heads := memberHeads(uniqueNames(arrow.NewSchema(t.Fields(), nil)))
		members := make([]appender, a.NumField())
		for j := range members {
			members[j] = jsonValue(t.Field(j), a.Field(j))
		}
		return func(dst []byte, i int) []byte { return appendObject(dst, heads, members, i) }
	default:
		return nil
	}
}

// newCSV writes a header and rows as RFC 4180 has them. Null is an empty field and
// empty text one in quotes; binary values are base64.
func newCSV(w io.Writer, schema *arrow.Schema) encoder {
	var header []byte
	for j, c := range hive.Columns(schema) {
		if j > 0 {
			header = append(header, ',')
		}
		header = closeField(append(header, c.Name...), len(header))
	}
	if header != nil {
		header = append(header, "\r\n"...)
	}
	return &lineWriter{w: w, header: string(header), columns: csvColumns, line: csvLine}
}

func csvLine(dst []byte, columns []appender, i int) []byte {
	start := len(dst)
	for j, value := range columns {
		if j > 0 {
			dst = append(dst, ',')
		}
		dst = value(dst, i)
	}
	if len(dst) == start { // an empty line would be no row to most readers
		dst = append(dst, `""`...)
	}
	return append(dst, "\r\n"...)
}

func csvColumns(b arrow.RecordBatch) []appender {
	columns := make([]appender, b.NumCols())
	for j, c := range hive.Columns(b.Schema()) {
		arr := b.Column(j)
		text := func(dst []byte, i int) []byte { return hive.AppendText(dst, arr, i) }
		if a, ok := arr.(interface{ Value(i int) []byte }); ok && c.Type == hive.Binary {
			text = func(dst []byte, i int) []byte { return base64.StdEncoding.AppendEncode(dst, a.Value(i)) }
		}
		columns[j] = func(dst []byte, i int) []byte {
			if hive.IsNull(arr, i) {
				return dst
			}
			return closeField(text(dst, i), len(dst))
		}
	}
	return columns
}

// closeField ends a field whose text was appended from dst[start] on, and puts it
// in quotes if need be.
func closeField(dst []byte, start int) []byte {
	quotes, special := 0, len(dst) == start
	for _, b := range dst[start:] {
		switch b {
		case '"':
			quotes++
		case ',', '\r', '\n':
			special = true
		}
	}
	if quotes == 0 && !special {
		return dst
	}
	text := string(dst[start:])
	dst = append(dst[:start], '"')
	for k := range len(text) {
		if text[k] == '"' {
			dst = append(dst, '"')
		}
		dst = append(dst, text[k])
	}
	return append(dst, '"')
}

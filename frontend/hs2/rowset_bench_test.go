package hs2

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/thrift/lib/go/thrift"

	"github.com/nekomata-sql/nekomata/hive"
	tcli "github.com/nekomata-sql/nekomata/thrift/hive"
)

const (
	benchRows  = 10_000
	benchChunk = 2_048 // what DuckDB hands over at a time
)

// benchResults are rows of (bigint, string, double, timestamp), in batches of so
// many rows, one value in so many null.
func benchResults(chunk, nullEvery int) *fetchResults {
	r := rand.New(rand.NewPCG(1, 2))
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "id", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
		{Name: "name", Type: arrow.BinaryTypes.String, Nullable: true},
		{Name: "price", Type: arrow.PrimitiveTypes.Float64, Nullable: true},
		{Name: "at", Type: &arrow.TimestampType{Unit: arrow.Microsecond}, Nullable: true},
	}, nil)
	f := &fetchResults{hasMore: true, rows: rowSet{columns: hive.Columns(schema)}}
	for from := 0; from < benchRows; from += chunk {
		b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
		for i := from; i < min(from+chunk, benchRows); i++ {
			if nullEvery > 0 && i%nullEvery == 0 {
				for _, field := range b.Fields() {
					field.AppendNull()
				}
				continue
			}
			b.Field(0).(*array.Int64Builder).Append(int64(i))
			b.Field(1).(*array.StringBuilder).Append(fmt.Sprintf("customer %d", r.IntN(1e6)))
			b.Field(2).(*array.Float64Builder).Append(r.Float64() * 1000)
			b.Field(3).(*array.TimestampBuilder).Append(arrow.Timestamp(1.7e15 + r.Int64N(1e13)))
		}
		f.rows.batches = append(f.rows.batches, b.NewRecordBatch())
	}
	return f
}

func report(b *testing.B, size int) {
	b.Helper()
	b.SetBytes(int64(size))
	b.ReportMetric(float64(benchRows)*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mrows/s")
}

func BenchmarkRowSet(b *testing.B) {
	for _, c := range []struct {
		name             string
		chunk, nullEvery int
	}{{"one batch", benchRows, 0}, {"chunks", benchChunk, 0}, {"nulls", benchChunk, 10}} {
		f := benchResults(c.chunk, c.nullEvery)
		size := len(must(f.appendMessage(nil, 1)))
		b.Run(c.name+"/ours", func(b *testing.B) {
			b.ReportAllocs()
			var buf []byte
			for b.Loop() {
				buf = must(f.appendMessage(buf[:0], 1))
			}
			report(b, size)
		})
		b.Run(c.name+"/ours, new buffer", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				must(f.appendMessage(nil, 1))
			}
			report(b, size)
		})
		b.Run(c.name+"/memcpy", func(b *testing.B) {
			from, to := must(f.appendMessage(nil, 1)), make([]byte, size)
			for b.Loop() {
				copy(to, from)
			}
			report(b, size)
		})
	}
	b.Run("generated", benchGenerated)
	b.Run("rows/ours", func(b *testing.B) {
		b.ReportAllocs()
		f := benchResults(benchRows, 0)
		f.rows.byRow = true
		var buf []byte
		for b.Loop() {
			buf = must(f.appendMessage(buf[:0], 1))
		}
		report(b, len(buf))
	})
}

// BenchmarkRowSetBeside encodes the same rows in several ways in turn, so that whatever
// else the machine does meets all of them, and reports the medians of how many times
// as fast ours is as the generated structs, once with our routine for the timestamps'
// text and once with the standard library's, and which part of a memory copy's rate
// it has.
func BenchmarkRowSetBeside(b *testing.B) {
	f := benchResults(benchRows, 0)
	write := generatedWriter(f.rows.batches[0], ourTimes)
	plain := generatedWriter(f.rows.batches[0], standardTimes)
	var buf []byte
	from := must(f.appendMessage(nil, 1))
	to := make([]byte, len(from))
	var beside, besidePlain, share []float64
	for b.Loop() {
		began := time.Now()
		buf = must(f.appendMessage(buf[:0], 1))
		ours := time.Since(began)
		began = time.Now()
		write()
		theirs := time.Since(began)
		began = time.Now()
		plain()
		besidePlain = append(besidePlain, float64(time.Since(began))/float64(ours))
		began = time.Now()
		copy(to, from)
		moved := time.Since(began)
		beside = append(beside, float64(theirs)/float64(ours))
		share = append(share, float64(moved)/float64(ours))
	}
	slices.Sort(beside)
	slices.Sort(besidePlain)
	slices.Sort(share)
	b.ReportMetric(beside[len(beside)/2], "times-generated")
	b.ReportMetric(besidePlain[len(besidePlain)/2], "times-generated-stdlib")
	b.ReportMetric(100*share[len(share)/2], "%-of-memcpy")
}

func benchGenerated(b *testing.B) {
	b.ReportAllocs()
	f := benchResults(benchRows, 0)
	write := generatedWriter(f.rows.batches[0], ourTimes)
	size := 0
	for b.Loop() {
		size = write()
	}
	report(b, size)
}

// generatedWriter fills the generated structs as a careful writer would, without the
// detours of the test's oracle, and lets them write themselves. It returns the bytes.
func generatedWriter(batch arrow.RecordBatch, format func(*array.Timestamp) func([]byte, arrow.Timestamp) []byte) func() int {
	buf := thrift.NewTMemoryBufferLen(1 << 20)
	p := thrift.NewTBinaryProtocolConf(buf, nil)
	more := true
	return func() int {
		at := batch.Column(3).(*array.Timestamp)
		text := format(at)
		names, times := make([]string, benchRows), make([]string, benchRows)
		var cell []byte
		for i := range benchRows {
			names[i] = batch.Column(1).(*array.String).Value(i)
			cell = text(cell[:0], at.Value(i))
			times[i] = string(cell)
		}
		resp := &tcli.TFetchResultsResp{
			Status: success, HasMoreRows: &more, Results: &tcli.TRowSet{
				Rows: []*tcli.TRow{}, Columns: []*tcli.TColumn{
					{I64Val: &tcli.TI64Column{Values: batch.Column(0).(*array.Int64).Values(), Nulls: []byte{}}},
					{StringVal: &tcli.TStringColumn{Values: names, Nulls: []byte{}}},
					{DoubleVal: &tcli.TDoubleColumn{Values: batch.Column(2).(*array.Float64).Values(), Nulls: []byte{}}},
					{StringVal: &tcli.TStringColumn{Values: times, Nulls: []byte{}}},
				},
			},
		}
		buf.Reset()
		ctx := context.Background()
		_ = p.WriteMessageBegin(ctx, "FetchResults", thrift.REPLY, 1)
		_ = (&tcli.TCLIServiceFetchResultsResult{Success: resp}).Write(ctx, p)
		return buf.Len()
	}
}

func ourTimes(at *array.Timestamp) func([]byte, arrow.Timestamp) []byte {
	text := hive.NewTimestamps(at.DataType().(*arrow.TimestampType))
	return text.Append
}

func standardTimes(*array.Timestamp) func([]byte, arrow.Timestamp) []byte {
	return func(dst []byte, v arrow.Timestamp) []byte {
		return time.UnixMicro(int64(v)).UTC().AppendFormat(dst, "2006-01-02 15:04:05.999999")
	}
}

// BenchmarkColumn encodes one column of 10,000 rows: with numbers and times that are near
// each other, and with some that are not.
func BenchmarkColumn(b *testing.B) {
	f := benchResults(benchRows, 0)
	r := rand.New(rand.NewPCG(3, 4))
	decimal := &arrow.Decimal128Type{Precision: 21, Scale: 1}
	amounts := array.NewDecimal128Builder(memory.DefaultAllocator, decimal)
	prices := array.NewDecimal128Builder(memory.DefaultAllocator, decimal)
	seconds := array.NewTimestampBuilder(memory.DefaultAllocator, &arrow.TimestampType{Unit: arrow.Microsecond})
	lines := array.NewStringBuilder(memory.DefaultAllocator)
	for i := range int64(benchRows) {
		lines.Append("a text of more than sixteen bytes"[:17+i%16])
		amounts.Append(decimal128.FromI64(1_000_000 + 15*i))
		prices.Append(decimal128.FromI64(r.Int64N(1e9)>>r.IntN(16) - 1000))
		seconds.Append(arrow.Timestamp(1.7e15 + i*1e6))
	}
	columns, fields := f.rows.batches[0].Columns(), f.rows.batches[0].Schema().Fields()
	for i, c := range []array.Builder{amounts, prices, seconds, lines} {
		columns = append(columns, c.NewArray())
		fields = append(fields, arrow.Field{Name: []string{"near decimal", "decimal", "second", "line"}[i], Type: c.Type()})
	}
	schema := arrow.NewSchema(fields, nil)
	f.rows = rowSet{columns: hive.Columns(schema), batches: []arrow.RecordBatch{array.NewRecordBatch(schema, columns, benchRows)}}
	for k, c := range f.rows.columns {
		b.Run(c.Name, func(b *testing.B) {
			b.ReportAllocs()
			var buf []byte
			for b.Loop() {
				buf = must(f.rows.appendColumn(buf[:0], k))
			}
			report(b, len(buf))
		})
	}
}

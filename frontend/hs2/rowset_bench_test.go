package hs2

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
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

// benchGenerated fills the generated structs as a careful writer would, without the
// detours of the test's oracle, and lets them write themselves.
func benchGenerated(b *testing.B) {
	b.ReportAllocs()
	f := benchResults(benchRows, 0)
	batch := f.rows.batches[0]
	buf := thrift.NewTMemoryBufferLen(1 << 20)
	p := thrift.NewTBinaryProtocolConf(buf, nil)
	more := true
	for b.Loop() {
		at := batch.Column(3).(*array.Timestamp)
		text := hive.NewTimestamps(at.DataType().(*arrow.TimestampType))
		names, times := make([]string, benchRows), make([]string, benchRows)
		var cell []byte
		for i := range benchRows {
			names[i] = batch.Column(1).(*array.String).Value(i)
			cell = text.Append(cell[:0], at.Value(i))
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
	}
	report(b, buf.Len())
}

package duckdb

import (
	"context"
	"io"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/nekomata-sql/nekomata/engine/duckdb/dialect"
)

// nothing is the result of a statement without a result set: how many rows it
// changed.
type nothing int64

// Schema is nil: there is no result set.
func (n nothing) Schema() *arrow.Schema { return nil }

// Next is at the end.
func (n nothing) Next(context.Context) (arrow.RecordBatch, error) { return nil, io.EOF }

// ModifiedRows is the number of rows that were changed.
func (n nothing) ModifiedRows() int64 { return int64(n) }

// Close does nothing.
func (n nothing) Close() error { return nil }

// table is a result that is here already.
type table struct {
	schema *arrow.Schema
	batch  arrow.RecordBatch // nil once it has been read
}

// localRows is the answer of a plan that needs no DuckDB.
func localRows(plan dialect.Plan) *table {
	fields := make([]arrow.Field, len(plan.Local.Columns))
	for i, name := range plan.Local.Columns {
		fields[i] = arrow.Field{Name: name, Type: arrow.BinaryTypes.String, Nullable: true}
	}
	schema := arrow.NewSchema(fields, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	for _, row := range plan.Local.Rows {
		for i, cell := range row {
			column, _ := b.Field(i).(*array.StringBuilder)
			if cell == nil {
				column.AppendNull()
			} else {
				column.Append(*cell)
			}
		}
	}
	if plan.Schema != nil {
		schema = plan.Schema
	}
	return &table{schema: schema, batch: plan.Finish(b.NewRecordBatch())}
}

// Schema describes the columns.
func (t *table) Schema() *arrow.Schema { return t.schema }

// Next gives everything at once, then the end.
func (t *table) Next(ctx context.Context) (arrow.RecordBatch, error) {
	if ctx.Err() != nil {
		return nil, ended(ctx)
	}
	batch := t.batch
	t.batch = nil
	if batch == nil || batch.NumRows() == 0 {
		return nil, io.EOF
	}
	return batch, nil
}

// ModifiedRows means nothing here.
func (t *table) ModifiedRows() int64 { return -1 }

// Close forgets what was not read.
func (t *table) Close() error {
	if t.batch != nil {
		t.batch.Release()
		t.batch = nil
	}
	return nil
}

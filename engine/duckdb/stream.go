package duckdb

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync/atomic"

	"github.com/apache/arrow-go/v18/arrow"
	native "github.com/duckdb/duckdb-go-bindings"

	"github.com/nekomata-sql/nekomata/engine"
	"github.com/nekomata-sql/nekomata/engine/duckdb/dialect"
	"github.com/nekomata-sql/nekomata/hive"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// stream is a result whose rows DuckDB makes while they are read, a chunk of up
// to 2,048 at a time. All but Schema and ModifiedRows happens with the
// connection's lock held.
type stream struct {
	conn    *conn
	result  native.Result
	options native.ArrowOptions
	plan    dialect.Plan
	sums    map[int]string // types of columns that are sums
	written string
	chunks  *arrow.Schema     // what DuckDB says
	columns []column          // how batches are made of chunks; nil when DuckDB does it
	schema  *arrow.Schema     // what the client sees
	first   arrow.RecordBatch // what Run has read already

	ended atomic.Bool
	err   error // what Next answers from the end on
}

var _ engine.Rows = (*stream)(nil)

// newStream takes result over and reads the first rows.
func (c *conn) newStream(result native.Result, r request) (engine.Rows, failure, error) {
	s := &stream{conn: c, result: result, plan: r.plan, written: r.written, sums: r.sums}
	s.options = native.ResultGetArrowOptions(&s.result)
	c.current = s
	f := s.describe()
	if !f.failed() {
		if err := s.dress(); err != nil {
			c.endStream(nil)
			return nil, failure{}, err
		}
		s.first, f = s.fetch()
	}
	if f.failed() {
		c.endStream(nil)
		return nil, f, nil
	}
	return s, failure{}, nil
}

// summed names sums by Hive's types: HUGEINT, which DuckDB makes of sums of
// integers, is BIGINT, and decimals are as wide as sums says. One that doesn't fit
// is an error of the protocol's encoder.
func summed(schema *arrow.Schema, types []native.LogicalType, sums map[int]string) *arrow.Schema {
	return named(schema, func(i int) string {
		if native.GetTypeId(types[i]) == native.TypeHugeInt {
			return "bigint"
		}
		return sums[i]
	})
}

// named is a schema whose fields have Hive's types where name has one.
func named(schema *arrow.Schema, name func(i int) string) *arrow.Schema {
	var fields []arrow.Field
	for i := range schema.NumFields() {
		t := name(i)
		if t == "" {
			continue
		}
		if fields == nil {
			fields = slices.Clone(schema.Fields())
		}
		fields[i].Metadata = arrow.NewMetadata([]string{hive.MetaType}, []string{t})
	}
	if fields == nil {
		return schema
	}
	return arrow.NewSchema(fields, nil)
}

// dress puts the plan's schema, if it has one, in place of the result's.
func (s *stream) dress() error {
	want := s.plan.Schema
	if want == nil {
		return nil
	}
	same := want.NumFields() == s.schema.NumFields()
	for i := 0; same && i < want.NumFields(); i++ {
		same = arrow.TypeEqual(want.Field(i).Type, s.schema.Field(i).Type)
	}
	if !same {
		return sqlerr.New(sqlerr.Internal, "the answer does not have the columns that were planned")
	}
	s.schema = want
	return nil
}

// fetch reads the next rows. Without any and without a failure the result is at
// its end, and the stream too.
func (s *stream) fetch() (arrow.RecordBatch, failure) {
	chunk := native.FetchChunk(s.result)
	if chunk.Ptr == nil {
		// An interrupted stream looks like a complete one but for this.
		f := streamFailure(&s.result)
		if !f.failed() {
			s.conn.endStream(io.EOF)
		}
		return nil, f
	}
	defer native.DestroyDataChunk(&chunk)
	if s.columns != nil {
		if batch := s.batchOf(chunk); batch != nil {
			return s.plan.Finish(batch), failure{}
		}
	}
	batch, failed := native.DataChunkToArrowArray(s.options, s.chunks, chunk)
	defer native.DestroyErrorData(&failed)
	if native.ErrorDataHasError(failed) {
		return nil, decode(native.ErrorDataErrorType(failed), native.ErrorDataMessage(failed))
	}
	return s.plan.Finish(batch), failure{}
}

// Schema describes the columns.
func (s *stream) Schema() *arrow.Schema { return s.schema }

// ModifiedRows is not known.
func (s *stream) ModifiedRows() int64 { return -1 }

// Next reads the next rows.
func (s *stream) Next(ctx context.Context) (arrow.RecordBatch, error) {
	c := s.conn
	if err := c.enter(ctx, true); err != nil {
		if ctx.Err() != nil {
			s.giveUp(err)
		}
		return nil, err
	}
	defer c.leave()
	if s.ended.Load() && s.first == nil {
		return nil, s.err
	}
	if batch := s.first; batch != nil {
		s.first = nil
		return batch, nil
	}
	fetches := c.engine.admission.fetches
	if err := fetches.enter(ctx, c.closing, nil); err != nil {
		err = c.turnedAway(ctx, err)
		c.endStream(err)
		return nil, err
	}
	unwatch := c.watch(ctx)
	batch, f := s.fetch()
	interrupted := unwatch()
	fetches.leave()
	return s.outcome(ctx, batch, f, interrupted)
}

// outcome is what Next answers after fetch.
func (s *stream) outcome(ctx context.Context, batch arrow.RecordBatch, f failure, interrupted bool) (arrow.RecordBatch, error) {
	c := s.conn
	switch {
	case interrupted && (f.failed() || batch != nil): // but not when the end was reached all the same
		if batch != nil {
			batch.Release()
		}
		err := ended(ctx)
		c.endStream(err)
		c.tidy()
		return nil, err
	case f.failed():
		err := c.explain(f, statementText{sql: s.plan.SQL, written: s.written})
		if f.interrupted() {
			select {
			case <-c.closing:
				err = c.gone()
			default:
			}
		}
		c.endStream(err)
		return nil, err
	case batch == nil:
		return nil, s.err
	default:
		return batch, nil
	}
}

// giveUp ends the stream if nobody else is at it.
func (s *stream) giveUp(why error) {
	select {
	case s.conn.lock <- struct{}{}:
		defer s.conn.leave()
		s.conn.endIf(s, why)
	default:
	}
}

// Close gives up the rest. It returns nil always.
func (s *stream) Close() error {
	if s.ended.Load() {
		return nil
	}
	select {
	case s.conn.lock <- struct{}{}:
		defer s.conn.leave()
		s.conn.endIf(s, sqlerr.New(sqlerr.Conflict, "the result has been closed"))
	case <-s.conn.closing: // who closes the connection frees its rows
	}
	return nil
}

func (c *conn) endIf(s *stream, why error) {
	if c.current == s {
		c.endStream(why)
	}
}

// endStream frees the current result, if there is one. What it answers from now
// on is why. Rows that weren't read are given up, and with them the transaction
// that DuckDB keeps open for them; it does so as late as at the next statement,
// so this makes one.
func (c *conn) endStream(why error) {
	s := c.current
	if s == nil {
		return
	}
	c.current = nil
	s.err = why
	native.DestroyArrowOptions(&s.options)
	native.DestroyResult(&s.result)
	if errors.Is(why, io.EOF) {
		s.ended.Store(true)
		return
	}
	if s.first != nil {
		s.first.Release()
		s.first = nil
	}
	s.ended.Store(true)
	c.marked = true
	var next native.PreparedStatement
	native.Prepare(c.handle, "SELECT 1", &next)
	native.DestroyPrepare(&next)
}

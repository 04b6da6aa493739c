package duckdb

import (
	"slices"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"
	native "github.com/duckdb/duckdb-go-bindings"

	"github.com/nekomata-sql/nekomata/engine/duckdb/dialect"
)

// simple are the types that are all that there is to say about a column in Arrow, but
// for its name and whether it has an alias, such as JSON.
var simple = []native.Type{
	native.TypeBoolean, native.TypeTinyInt, native.TypeSmallInt, native.TypeInteger, native.TypeBigInt, native.TypeUTinyInt, native.TypeUSmallInt,
	native.TypeUInteger, native.TypeUBigInt, native.TypeFloat, native.TypeDouble, native.TypeVarchar, native.TypeDate, native.TypeTimestamp,
}

// mostShapes is how many schemas are remembered, and shapeBytes how long the names of the
// columns of each may be in all.
const (
	mostShapes = 1000
	shapeBytes = 1000
)

// shapes remembers the Arrow schemas of results whose types are simple. Most statements
// come again and again, and to have DuckDB describe a small result in Arrow takes a tenth
// of the time that the statement does.
type shapes struct {
	mu    sync.RWMutex
	known map[string]*arrow.Schema
}

// key is what the columns are called and what their types are, "" when that doesn't say
// everything.
func (*shapes) key(result *native.Result) string {
	var key []byte
	for i := range native.ColumnCount(result) {
		kind := native.ColumnType(result, i)
		if !slices.Contains(simple, kind) || hasAlias(result, i) {
			return ""
		}
		key = append(key, byte(kind))
		key = append(key, native.ColumnName(result, i)...)
		key = append(key, 0)
		if len(key) > shapeBytes {
			return ""
		}
	}
	return string(key)
}

func hasAlias(result *native.Result, column native.IdxT) bool {
	t := native.ColumnLogicalType(result, column)
	defer native.DestroyLogicalType(&t)
	return native.LogicalTypeGetAlias(t) != ""
}

func (s *shapes) get(key string) *arrow.Schema {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.known[key]
}

func (s *shapes) put(key string, schema *arrow.Schema) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.known) >= mostShapes || s.known == nil {
		s.known = map[string]*arrow.Schema{}
	}
	s.known[key] = schema
}

// describe makes the Arrow schema of the result.
func (s *stream) describe() failure {
	key := s.conn.db.shapes.key(&s.result)
	if key != "" {
		s.chunks = s.conn.db.shapes.get(key)
	}
	if s.chunks == nil {
		f := s.inquire()
		if f.failed() {
			return f
		}
		if key != "" {
			s.conn.db.shapes.put(key, s.chunks)
		}
	}
	s.columns = columnsOf(&s.result, s.chunks)
	if s.schema == nil {
		s.schema = s.chunks
	}
	if len(s.plan.Lengths.Known) > 0 {
		s.plan = s.plan.Sized(s.schema)
		s.schema = named(s.schema, s.plan.Lengths.Type)
	}
	if len(s.plan.Voids) > 0 {
		s.schema = s.plan.VoidSchema(s.schema)
	}
	return failure{}
}

// inquire has DuckDB say what the result is in Arrow.
func (s *stream) inquire() failure {
	n := native.ColumnCount(&s.result)
	types := make([]native.LogicalType, n)
	names := make([]string, n)
	for i := range n {
		types[i] = native.ColumnLogicalType(&s.result, i)
		names[i] = dialect.ColumnName(native.ColumnName(&s.result, i))
	}
	defer func() {
		for i := range types {
			native.DestroyLogicalType(&types[i])
		}
	}()
	schema, failed := native.NewArrowSchema(s.options, types, names)
	defer native.DestroyErrorData(&failed)
	if native.ErrorDataHasError(failed) {
		return decode(native.ErrorDataErrorType(failed), native.ErrorDataMessage(failed))
	}
	s.chunks = schema
	if s.plan.Sums {
		s.schema = summed(schema, types, s.sums)
	}
	return failure{}
}

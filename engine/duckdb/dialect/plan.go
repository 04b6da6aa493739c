package dialect

import (
	"iter"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// Plan says how a statement is answered. With Ask, another plan takes its place.
// Else the order is: Check, then Local or Before, SQL and After, then Commit; of
// the result each batch goes through [Plan.Finish].
type Plan struct {
	// Ask is a question whose answer decides what to do; nil when there is none.
	// The plan that it leads to has no Commit.
	Ask *Question
	// Check is a question to ask before; nil when there is none.
	Check *Check
	// SQL is the DuckDB statement to run; empty when Local is set or when there
	// is nothing to run.
	SQL string
	// Before and After are statements around SQL that must succeed together with
	// it: all of them run in one transaction, the client's own if there is one. SQL
	// then has no result set.
	Before, After []string
	// Verbatim says that SQL is the statement line for line as the user wrote it,
	// so that the line that DuckDB names in an error is the user's. Otherwise cut
	// that part of the message off: it would show what the user never wrote.
	Verbatim bool
	// Untouched says that SQL is the client's text in DuckDB's own SQL, of which nothing
	// has been read.
	Untouched bool
	// Schema, when not nil, takes the place of the result's own: same number and
	// types of columns, but with comments and metadata.
	Schema *arrow.Schema
	// NoResult says that what SQL answers is not shown: the statement has no
	// result set.
	NoResult bool
	// Local is an answer that needs no DuckDB.
	Local *Local
	// Notes are lines for the operation's log.
	Notes []string
	// Commit, when not nil, changes the session; call it once all has succeeded.
	Commit func()

	// Sums says that the statement itself adds numbers up in Hive's SQL: a column of
	// HUGEINT is then BIGINT to clients.
	Sums bool
	// Unsummed, set with Sums, gives the statement with max in the place of sum, for
	// the types of what is added up; see [SumType].
	Unsummed func() string

	// Voids are the columns, from 0, that are a NULL without a type. DuckDB has them as
	// INTEGER; Finish makes them what they are.
	Voids []int

	// Lengths are those of VARCHAR(n) and CHAR(n) columns, which DuckDB forgets. The
	// names of columns must be looked at; see [Plan.Sized].
	Lengths Lengths

	marked bool // cells may hold marked DuckDB types
	jdbc   bool // and they are shown as JDBC's metadata shows types
}

// Plain tells whether SQL and its result are all that there is to the plan.
func (p Plan) Plain() bool {
	return p.SQL != "" && p.Ask == nil && p.Check == nil && p.Local == nil && !p.Together() && p.Schema == nil && !p.NoResult &&
		len(p.Notes) == 0 && p.Commit == nil && !p.Sums && len(p.Voids)+len(p.Lengths.Known) == 0 && !p.marked
}

// Question is a query whose answer decides about a plan.
type Question struct {
	// SQL is the query. All its columns are texts, never NULL.
	SQL string
	// Lasting says that the answer, which Then doesn't change, is the same until a
	// statement changes more than rows.
	Lasting bool
	// Then makes the plan out of the rows.
	Then func(rows [][]string) (Plan, error)
}

// Together tells whether the plan is several statements that succeed or fail as
// one.
func (p Plan) Together() bool { return len(p.Before)+len(p.After) > 0 }

// Statements are those that the plan runs, in order; SQL is among them even if there is none.
func (p Plan) Statements() iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, sql := range p.Before {
			if !yield(sql) {
				return
			}
		}
		if !yield(p.SQL) {
			return
		}
		for _, sql := range p.After {
			if !yield(sql) {
				return
			}
		}
	}
}

// Local is a table of strings.
type Local struct {
	// Columns names the columns.
	Columns []string
	// Rows has one cell a column; nil is NULL.
	Rows [][]*string
}

// Check is a statement that must find a row.
type Check struct {
	// SQL is the statement.
	SQL string
	// Err is what the plan fails with when SQL finds none.
	Err *sqlerr.Error

	where string // the condition, for the plan's own statement
}

// typeMark stands before a DuckDB type's text in the cells that SQL answers;
// Finish puts the Hive type in its place. SQL can't turn nested type texts
// around, and no name in a catalog begins with this character by accident.
const typeMark = '\x01'

// Finish makes a batch of SQL's result ready for clients: it puts Schema in
// place and Hive's type names where DuckDB's stand. It releases batch and gives
// one that the caller must release; it may be the same.
func (p Plan) Finish(batch arrow.RecordBatch) arrow.RecordBatch {
	if p.Schema == nil && !p.marked && len(p.Voids) == 0 && len(p.Lengths.Known) == 0 {
		return batch
	}
	defer batch.Release()
	schema := p.Schema
	if schema == nil {
		schema = batch.Schema()
	}
	columns := make([]arrow.Array, batch.NumCols())
	for i := range columns {
		columns[i] = batch.Column(i)
		if texts, ok := columns[i].(*array.String); ok && p.marked && hasMark(texts) {
			columns[i] = p.hiveTypes(texts)
			defer columns[i].Release()
		}
	}
	if len(p.Voids) > 0 {
		schema = p.VoidSchema(schema)
	}
	for _, i := range p.Voids {
		if i < len(columns) && schema.Field(i).Type == arrow.Null {
			columns[i] = array.NewNull(int(batch.NumRows()))
			defer columns[i].Release()
		}
	}
	for _, l := range p.Lengths.Known {
		if texts, ok := columns[l.Column].(*array.String); ok && l.Pads {
			columns[l.Column] = padded(texts, l.Size)
			defer columns[l.Column].Release()
		}
	}
	return array.NewRecordBatch(schema, columns, batch.NumRows())
}

// VoidSchema is a schema in which Voids have no type.
func (p Plan) VoidSchema(schema *arrow.Schema) *arrow.Schema {
	fields := schema.Fields()
	for _, i := range p.Voids {
		if i < len(fields) && fields[i].Type.ID() == arrow.INT32 {
			fields[i].Type = arrow.Null
		}
	}
	m := schema.Metadata()
	return arrow.NewSchema(fields, &m)
}

func hasMark(texts *array.String) bool {
	for i := range texts.Len() {
		if v := texts.Value(i); !texts.IsNull(i) && v != "" && v[0] == typeMark {
			return true
		}
	}
	return false
}

func (p Plan) hiveTypes(texts *array.String) arrow.Array {
	b := array.NewStringBuilder(memory.DefaultAllocator)
	defer b.Release()
	b.Reserve(texts.Len())
	for i := range texts.Len() {
		v := texts.Value(i)
		switch {
		case texts.IsNull(i):
			b.AppendNull()
		case v != "" && v[0] == typeMark:
			name := HiveType(v[1:])
			if p.jdbc && !strings.Contains(name, "<") {
				// HiveServer2 shows what is no array, map or struct in upper case.
				name = strings.ToUpper(name)
			}
			b.Append(name)
		default:
			b.Append(v)
		}
	}
	return b.NewArray()
}

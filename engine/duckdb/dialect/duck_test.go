//go:build duckdb_arrow

package dialect_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	duckdb "github.com/duckdb/duckdb-go-bindings"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/engine/duckdb/dialect"
)

// duck is a DuckDB of its own with the schema default, as the engine has it.
type duck struct {
	t    *testing.T
	conn duckdb.Connection
	s    *dialect.Session
}

func newDuck(t *testing.T) *duck {
	t.Helper()
	var db duckdb.Database
	require.Equal(t, duckdb.StateSuccess, duckdb.Open(":memory:", &db))
	d := &duck{t: t}
	require.Equal(t, duckdb.StateSuccess, duckdb.Connect(db, &d.conn))
	t.Cleanup(func() {
		duckdb.Disconnect(&d.conn)
		duckdb.Close(&db)
	})
	for _, sql := range dialect.Setup() {
		d.raw(sql)
	}
	d.s = dialect.NewSession(nil, nil, dialect.Options{Hive: true, Settings: d.isSetting})
	d.raw(`CREATE SCHEMA "default"`)
	d.raw("SET search_path = 'default,main'")
	return d
}

func (d *duck) isSetting(name string) bool {
	return len(d.raw("SELECT 1 FROM duckdb_settings() WHERE lower(name) = lower('"+name+"')").rows) > 0
}

// answer is a result as text; NULL is "NULL".
type answer struct {
	columns []string
	rows    [][]string
}

// raw runs SQL that must succeed.
func (d *duck) raw(sql string) answer {
	d.t.Helper()
	a, err := d.try(dialect.Plan{SQL: sql})
	require.NoError(d.t, err, sql)
	return a
}

// hive runs what a client sends.
func (d *duck) hive(sql string) (answer, error) {
	d.t.Helper()
	plan, err := d.s.Translate(sql, nil)
	if err != nil {
		return answer{}, err
	}
	return d.try(plan)
}

// must is hive for what must succeed.
func (d *duck) must(sql string) answer {
	d.t.Helper()
	a, err := d.hive(sql)
	require.NoError(d.t, err, sql)
	return a
}

// try does what an engine does with a plan.
func (d *duck) try(plan dialect.Plan) (answer, error) {
	d.t.Helper()
	var a answer
	for plan.Ask != nil {
		found, err := d.query(dialect.Plan{SQL: plan.Ask.SQL})
		if err != nil {
			return a, err
		}
		if plan, err = plan.Ask.Then(found.rows); err != nil {
			return a, err
		}
	}
	if plan.Together() {
		d.raw("begin")
		for _, sql := range slices.Concat(plan.Before, []string{plan.SQL}, plan.After) {
			if sql == "" {
				continue
			}
			if _, err := d.query(dialect.Plan{SQL: sql}); err != nil {
				d.raw("rollback")
				return a, err
			}
		}
		d.raw("commit")
		return a, nil
	}
	if plan.Check != nil {
		found, err := d.query(dialect.Plan{SQL: plan.Check.SQL})
		require.NoError(d.t, err, plan.Check.SQL)
		if len(found.rows) == 0 {
			return a, plan.Check.Err
		}
	}
	switch {
	case plan.Local != nil:
		a.columns = plan.Local.Columns
		for _, row := range plan.Local.Rows {
			var cells []string
			for _, cell := range row {
				if cell == nil {
					cells = append(cells, "NULL")
					continue
				}
				cells = append(cells, *cell)
			}
			a.rows = append(a.rows, cells)
		}
	case plan.SQL != "":
		var err error
		if a, err = d.query(plan); err != nil {
			return a, err
		}
		if plan.NoResult {
			a = answer{}
		}
	}
	if plan.Commit != nil {
		plan.Commit()
	}
	return a, nil
}

func (d *duck) query(plan dialect.Plan) (answer, error) {
	d.t.Helper()
	var a answer
	var res duckdb.Result
	defer duckdb.DestroyResult(&res)
	if duckdb.Query(d.conn, plan.SQL, &res) != duckdb.StateSuccess {
		return a, errors.New(duckdb.ResultError(&res))
	}
	options := duckdb.ResultGetArrowOptions(&res)
	defer duckdb.DestroyArrowOptions(&options)
	schema := d.schema(&res, options)
	for _, f := range schema.Fields() {
		a.columns = append(a.columns, f.Name)
	}
	for chunk := duckdb.FetchChunk(res); chunk.Ptr != nil; chunk = duckdb.FetchChunk(res) {
		batch, bad := duckdb.DataChunkToArrowArray(options, schema, chunk)
		require.False(d.t, duckdb.ErrorDataHasError(bad))
		duckdb.DestroyErrorData(&bad)
		duckdb.DestroyDataChunk(&chunk)
		batch = plan.Finish(batch)
		for i := range int(batch.NumRows()) {
			row := make([]string, batch.NumCols())
			for j := range row {
				row[j] = "NULL"
				if c := batch.Column(j); !c.IsNull(i) {
					row[j] = strings.Clone(c.ValueStr(i)) // the batch is in native memory
				}
			}
			a.rows = append(a.rows, row)
		}
		if plan.Schema != nil { // the promise that SQL casts to these types
			require.Len(d.t, schema.Fields(), len(plan.Schema.Fields()))
			for i, f := range plan.Schema.Fields() {
				require.Equal(d.t, f.Type, schema.Field(i).Type, f.Name)
				require.Equal(d.t, f.Name, schema.Field(i).Name)
			}
			require.True(d.t, batch.Schema().Equal(plan.Schema))
		}
		batch.Release()
	}
	return a, nil
}

func (d *duck) schema(res *duckdb.Result, options duckdb.ArrowOptions) *arrow.Schema {
	d.t.Helper()
	n := duckdb.ColumnCount(res)
	types := make([]duckdb.LogicalType, n)
	names := make([]string, n)
	for i := range n {
		types[i] = duckdb.ColumnLogicalType(res, i)
		names[i] = duckdb.ColumnName(res, i)
	}
	schema, bad := duckdb.NewArrowSchema(options, types, names)
	require.False(d.t, duckdb.ErrorDataHasError(bad))
	duckdb.DestroyErrorData(&bad)
	for i := range types {
		duckdb.DestroyLogicalType(&types[i])
	}
	return schema
}

// tryRaw runs SQL that may fail.
func (d *duck) tryRaw(sql string) (answer, error) { return d.try(dialect.Plan{SQL: sql}) }

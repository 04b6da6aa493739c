package duckdb

import (
	"context"
	"slices"
	"unsafe"

	native "github.com/duckdb/duckdb-go-bindings"

	"github.com/nekomata-sql/nekomata/engine"
	"github.com/nekomata-sql/nekomata/engine/duckdb/dialect"
)

// settle finds out what is to be executed, and whether it may be.
func (c *conn) settle(r *request) (failure, error) {
	for r.plan.Ask != nil {
		if f, err := c.resolve(r); f.failed() || err != nil {
			return f, err
		}
	}
	r.changes = c.db.notice(&r.plan)
	if err := permit(&r.plan); err != nil {
		return failure{}, err
	}
	return c.nameUser(r.plan), nil
}

// resolve puts the plan that the answer leads to in the place of one that asks.
func (c *conn) resolve(r *request) (failure, error) {
	question := r.plan.Ask
	if err := permitText(question.SQL); err != nil {
		return failure{}, err
	}
	rows, f := c.asked(question)
	if f.failed() {
		return f, nil
	}
	plan, err := question.Then(rows)
	if err != nil {
		return failure{}, err
	}
	c.status.say(plan.Notes...)
	r.plan = plan
	return failure{}, nil
}

// texts runs a query of our own whose columns are texts and not NULL.
func (c *conn) texts(sql string) ([][]string, failure) {
	var result native.Result
	defer native.DestroyResult(&result)
	if native.Query(c.handle, sql, &result) != native.StateSuccess {
		return nil, decode(native.ResultErrorType(&result), native.ResultError(&result)).of(sql)
	}
	width := native.ColumnCount(&result)
	var rows [][]string
	for chunk := native.FetchChunk(result); chunk.Ptr != nil; chunk = native.FetchChunk(result) {
		first := len(rows)
		n := int(native.DataChunkGetSize(chunk))
		for range n {
			rows = append(rows, make([]string, width))
		}
		for column := range width {
			if native.ColumnType(&result, column) != native.TypeVarchar {
				continue
			}
			vector := native.DataChunkGetVector(chunk, column)
			for i := range n {
				rows[first+i][column] = textAt(vector, i)
			}
		}
		native.DestroyDataChunk(&chunk)
	}
	return rows, streamFailure(&result)
}

// together runs a plan of several statements in one transaction: the client's,
// if there is one, which a failure aborts; else one of its own.
func (c *conn) together(ctx context.Context, p *pass, plan dialect.Plan) (engine.Rows, failure, error) {
	if p.judge() {
		if err := p.wait(ctx, c); err != nil {
			return nil, failure{}, err
		}
	}
	c.marked = true
	own := !c.inTx
	if own {
		if _, f := ask(c.handle, "BEGIN TRANSACTION", 0); f.failed() {
			return nil, f, nil
		}
	}
	changed, f := c.changes(plan)
	if own && !f.failed() {
		_, f = ask(c.handle, "COMMIT", 0)
	}
	if f.failed() {
		if own {
			ask(c.handle, "ROLLBACK", 0) // fails when DuckDB has rolled back already
		}
		return nil, f, nil
	}
	return nothing(changed), failure{}, nil
}

// changes runs the statements of a plan and tells how many rows SQL changed.
func (c *conn) changes(plan dialect.Plan) (int64, failure) {
	changed := int64(-1)
	for i, sql := range slices.Concat(plan.Before, []string{plan.SQL}, plan.After) {
		if sql == "" {
			continue
		}
		n, f := c.change(sql)
		if f.failed() {
			return -1, f
		}
		if i == len(plan.Before) {
			changed = n
		}
	}
	return changed, failure{}
}

func (c *conn) change(sql string) (int64, failure) {
	var result native.Result
	defer native.DestroyResult(&result)
	if native.Query(c.handle, sql, &result) != native.StateSuccess {
		return -1, decode(native.ResultErrorType(&result), native.ResultError(&result)).of(sql)
	}
	if native.ResultReturnType(result) != native.ResultTypeChangedRows && native.ResultStatementType(result) != native.StatementTypeCreate {
		return -1, failure{}
	}
	return changedRows(&result)
}

// textAt is row i of a vector of texts.
func textAt(vector native.Vector, i int) string {
	texts := unsafe.Slice((*native.StringT)(native.VectorGetData(vector)), i+1) //nolint:gosec // a vector of texts has that many
	return native.StringTData(&texts[i])
}

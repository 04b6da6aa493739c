package duckdb

import (
	"context"
	"fmt"
	"strings"

	native "github.com/duckdb/duckdb-go-bindings"

	"github.com/nekomata-sql/nekomata/engine"
	"github.com/nekomata-sql/nekomata/engine/duckdb/dialect"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// statement is a prepared statement of DuckDB's.
type statement struct {
	sql    string
	kind   native.StatementType
	handle native.PreparedStatement
}

func (s *statement) close() { native.DestroyPrepare(&s.handle) }

// perform checks, prepares, classifies and executes a plan, up to its first
// rows. It fails with a failure of DuckDB's or with an error of ours.
func (c *conn) perform(ctx context.Context, p *pass, r *request) (engine.Rows, failure, error) {
	if f, err := c.setUp(); f.failed() || err != nil {
		return nil, f, err
	}
	if f, err := c.settle(r); f.failed() || err != nil {
		return nil, f, err
	}
	defer c.db.changes.Add(r.changes)
	if check := r.plan.Check; check != nil {
		found, f := c.finds(check.SQL)
		if f.failed() {
			return nil, f, nil
		}
		if !found {
			return nil, failure{}, check.Err
		}
	}
	switch {
	case r.plan.Local != nil && !r.plan.Together():
		return localRows(r.plan), failure{}, nil
	case r.plan.Together():
		return c.together(ctx, p, r.plan)
	case r.plan.SQL == "":
		return nothing(-1), failure{}, nil
	case isImport(r.plan.SQL):
		return c.importDatabase(ctx, p, r.plan.SQL)
	}
	s, f, err := c.prepare(r.plan.SQL)
	if f.failed() || err != nil {
		return nil, f, err
	}
	defer s.close()
	if p.judge() {
		if r.small || onlyLiterals(s.sql) || c.small(s) {
			p.stay()
		} else if err := p.wait(ctx, c); err != nil {
			return nil, failure{}, err
		}
	}
	r.sums = c.sums(s, r.plan)
	rows, f, err := c.start(s, *r)
	if !f.failed() && err == nil {
		c.remember(r, rows)
	}
	return rows, f, err
}

// sums tells Hive's types of the columns of s that are sums of decimals.
func (c *conn) sums(s *statement, plan dialect.Plan) map[int]string {
	if plan.Unsummed == nil || s.kind != native.StatementTypeSelect {
		return nil
	}
	types := s.decimals()
	if len(types) == 0 {
		return nil
	}
	probe, f, err := c.prepareText(plan.Unsummed())
	if f.failed() || err != nil {
		return nil
	}
	defer probe.close()
	out := map[int]string{}
	largest := probe.decimals()
	for i, t := range types {
		if name := dialect.SumType(t, largest[i]); name != "" {
			out[i] = strings.ToLower(name)
		}
	}
	return out
}

// decimals are the types of the columns that are decimals.
func (s *statement) decimals() map[int]string {
	var out map[int]string
	for i := range native.PreparedStatementColumnCount(s.handle) {
		if native.PreparedStatementColumnType(s.handle, i) != native.TypeDecimal {
			continue
		}
		t := native.PreparedStatementColumnLogicalType(s.handle, i)
		if out == nil {
			out = map[int]string{}
		}
		out[int(i)] = fmt.Sprintf("DECIMAL(%d,%d)", native.DecimalWidth(t), native.DecimalScale(t))
		native.DestroyLogicalType(&t)
	}
	return out
}

// finds tells whether a statement of ours answers with a row.
func (c *conn) finds(sql string) (bool, failure) {
	var result native.Result
	defer native.DestroyResult(&result)
	if native.Query(c.handle, sql, &result) != native.StateSuccess {
		return false, decode(native.ResultErrorType(&result), native.ResultError(&result))
	}
	chunk := native.FetchChunk(result)
	defer native.DestroyDataChunk(&chunk)
	return chunk.Ptr != nil && native.DataChunkGetSize(chunk) > 0, failure{}
}

// prepare makes a statement of sql, which must be one. Where DuckDB makes several
// of it (PIVOT), all but the last are executed on the way.
func (c *conn) prepare(sql string) (*statement, failure, error) {
	s, f, err := c.prepareText(sql)
	if f.failed() || err != nil {
		return nil, f, err
	}
	if native.NParams(s.handle) > 0 {
		s.close()
		return nil, failure{}, sqlerr.New(sqlerr.Invalid, "the statement has parameters, and nothing says what "+
			"their values are: put the values into the text").WithState("07001")
	}
	wrapped, err := s.wrapped()
	if wrapped == "" || err != nil {
		if err != nil {
			s.close()
		}
		return s, failure{}, err
	}
	s.close()
	return c.prepareText(wrapped)
}

func (c *conn) prepareText(sql string) (*statement, failure, error) {
	if several(sql) {
		return nil, failure{}, sqlerr.New(sqlerr.Invalid,
			"[PARSE_SYNTAX_ERROR] one statement at a time, please: this text holds several").WithState("42601")
	}
	var extracted native.ExtractedStatements
	n := native.ExtractStatements(c.handle, sql, &extracted)
	defer native.DestroyExtracted(&extracted)
	if n == 0 {
		if message := native.ExtractStatementsError(extracted); message != "" {
			return nil, decode(native.ErrorTypeParser, message).of(sql), nil
		}
		return nil, failure{}, sqlerr.New(sqlerr.Invalid,
			"[PARSE_SYNTAX_ERROR] the statement is empty").WithState("42601")
	}
	for i := native.IdxT(0); ; i++ {
		s := &statement{sql: sql}
		if native.PrepareExtractedStatement(c.handle, extracted, i, &s.handle) != native.StateSuccess {
			f := decode(native.ErrorTypeInvalid, native.PrepareError(s.handle)).of(sql)
			s.close()
			return nil, f, nil
		}
		s.kind = native.PreparedStatementType(s.handle)
		c.marked = c.marked || n > 1 || s.leavesTraces()
		if i == n-1 {
			return s, failure{}, nil
		}
		f := s.executeQuietly()
		s.close()
		c.alone()
		if f.failed() {
			return nil, f, nil
		}
	}
}

// leavesTraces tells whether the statement may change its connection: all but
// queries do, and those that seed its random numbers.
func (s *statement) leavesTraces() bool {
	return s.kind != native.StatementTypeSelect || strings.Contains(strings.ToLower(s.sql), "setseed")
}

// executeQuietly runs a statement whose result nobody asks for.
func (s *statement) executeQuietly() failure {
	var result native.Result
	defer native.DestroyResult(&result)
	if native.ExecutePrepared(s.handle, &result) != native.StateSuccess {
		return decode(native.ResultErrorType(&result), native.ResultError(&result))
	}
	return failure{}
}

// start executes s up to its first rows.
func (c *conn) start(s *statement, r request) (engine.Rows, failure, error) {
	if s.changesSettings() {
		c.alone()
	}
	var pending native.PendingResult
	defer native.DestroyPending(&pending)
	if native.PendingPreparedStreaming(s.handle, &pending) != native.StateSuccess {
		return nil, decode(native.ErrorTypeInvalid, native.PendingError(pending)), nil
	}
	var result native.Result
	if native.ExecutePending(pending, &result) != native.StateSuccess {
		defer native.DestroyResult(&result)
		return nil, decode(native.ResultErrorType(&result), native.ResultError(&result)), nil
	}
	switch native.ResultReturnType(result) {
	case native.ResultTypeQueryResult:
		return c.newStream(result, r)
	case native.ResultTypeChangedRows:
		defer native.DestroyResult(&result)
		n, f := changedRows(&result)
		return nothing(n), f, nil
	default:
		defer native.DestroyResult(&result)
		if s.kind == native.StatementTypeTransaction {
			switch firstWord(s.sql) {
			case "begin", "start":
				c.inTx = true
			default:
				c.inTx = false
			}
		}
		n, f := changedRows(&result)
		if s.kind != native.StatementTypeCreate { // CREATE TABLE AS counts what it has put in
			n = -1
		}
		return nothing(n), f, nil
	}
}

// changedRows reads the one number that a statement which changes rows answers.
func changedRows(result *native.Result) (int64, failure) {
	n := int64(-1)
	for {
		chunk := native.FetchChunk(*result)
		if chunk.Ptr == nil {
			break
		}
		if native.DataChunkGetSize(chunk) > 0 && native.ColumnType(result, 0) == native.TypeBigInt {
			n = *(*int64)(native.VectorGetData(native.DataChunkGetVector(chunk, 0)))
		}
		native.DestroyDataChunk(&chunk)
	}
	return n, streamFailure(result)
}

// streamFailure is what ended a stream before its time; none for a whole one.
func streamFailure(result *native.Result) failure {
	if message := native.ResultError(result); message != "" {
		return decode(native.ResultErrorType(result), message)
	}
	return failure{}
}

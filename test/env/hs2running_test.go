package env_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/test/env"
	tcli "github.com/nekomata-sql/nekomata/thrift/hive"
)

// endless runs for hours unless somebody ends it.
const endless = "select count(*) from range(1000000) a(i), range(1000000) b(j) where i * j % 7 = 3"

func (c *caller) cancel(op *tcli.TOperationHandle) {
	c.t.Helper()
	r, err := c.CancelOperation(c.t.Context(), &tcli.TCancelOperationReq{OperationHandle: op})
	require.NoError(c.t, err)
	c.ok(r.Status)
}

// logs are the lines of an operation's log that have not been fetched yet.
func (c *caller) logs(op *tcli.TOperationHandle) []string {
	c.t.Helper()
	r := c.fetch(op, 1000, 1)
	c.ok(r.Status)
	require.Len(c.t, r.Results.Columns, 1)
	return r.Results.Columns[0].StringVal.Values
}

// TestLongWorkIsVisible watches a statement that reads a table: its progress moves,
// its log comes while it runs, and its times are right.
func TestLongWorkIsVisible(t *testing.T) {
	t.Parallel()
	c := newCaller(t)
	c.do("create table t as select i, hash(i) as h from range(1000000) t(i)")
	before := time.Now().Add(-time.Millisecond).UnixMilli()
	const sql = "select sum(length(md5(cast(h as string))) + length(sha256(cast(i as string))) + length(sha256(cast(h as string)))) from t"
	op := c.start(&tcli.TExecuteStatementReq{Statement: sql, RunAsync: true})
	var fractions []float64
	var log []string
	for {
		s := c.status(op)
		p := s.ProgressUpdateResponse
		if s.GetOperationState() == tcli.TOperationState_FINISHED_STATE {
			require.Equal(t, tcli.TJobExecutionStatus_NOT_AVAILABLE, p.Status, "the bar is over")
			require.GreaterOrEqual(t, s.GetOperationStarted(), before)
			require.GreaterOrEqual(t, s.GetOperationCompleted(), s.GetOperationStarted())
			require.LessOrEqual(t, s.GetOperationCompleted(), time.Now().UnixMilli())
			require.True(t, s.GetHasResultSet())
			require.EqualValues(t, -1, s.GetNumModifiedRows(), "a result set")
			break
		}
		require.Equal(t, tcli.TOperationState_RUNNING_STATE, s.GetOperationState(), s.GetErrorMessage())
		require.Zero(t, s.GetOperationCompleted(), "not yet")
		if p.Status == tcli.TJobExecutionStatus_IN_PROGRESS {
			require.Len(t, p.HeaderNames, 9)
			require.Len(t, p.Rows, 1)
			require.Len(t, p.Rows[0], 9)
			fractions = append(fractions, p.ProgressedPercentage)
		}
		log = append(log, c.logs(op)...)
	}
	require.IsNonDecreasing(t, fractions)
	require.NotEmpty(t, fractions)
	require.Greater(t, fractions[len(fractions)-1], 0.0, "it moves: %v", fractions)
	require.Contains(t, strings.Join(log, "\n"), sql, "while it runs")
	require.Contains(t, strings.Join(c.logs(op), "\n"), "FINISHED", "and the rest after its end")
}

func TestModifiedRows(t *testing.T) {
	t.Parallel()
	c := newCaller(t)
	for _, tc := range []struct {
		sql  string
		want int64
		rows bool
	}{
		{"create table t (a int, b string)", 0, false},
		{"insert into t values (1, 'x'), (2, 'y'), (3, 'z')", 3, false},
		{"insert into t select i, 'n' from range(10) r(i)", 10, false},
		{"update t set b = 'w' where a > 7", 2, false},
		{"delete from t where a < 2", 3, false},
		{"select a from t", -1, true},
		{"create table u as select a from t where a > 1", 10, false},
		{"drop table t", 0, false},
	} {
		op := c.start(&tcli.TExecuteStatementReq{Statement: tc.sql})
		s := c.status(op)
		require.Equal(t, tcli.TOperationState_FINISHED_STATE, s.GetOperationState(), tc.sql)
		require.Equal(t, tc.want, s.GetNumModifiedRows(), tc.sql)
		require.Equal(t, tc.rows, s.GetHasResultSet(), tc.sql)
		require.Equal(t, tc.rows, op.HasResultSet, tc.sql)
		if !tc.rows { // drivers that ask all the same get nothing, and no error
			require.Empty(t, c.layout(op), tc.sql)
			require.Empty(t, c.rows(op), tc.sql)
		}
	}
}

func TestQueryTimeoutOfEitherSide(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		server string
		client int64
		ends   bool
	}{
		"the client's": {"0", 1, true}, "the server's": {"700", 0, true}, "the smaller, the client's": {"PT1H", 1, true},
		"the smaller, the server's": {"700", 3600, true}, "none": {"0", 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := env.Start(t, "kyuubi.operation.query.timeout="+tc.server)
			c := dialCaller(t, s)
			op := c.start(&tcli.TExecuteStatementReq{Statement: endless, RunAsync: true, QueryTimeout: tc.client})
			if !tc.ends {
				time.Sleep(1200 * time.Millisecond)
				require.Equal(t, tcli.TOperationState_RUNNING_STATE, c.status(op).GetOperationState())
				c.cancel(op)
				return
			}
			var end *tcli.TGetOperationStatusResp
			require.Eventually(t, func() bool {
				end = c.status(op)
				return end.GetOperationState() != tcli.TOperationState_RUNNING_STATE
			}, time.Minute, time.Millisecond)
			require.Equal(t, tcli.TOperationState_TIMEDOUT_STATE, end.GetOperationState())
			require.Equal(t, "HYT00", end.GetSqlState())
			require.NotEmpty(t, end.GetErrorMessage())
			require.NotContains(t, end.GetErrorMessage(), "goroutine")
			r := c.fetch(op, 10, 0)
			require.Equal(t, tcli.TStatusCode_ERROR_STATUS, r.Status.StatusCode)
			require.Equal(t, "HYT00", r.Status.GetSqlState())
			// A call that waits for the end succeeds and has a handle that says it.
			sync := c.start(&tcli.TExecuteStatementReq{Statement: endless, QueryTimeout: 1})
			require.Equal(t, tcli.TOperationState_TIMEDOUT_STATE, c.status(sync).GetOperationState())
			require.Equal(t, []string{"1"}, c.rows(c.do("select 1")), "the session goes on")
		})
	}
}

func TestCancelWhileRunning(t *testing.T) {
	t.Parallel()
	c := newCaller(t)
	op := c.start(&tcli.TExecuteStatementReq{Statement: endless, RunAsync: true})
	require.Equal(t, tcli.TOperationState_RUNNING_STATE, c.status(op).GetOperationState())
	c.cancel(op)
	c.cancel(op)
	require.Eventually(t, func() bool { return c.status(op).GetOperationState() == tcli.TOperationState_CANCELED_STATE }, time.Minute, time.Millisecond)
	end := c.status(op)
	require.Equal(t, "HY008", end.GetSqlState())
	require.NotContains(t, end.GetErrorMessage(), ".go:")
	require.Contains(t, strings.Join(c.logs(op), "\n"), "CANCELED")
	require.Equal(t, []string{"1"}, c.rows(c.do("select 1")))
}

// TestCancelWhileFetching ends a result in its middle: the next fetch fails at once
// and the session goes on.
func TestCancelWhileFetching(t *testing.T) {
	t.Parallel()
	s := env.Start(t)
	c := dialCaller(t, s)
	op := c.start(&tcli.TExecuteStatementReq{Statement: "select i, repeat('x', 100) from range(100000000) t(i)", RunAsync: true})
	require.Eventually(t, func() bool { return c.status(op).GetOperationState() == tcli.TOperationState_FINISHED_STATE }, time.Minute, time.Millisecond)
	first := c.fetch(op, 1000, 0)
	c.ok(first.Status)
	require.True(t, first.GetHasMoreRows())
	c.ok(c.fetch(op, 1000, 0).Status)
	dialCaller(t, s).cancel(op) // somebody else does, as Ctrl-C on another connection
	r := c.fetch(op, 1000, 0)
	require.Equal(t, tcli.TStatusCode_ERROR_STATUS, r.Status.StatusCode)
	require.Equal(t, "HY008", r.Status.GetSqlState(), r.Status.GetErrorMessage())
	require.Equal(t, tcli.TOperationState_CANCELED_STATE, c.status(op).GetOperationState())
	require.Equal(t, []string{"1"}, c.rows(c.do("select 1")), "the session's connection is free")
	closed, err := c.CloseOperation(t.Context(), &tcli.TCloseOperationReq{OperationHandle: op})
	require.NoError(t, err)
	c.ok(closed.Status)
}

func TestErrorsHaveAStateAndNoStack(t *testing.T) {
	t.Parallel()
	c := newCaller(t)
	for sql, state := range map[string]string{
		"selec 1": "42601", "select * from nowhere": "42P01", "select no_such from range(1)": "42703",
		"select 1::tinyint + 1000::tinyint": "22003", "select error('meow')": "",
	} {
		for _, async := range []bool{false, true} {
			r, err := c.ExecuteStatement(t.Context(), &tcli.TExecuteStatementReq{SessionHandle: c.session, Statement: sql, RunAsync: async})
			require.NoError(t, err)
			got, text := r.Status.GetSqlState(), r.Status.GetErrorMessage()
			if r.Status.StatusCode == tcli.TStatusCode_SUCCESS_STATUS {
				require.True(t, async, sql)
				var s *tcli.TGetOperationStatusResp
				require.Eventually(t, func() bool {
					s = c.status(r.OperationHandle)
					return s.GetOperationState() == tcli.TOperationState_ERROR_STATE
				}, time.Minute, time.Millisecond, sql)
				got, text = s.GetSqlState(), s.GetErrorMessage()
			}
			if state != "" {
				require.Equal(t, state, got, "%s: %s", sql, text)
			}
			require.Len(t, got, 5, sql)
			require.NotEmpty(t, text, sql)
			for _, trace := range []string{".go:", "goroutine", "Stack", "sqlerr"} {
				require.NotContains(t, text, trace, sql)
			}
		}
	}
}

package env_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/test/env"
	tcli "github.com/nekomata-sql/nekomata/thrift/hive"
)

// begin runs a statement to the state in which its rows can be fetched.
func (s thriftSession) begin(tb testing.TB, sql string) *tcli.TOperationHandle {
	tb.Helper()
	r, err := s.ExecuteStatement(tb.Context(), &tcli.TExecuteStatementReq{SessionHandle: s.session, Statement: sql})
	require.NoError(tb, err)
	require.Equal(tb, tcli.TStatusCode_SUCCESS_STATUS, r.Status.StatusCode, r.Status.GetErrorMessage())
	return r.OperationHandle
}

func (s thriftSession) page(tb testing.TB, op *tcli.TOperationHandle, how tcli.TFetchOrientation, size int64) *tcli.TFetchResultsResp {
	tb.Helper()
	r, err := s.FetchResults(tb.Context(), &tcli.TFetchResultsReq{OperationHandle: op, Orientation: how, MaxRows: size})
	require.NoError(tb, err)
	return r
}

func (s thriftSession) end(tb testing.TB, op *tcli.TOperationHandle) {
	tb.Helper()
	r, err := s.CloseOperation(tb.Context(), &tcli.TCloseOperationReq{OperationHandle: op})
	require.NoError(tb, err)
	require.Equal(tb, tcli.TStatusCode_SUCCESS_STATUS, r.Status.StatusCode)
}

// countsTo demands that the first column counts on from the first row's number.
func countsTo(tb testing.TB, r *tcli.TFetchResultsResp, start int64) (rows int64) {
	tb.Helper()
	require.Equal(tb, tcli.TStatusCode_SUCCESS_STATUS, r.Status.StatusCode, r.Status.GetErrorMessage())
	require.Equal(tb, start, r.Results.StartRowOffset)
	values := r.Results.Columns[0].I64Val.Values
	for i, v := range values {
		if v != start+int64(i) {
			require.Equal(tb, start+int64(i), v)
		}
	}
	return int64(len(values))
}

const (
	next  = tcli.TFetchOrientation_FETCH_NEXT
	first = tcli.TFetchOrientation_FETCH_FIRST
)

func TestTwoThousandColumns(t *testing.T) {
	t.Parallel()
	const width = 2000
	s := openPlain(t, env.Start(t), nil)
	columns := make([]string, width)
	for i := range columns {
		columns[i] = fmt.Sprintf("i + %d as c%d", i, i)
		if i%2 == 1 {
			columns[i] = fmt.Sprintf("concat('text ', i + %d) as c%d", i, i)
		}
	}
	op := s.begin(t, "select "+strings.Join(columns, ", ")+" from range(300) t(i)")
	m, err := s.GetResultSetMetadata(t.Context(), &tcli.TGetResultSetMetadataReq{OperationHandle: op})
	require.NoError(t, err)
	require.Len(t, m.Schema.Columns, width)
	require.EqualValues(t, width, m.Schema.Columns[width-1].Position)
	require.Equal(t, "c1999", m.Schema.Columns[width-1].ColumnName)
	for range 2 {
		r := s.page(t, op, first, 1000)
		require.Len(t, r.Results.Columns, width)
		for i, c := range r.Results.Columns {
			if i%2 == 1 {
				require.Len(t, c.StringVal.Values, 300)
				require.Equal(t, fmt.Sprintf("text %d", 299+i), c.StringVal.Values[299])
				continue
			}
			require.Len(t, c.I64Val.Values, 300)
			require.EqualValues(t, 299+i, c.I64Val.Values[299])
		}
	}
}

func TestResultsWithLittleInThem(t *testing.T) {
	t.Parallel()
	s := openPlain(t, env.Start(t), nil)

	op := s.begin(t, "select i, concat('a', i) as s from range(10) t(i) where i > 10")
	require.True(t, op.HasResultSet)
	for range 2 { // as often as one asks
		r := s.page(t, op, next, 100)
		require.False(t, r.GetHasMoreRows())
		require.Len(t, r.Results.Columns, 2)
		require.Empty(t, r.Results.Columns[0].I64Val.Values)
		require.Empty(t, r.Results.Columns[1].StringVal.Values)
	}

	op = s.begin(t, "create table little (i int)")
	require.False(t, op.HasResultSet)
	m, err := s.GetResultSetMetadata(t.Context(), &tcli.TGetResultSetMetadataReq{OperationHandle: op})
	require.NoError(t, err)
	require.Empty(t, m.Schema.GetColumns())
	r := s.page(t, op, next, 100)
	require.Equal(t, tcli.TStatusCode_SUCCESS_STATUS, r.Status.StatusCode)
	require.False(t, r.GetHasMoreRows())
	require.NotNil(t, r.Results.Columns, "drivers read the list unasked")
	require.Empty(t, r.Results.Columns)
}

// Columns of nothing but nulls, of every type, over several pages and batches.
func TestAllNulls(t *testing.T) {
	t.Parallel()
	s := openPlain(t, env.Start(t), nil)
	types := []string{
		"boolean", "tinyint", "smallint", "int", "bigint", "float", "double", "decimal(38,10)", "decimal(9,2)", "string", "binary",
		"date", "timestamp", "timestamptz", "time", "interval", "uuid", "hugeint", "int[]", "struct(a int, b varchar)", "map(varchar, int)",
	}
	columns := []string{"null as untyped"}
	for i, typ := range types {
		columns = append(columns, fmt.Sprintf("cast(null as %s) as c%d", typ, i))
	}
	const rows = 5000
	op := s.begin(t, "select "+strings.Join(columns, ", ")+fmt.Sprintf(" from range(%d)", rows))
	got := 0
	for {
		r := s.page(t, op, next, 1999)
		require.Equal(t, tcli.TStatusCode_SUCCESS_STATUS, r.Status.StatusCode, r.Status.GetErrorMessage())
		require.Len(t, r.Results.Columns, len(columns))
		n := 0
		for i, c := range r.Results.Columns {
			values, nulls := valuesOf(c)
			if i == 0 {
				n = values
			}
			require.Equal(t, n, values)
			set := 0
			for k := range values {
				if nulls[k/8]&(1<<(k%8)) != 0 {
					set++
				}
			}
			require.Equal(t, n, set, columns[i])
		}
		if got += n; !r.GetHasMoreRows() {
			break
		}
	}
	require.Equal(t, rows, got)
}

func valuesOf(c *tcli.TColumn) (n int, nulls []byte) {
	switch {
	case c.BoolVal != nil:
		return len(c.BoolVal.Values), c.BoolVal.Nulls
	case c.ByteVal != nil:
		return len(c.ByteVal.Values), c.ByteVal.Nulls
	case c.I16Val != nil:
		return len(c.I16Val.Values), c.I16Val.Nulls
	case c.I32Val != nil:
		return len(c.I32Val.Values), c.I32Val.Nulls
	case c.I64Val != nil:
		return len(c.I64Val.Values), c.I64Val.Nulls
	case c.DoubleVal != nil:
		return len(c.DoubleVal.Values), c.DoubleVal.Nulls
	case c.BinaryVal != nil:
		return len(c.BinaryVal.Values), c.BinaryVal.Nulls
	default:
		return len(c.StringVal.Values), c.StringVal.Nulls
	}
}

// A thousand operations of one session, all open, each with more rows than were
// fetched: each keeps its own.
func TestAThousandOperationsOfOneSession(t *testing.T) {
	t.Parallel()
	s := openPlain(t, env.Start(t), nil)
	const many, rows = 1000, 3000
	ops := make([]*tcli.TOperationHandle, many)
	for k := range ops {
		ops[k] = s.begin(t, fmt.Sprintf("select i, i + %d as j from range(%d) t(i)", k, rows))
		require.EqualValues(t, 10, countsTo(t, s.page(t, ops[k], next, 10), 0))
	}
	for k := range ops {
		at := int64(10)
		for at < rows {
			r := s.page(t, ops[k], next, 2000)
			n := countsTo(t, r, at)
			require.Positive(t, n)
			require.Equal(t, at+int64(k), r.Results.Columns[1].I64Val.Values[0])
			at += n
		}
		require.EqualValues(t, rows, at)
		s.end(t, ops[k])
	}
	for range many { // and as many one after the other
		op := s.begin(t, "select 1")
		s.end(t, op)
	}
}

// Two clients that fetch one operation share its rows: each row goes to one of them.
func TestTwoClientsOfOneOperation(t *testing.T) {
	t.Parallel()
	g := env.Start(t)
	const rows = 300_000
	a, b := openPlain(t, g, nil), openPlain(t, g, nil)
	op := a.begin(t, fmt.Sprintf("select i from range(%d) t(i)", rows))
	type span struct{ from, to int64 }
	var mu sync.Mutex
	var all []span
	var wg sync.WaitGroup
	for i, s := range []thriftSession{a, b} {
		wg.Go(func() {
			for {
				r, err := s.FetchResults(t.Context(), &tcli.TFetchResultsReq{OperationHandle: op, Orientation: next, MaxRows: int64(700 + 600*i)})
				if !assert.NoError(t, err) || !assert.Equal(t, tcli.TStatusCode_SUCCESS_STATUS, r.Status.StatusCode) {
					return
				}
				from := r.Results.StartRowOffset
				n := countsTo(t, r, from)
				if n == 0 {
					return
				}
				mu.Lock()
				all = append(all, span{from, from + n})
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	slices.SortFunc(all, func(x, y span) int { return int(x.from - y.from) })
	at := int64(0)
	for _, s := range all {
		require.Equal(t, at, s.from, "no row twice and none left out")
		at = s.to
	}
	require.EqualValues(t, rows, at)
}

// A client can begin again at the first row, whether that is in memory or in the file,
// after one page, in the middle and at the end, and is told when the file was too small.
func TestFetchFirst(t *testing.T) {
	t.Parallel()
	g := env.Start(t, "kyuubi.operation.result.memory.max.size=256k", "kyuubi.operation.result.spill.max.size=8m")
	s := openPlain(t, g, nil)
	for _, rows := range []int64{1, 2_000, 20_000, 300_000} { // at most 20 bytes each
		op := s.begin(t, fmt.Sprintf("select i, concat('row ', i) as s from range(%d) t(i)", rows))
		for _, upTo := range []int64{1, rows / 2, rows} {
			at := countsTo(t, s.page(t, op, first, 5000), 0)
			for at < upTo {
				r := s.page(t, op, next, 5000)
				n := countsTo(t, r, at)
				require.Equal(t, fmt.Sprintf("row %d", at), r.Results.Columns[1].StringVal.Values[0])
				at += n
			}
		}
		s.end(t, op)
	}

	op := s.begin(t, "select i, concat('row ', i) as s from range(1000000) t(i)")
	at := int64(0)
	for at < 1_000_000 {
		n := countsTo(t, s.page(t, op, next, 50_000), at)
		require.Positive(t, n)
		at += n
	}
	r := s.page(t, op, first, 5000)
	require.Equal(t, tcli.TStatusCode_ERROR_STATUS, r.Status.StatusCode)
	require.Equal(t, "HY106", r.Status.GetSqlState())
	require.Contains(t, r.Status.GetErrorMessage(), "kyuubi.operation.result.spill.max.size")
	require.Empty(t, spools(t), "it was given up")
}

// spools are the sizes of the files that this process has its results in.
func spools(tb testing.TB) (sizes []int64) {
	tb.Helper()
	fds, err := os.ReadDir("/proc/self/fd")
	require.NoError(tb, err)
	for _, fd := range fds {
		link := filepath.Join("/proc/self/fd", fd.Name())
		if to, err := os.Readlink(link); err == nil && strings.Contains(to, "/result-") && strings.HasSuffix(to, ".arrow (deleted)") {
			info, err := os.Stat(link)
			require.NoError(tb, err)
			sizes = append(sizes, info.Size())
		}
	}
	return sizes
}

// A result that is closed half-way leaves nothing behind: no file, no goroutine, no
// statement that goes on. And its file never was larger than it may be.
func TestClosedHalfWay(t *testing.T) { //nolint:paralleltest // counts the files and goroutines of the whole process
	g := env.Start(t, "kyuubi.operation.result.memory.max.size=64k", "kyuubi.operation.result.spill.max.size=16m")
	ways := map[string]func(thriftSession, *tcli.TOperationHandle){
		"operation": func(s thriftSession, op *tcli.TOperationHandle) { s.end(t, op) },
		"session": func(s thriftSession, _ *tcli.TOperationHandle) {
			_, err := s.CloseSession(t.Context(), &tcli.TCloseSessionReq{SessionHandle: s.session})
			require.NoError(t, err)
		},
		"connection": func(s thriftSession, _ *tcli.TOperationHandle) { require.NoError(t, s.Close()) },
		"cancel and close": func(s thriftSession, op *tcli.TOperationHandle) {
			_, err := s.CancelOperation(t.Context(), &tcli.TCancelOperationReq{OperationHandle: op})
			require.NoError(t, err)
			s.end(t, op)
		},
	}
	for name, end := range ways {
		s := openPlain(t, g, nil)
		s.end(t, s.begin(t, "select 1"))
		before := runtime.NumGoroutine()
		op := s.begin(t, "select i, concat('row ', i) as s from range(100000000) t(i)")
		for at := int64(0); at < 100_000; {
			at += countsTo(t, s.page(t, op, next, 10_000), at)
		}
		files := spools(t)
		require.Len(t, files, 1, name)
		require.Positive(t, files[0])
		require.Less(t, files[0], int64(17<<20))
		end(s, op)
		// Not by require.Eventually, which needs goroutines itself.
		for deadline := time.Now().Add(20 * time.Second); len(spools(t)) > 0 || runtime.NumGoroutine() > before; <-time.After(5 * time.Millisecond) {
			require.True(t, time.Now().Before(deadline), "%s: %d files, %d goroutines, before %d", name, len(spools(t)), runtime.NumGoroutine(), before)
		}
		_ = s.Close()
	}
}

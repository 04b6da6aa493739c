package env_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/api"
	"github.com/nekomata-sql/nekomata/client"
	"github.com/nekomata-sql/nekomata/frontend/hs2/hs2test"
	"github.com/nekomata-sql/nekomata/test/env"
	tcli "github.com/nekomata-sql/nekomata/thrift/hive"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// values has every type of DuckDB's, with values at the edges.
var values = []string{
	"true", "(-128)::TINYINT", "(-32768)::SMALLINT", "(-2147483648)::INTEGER", "(-9223372036854775808)::BIGINT",
	"170141183460469231731687303715884105727::HUGEINT", "(-170141183460469231731687303715884105727)::HUGEINT",
	"255::UTINYINT", "65535::USMALLINT", "4294967295::UINTEGER", "18446744073709551615::UBIGINT",
	"340282366920938463463374607431768211455::UHUGEINT",
	"1.1::FLOAT", "1e10::DOUBLE", "'nan'::DOUBLE", "'-infinity'::DOUBLE",
	"12.34::DECIMAL(4,2)", "(-1.5)::DECIMAL(9,3)", "12345678901234.5678::DECIMAL(18,4)", "99999999999999999999999999999999999999::DECIMAL(38,0)",
	"'text with a \\'quote\\' and \u00e9'", "'{\"a\": [1, null]}'::JSON", "'\\\\x00\\\\xFFbin'::BLOB", "'10110'::BIT",
	"'01234567-89ab-cdef-0123-456789abcdef'::UUID", "'ok'::ENUM('ok', 'not ok')", "'123456789012345678901234567890123456789012345'::BIGNUM",
	"DATE '2024-02-29'", "'0044-03-15 (BC)'::DATE", "'infinity'::DATE", "'10000-01-01'::DATE",
	"TIME '12:13:14.5'", "TIMETZ '12:13:14.5+02'",
	"TIMESTAMP '2024-01-02 03:04:05.678'", "TIMESTAMP_S '2024-01-02 03:04:05'", "TIMESTAMP_MS '2024-01-02 03:04:05.678'",
	"TIMESTAMP_NS '2024-01-02 03:04:05.123456789'", "'infinity'::TIMESTAMP", "TIMESTAMPTZ '2024-07-02 03:04:05+00'",
	"INTERVAL '1 year 2 months 3 days 04:05:06.789'", "INTERVAL (-90) MINUTE",
	"[1, NULL, 3]", "array_value(1.5, 2.5)", "[['a'], [], NULL]", "{'x': 1, 'y': 'z', 'n': NULL}", "MAP {'k': 1}", "MAP {1: 'a'}",
	"union_value(s := 'x')", "[{'d': DATE '2024-01-02', 'm': MAP {'k': 1.50::DECIMAL(5,2)}}]", "NULL", "''", "[]",
	"CAST('abcd' AS VARCHAR(3))", "CAST('ab' AS CHAR(3))",
}

// TestTypesOnBothProtocols asks for every value on Thrift, in columns and in rows,
// and on REST; a golden file holds what each answers.
func TestTypesOnBothProtocols(t *testing.T) {
	t.Parallel()
	g := env.Start(t, "kyuubi.engine.duckdb.path=:memory:")
	rest, err := client.New(client.Options{URLs: []string{"http://" + g.RestAddress()}})
	require.NoError(t, err)
	session, err := rest.OpenSession(t.Context(), api.SessionOpenRequest{Configs: map[string]string{"TimeZone": "Europe/Berlin"}})
	require.NoError(t, err)
	columns := open(t, g, tcli.TProtocolVersion_HIVE_CLI_SERVICE_PROTOCOL_V10)
	rows := open(t, g, tcli.TProtocolVersion_HIVE_CLI_SERVICE_PROTOCOL_V1)

	var b strings.Builder
	b.WriteString("# Made by `go test ./test/env -run TypesOnBothProtocols -update`: each value on Thrift V10, on Thrift V1, and on REST.\n")
	for _, v := range values {
		sql := "select " + v + " as v"
		fmt.Fprintf(&b, "\n%s\n  V10   %s\n  V1    %s\n  REST  %s\n", v, columns.ask(t, sql), rows.ask(t, sql), askREST(t, rest, session.Identifier, sql))
	}
	const file = "testdata/types.golden"
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(file, []byte(b.String()), 0o600))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), b.String())
}

// thriftSession asks over Thrift.
type thriftSession struct {
	*hs2test.Client
	session *tcli.TSessionHandle
}

func open(t *testing.T, g *env.Server, version tcli.TProtocolVersion) thriftSession {
	t.Helper()
	c, err := hs2test.Dial(t.Context(), hs2test.Options{Address: g.ThriftAddress(), User: "types", Password: "x"})
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	s, err := c.OpenSession(t.Context(), &tcli.TOpenSessionReq{ClientProtocol: version, Configuration: map[string]string{"TimeZone": "Europe/Berlin"}})
	require.NoError(t, err)
	require.Equal(t, tcli.TStatusCode_SUCCESS_STATUS, s.Status.StatusCode, s.Status)
	return thriftSession{c, s.SessionHandle}
}

// ask describes the one column and value that sql gives, or the error.
func (s thriftSession) ask(t *testing.T, sql string) string {
	t.Helper()
	r, err := s.ExecuteStatement(t.Context(), &tcli.TExecuteStatementReq{SessionHandle: s.session, Statement: sql})
	require.NoError(t, err)
	if r.Status.StatusCode != tcli.TStatusCode_SUCCESS_STATUS {
		return fmt.Sprintf("%s %s", r.Status.GetSqlState(), r.Status.GetErrorMessage())
	}
	m, err := s.GetResultSetMetadata(t.Context(), &tcli.TGetResultSetMetadataReq{OperationHandle: r.OperationHandle})
	require.NoError(t, err)
	require.Len(t, m.Schema.Columns, 1)
	f, err := s.FetchResults(t.Context(), &tcli.TFetchResultsReq{OperationHandle: r.OperationHandle, MaxRows: 10})
	require.NoError(t, err)
	require.Equal(t, tcli.TStatusCode_SUCCESS_STATUS, f.Status.StatusCode, f.Status)
	entry := m.Schema.Columns[0].TypeDesc.Types[0].PrimitiveEntry
	text := entry.Type.String()
	switch q := entry.TypeQualifiers; {
	case q == nil:
	case q.Qualifiers[tcli.CHARACTER_MAXIMUM_LENGTH] != nil:
		text += fmt.Sprintf("(%d)", q.Qualifiers[tcli.CHARACTER_MAXIMUM_LENGTH].GetI32Value())
	default:
		text += fmt.Sprintf("(%d,%d)", q.Qualifiers["precision"].GetI32Value(), q.Qualifiers["scale"].GetI32Value())
	}
	if len(f.Results.Rows) > 0 {
		return text + " " + oneOf(t, f.Results.Rows[0].ColVals[0])
	}
	return text + " " + oneOf(t, f.Results.Columns[0])
}

// oneOf shows a Thrift union's one member.
func oneOf(t *testing.T, union any) string {
	t.Helper()
	v := reflect.ValueOf(union).Elem()
	for i := range v.NumField() {
		if f := v.Field(i); !f.IsNil() {
			return v.Type().Field(i).Name + " " + fields(f.Elem())
		}
	}
	return "nothing"
}

// fields shows a struct's fields, pointers followed, byte strings quoted.
func fields(v reflect.Value) string {
	var parts []string
	for i := range v.NumField() {
		f := v.Field(i)
		if f.Kind() == reflect.Pointer {
			if f.IsNil() {
				continue
			}
			f = f.Elem()
		}
		switch x := f.Interface().(type) {
		case []byte:
			parts = append(parts, fmt.Sprintf("%s=%x", v.Type().Field(i).Name, x))
		case []string, string, [][]byte:
			parts = append(parts, fmt.Sprintf("%s=%q", v.Type().Field(i).Name, x))
		default:
			parts = append(parts, fmt.Sprintf("%s=%v", v.Type().Field(i).Name, x))
		}
	}
	return strings.Join(parts, " ")
}

func askREST(t *testing.T, c *client.Client, session, sql string) string {
	t.Helper()
	op, err := c.Execute(t.Context(), session, api.StatementRequest{Statement: sql})
	if err != nil {
		return err.Error()
	}
	m, err := c.ResultSetMetaData(t.Context(), op)
	require.NoError(t, err)
	rows, err := c.RowSet(t.Context(), op, client.Fetch{MaxRows: 10})
	require.NoError(t, err)
	require.Len(t, rows.Rows, 1)
	field := rows.Rows[0].Fields[0]
	value, err := json.Marshal(field.Value)
	require.NoError(t, err)
	return fmt.Sprintf("%s(%d,%d) %s %s", m.Columns[0].DataType, m.Columns[0].Precision, m.Columns[0].Scale, field.DataType, value)
}

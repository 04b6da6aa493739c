package env_test

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/frontend/hs2/hs2test"
	"github.com/nekomata-sql/nekomata/test/env"
	tcli "github.com/nekomata-sql/nekomata/thrift/hive"
)

var listRefused = flag.Bool("update-refused", false, "write the list of recorded statements that are answered otherwise")

// recorded is a statement as a client sent it, and the heard that it got.
type recorded struct {
	Client  string
	Clients []string
	Kind    string
	Conn    int
	SQL     string
	Columns [][2]string
	Rows    *int
	First   [][]any
	Error   *struct{ Message string }
}

func readRecorded(t *testing.T, file string) []recorded {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", file))
	require.NoError(t, err)
	defer f.Close()
	var list []recorded
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var r recorded
		d := json.NewDecoder(bytes.NewReader(lines.Bytes()))
		d.UseNumber() // BIGINT is wider than a float
		require.NoError(t, d.Decode(&r))
		list = append(list, r)
	}
	require.NoError(t, lines.Err())
	return list
}

// heard is what the gateway says to a statement.
type heard struct {
	columns [][2]string
	rows    [][]any
	err     string
}

// query asks over Thrift and reads all.
func (s thriftSession) query(t *testing.T, sql string) heard {
	t.Helper()
	r, err := s.ExecuteStatement(t.Context(), &tcli.TExecuteStatementReq{SessionHandle: s.session, Statement: sql})
	require.NoError(t, err)
	if r.Status.StatusCode != tcli.TStatusCode_SUCCESS_STATUS {
		return heard{err: r.Status.GetSqlState() + " " + r.Status.GetErrorMessage()}
	}
	if !r.OperationHandle.HasResultSet {
		return heard{}
	}
	m, err := s.GetResultSetMetadata(t.Context(), &tcli.TGetResultSetMetadataReq{OperationHandle: r.OperationHandle})
	require.NoError(t, err)
	var a heard
	for _, c := range m.Schema.Columns {
		entry := c.TypeDesc.Types[0].PrimitiveEntry
		name := strings.TrimSuffix(entry.Type.String(), "_TYPE")
		if q := entry.TypeQualifiers; q != nil && name == "DECIMAL" {
			name = fmt.Sprintf("DECIMAL(%d,%d)", q.Qualifiers["precision"].GetI32Value(), q.Qualifiers["scale"].GetI32Value())
		}
		a.columns = append(a.columns, [2]string{c.ColumnName, name})
	}
	for {
		f, err := s.FetchResults(t.Context(), &tcli.TFetchResultsReq{OperationHandle: r.OperationHandle, MaxRows: 1000})
		require.NoError(t, err)
		if f.Status.StatusCode != tcli.TStatusCode_SUCCESS_STATUS {
			return heard{err: f.Status.GetErrorMessage()}
		}
		rows := rowsOf(f.Results.Columns)
		if len(rows) == 0 {
			break
		}
		a.rows = append(a.rows, rows...)
	}
	_, err = s.CloseOperation(t.Context(), &tcli.TCloseOperationReq{OperationHandle: r.OperationHandle})
	require.NoError(t, err)
	return a
}

// rowsOf turns columns into rows.
func rowsOf(columns []*tcli.TColumn) [][]any {
	var rows [][]any
	for i, c := range columns {
		var values []any
		var nulls []byte
		switch {
		case c.BoolVal != nil:
			values, nulls = anys(c.BoolVal.Values), c.BoolVal.Nulls
		case c.ByteVal != nil:
			values, nulls = anys(c.ByteVal.Values), c.ByteVal.Nulls
		case c.I16Val != nil:
			values, nulls = anys(c.I16Val.Values), c.I16Val.Nulls
		case c.I32Val != nil:
			values, nulls = anys(c.I32Val.Values), c.I32Val.Nulls
		case c.I64Val != nil:
			values, nulls = anys(c.I64Val.Values), c.I64Val.Nulls
		case c.DoubleVal != nil:
			values, nulls = anys(c.DoubleVal.Values), c.DoubleVal.Nulls
		case c.StringVal != nil:
			values, nulls = anys(c.StringVal.Values), c.StringVal.Nulls
		case c.BinaryVal != nil:
			for _, v := range c.BinaryVal.Values {
				values = append(values, "hex:"+hex.EncodeToString(v))
			}
			nulls = c.BinaryVal.Nulls
		}
		for j, v := range values {
			if j == len(rows) {
				rows = append(rows, make([]any, len(columns)))
			}
			if j/8 < len(nulls) && nulls[j/8]&(1<<(j%8)) != 0 {
				v = nil
			}
			rows[j][i] = v
		}
	}
	return rows
}

func anys[T any](list []T) []any {
	out := make([]any, len(list))
	for i, v := range list {
		out[i] = v
	}
	return out
}

// differs tells how an heard differs from the recorded one; "" when it doesn't.
func (r recorded) differs(a heard) string {
	switch {
	case r.Error != nil && a.err != "":
		return ""
	case r.Error != nil:
		return "answered, and was refused: " + r.Error.Message
	case a.err != "":
		return a.err
	case r.Columns == nil, len(r.Columns) == 1 && r.Columns[0] == [2]string{"Result", "STRING"}:
		return ""
	}
	if got := fmt.Sprint(a.columns); got != fmt.Sprint(r.Columns) && !sameAfterNames(r, a) {
		return fmt.Sprintf("columns %v, recorded %v", a.columns, r.Columns)
	}
	want, got := r.expected(), r.visible(a.rows)
	if r.Rows != nil && !r.free() && len(want) == len(r.First) && len(got) != *r.Rows {
		return fmt.Sprintf("%d rows, recorded %d", len(got), *r.Rows)
	}
	if len(want) > len(got) {
		return fmt.Sprintf("%d rows, recorded %d", len(got), len(want))
	}
	if len(r.First) > 0 && r.Rows != nil && len(r.First) < *r.Rows && !strings.Contains(strings.ToLower(r.SQL), "order by") && !strings.Contains(strings.ToLower(r.SQL), "describe") {
		return "" // some of the rows, in an order that nobody asked for
	}
	w, g := texts(want), texts(got[:len(want)])
	if !slices.Equal(w, g) && !strings.Contains(strings.ToLower(r.SQL), "describe") {
		slices.Sort(w)
		g = texts(got)
		slices.Sort(g)
	}
	if len(g) > len(w) {
		g = g[:len(w)]
	}
	for i := range w {
		if w[i] != g[i] {
			return fmt.Sprintf("row %s, recorded %s", g[i], w[i])
		}
	}
	return ""
}

// sameAfterNames forgives the name of a column without an alias, which the
// reference makes out of its own form of the expression.
func sameAfterNames(r recorded, a heard) bool {
	if len(r.Columns) != len(a.columns) {
		return false
	}
	for i := range a.columns {
		if a.columns[i][1] != r.Columns[i][1] || a.columns[i][0] != r.Columns[i][0] && !strings.ContainsAny(r.Columns[i][0], "(") {
			return false
		}
	}
	return true
}

var (
	listing  = regexp.MustCompile(`(?i)^\s*(set\s*$|show (databases|schemas|functions|tblproperties|create)|explain)`)
	extended = regexp.MustCompile(`(?i)^\s*(show table extended|desc(ribe)?\s+(extended|formatted))`)
	changes  = regexp.MustCompile(`(?i)^(insert|update|delete|alter)`)
	comments = regexp.MustCompile(`(?s)/\*.*?\*/`)
	spaces   = regexp.MustCompile(`\s+`)
)

// plain is the statement without comments, on one line.
func (r recorded) plain() string {
	return strings.TrimSpace(spaces.ReplaceAllString(comments.ReplaceAllString(r.SQL, ""), " "))
}

// free tells whether the rows are about the server, not the statement.
func (r recorded) free() bool {
	return listing.MatchString(r.plain()) || strings.Contains(strings.ToLower(r.SQL), "current_date") ||
		strings.Contains(strings.ToLower(r.SQL), "collect_") // which have no order
}

func (r recorded) expected() [][]any {
	if r.free() {
		return nil
	}
	return r.visible(r.First)
}

// visible leaves out what is about the server: what stands behind the columns of
// a described table, and the text about a listed one.
func (r recorded) visible(rows [][]any) [][]any {
	if !extended.MatchString(r.plain()) {
		return rows
	}
	var out [][]any
	for _, row := range rows {
		if len(row) == 4 {
			row = row[:3]
		}
		if row[0] == "" {
			break
		}
		out = append(out, row)
	}
	return out
}

// texts are rows as JSON; times of the recording are free.
func texts(rows [][]any) []string {
	out := make([]string, len(rows))
	for i, row := range rows {
		row = slices.Clone(row)
		for j, v := range row {
			if s, ok := v.(string); ok && len(s) > 19 && strings.HasPrefix(s, "202") && s[4] == '-' && s[:4] >= "2026" {
				row[j] = "now"
			}
			if n, ok := v.(json.Number); ok {
				if row[j], _ = n.Float64(); !strings.ContainsAny(n.String(), ".eE") {
					row[j], _ = n.Int64()
				}
			}
		}
		b, _ := json.Marshal(row)
		out[i] = string(b)
	}
	return out
}

// outcome is how one recorded statement fared.
type outcome struct {
	recorded
	why string
}

// replay asks a client's statements in the order in which they were sent.
func replay(t *testing.T, client string, list []recorded) []outcome {
	t.Helper()
	files := sampleFiles(t)
	g := env.Start(t, "kyuubi.engine.duckdb.allowed.directories="+files, layout+"=spark")
	sessions := map[int]thriftSession{}
	var out []outcome
	for _, r := range list {
		if r.Client != client {
			continue
		}
		if r.Error != nil && changes.MatchString(r.plain()) {
			continue // what follows was asked of tables without these rows
		}
		s, ok := sessions[r.Conn]
		if !ok {
			s = openPlain(t, g, map[string]string{"set:hiveconf:day": "2024-01-02"})
			sessions[r.Conn] = s
		}
		a := s.query(t, located(r.SQL, files))
		out = append(out, outcome{r, r.differs(a)})
		if shows.MatchString(r.plain()) && a.err == "" {
			namesFirst(t, s, r.SQL, a)
		}
	}
	return out
}

// The recordings are Spark's, where SHOW TABLES has three columns, so they are
// compared in that layout; the other one, which sessions begin with, has the name
// alone.
const layout = "kyuubi.engine.duckdb.sql.show.layout"

var shows = regexp.MustCompile(`(?i)^show (tables|views)`)

// namesFirst asks in the layout that sessions begin with: the same names, in the
// one column.
func namesFirst(t *testing.T, s thriftSession, sql string, spark heard) {
	t.Helper()
	require.Empty(t, s.query(t, "set "+layout+"=hive").err)
	hive := s.query(t, sql)
	require.Empty(t, s.query(t, "set "+layout+"=spark").err)
	require.Equal(t, [][2]string{{"tab_name", "STRING"}}, hive.columns, sql)
	var want [][]any
	for _, row := range spark.rows {
		want = append(want, row[1:2])
	}
	require.Equal(t, want, hive.rows, sql)
}

// located puts the sample files in the place of those that were recorded.
func located(sql, files string) string {
	if strings.Contains(sql, "parts") {
		sql = strings.ReplaceAll(sql, "/srv/data", "/srv/p.csv")
	}
	return strings.ReplaceAll(sql, "/srv/", files+"/")
}

// runs tells a client's recordings apart, which stand in one stream, by the
// numbers of their connections.
func runs(client string) []func(conn int) bool {
	if client != "superset" {
		return []func(int) bool{func(int) bool { return true }}
	}
	return []func(int) bool{func(c int) bool { return c < 264 }, func(c int) bool { return c >= 264 }}
}

func openPlain(t *testing.T, g *env.Server, conf map[string]string) thriftSession {
	t.Helper()
	c, err := hs2test.Dial(t.Context(), hs2test.Options{Address: g.ThriftAddress(), User: "replay", Password: "x"})
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	s, err := c.OpenSession(t.Context(), &tcli.TOpenSessionReq{ClientProtocol: tcli.TProtocolVersion_HIVE_CLI_SERVICE_PROTOCOL_V10, Configuration: conf})
	require.NoError(t, err)
	require.Equal(t, tcli.TStatusCode_SUCCESS_STATUS, s.Status.StatusCode, s.Status)
	return thriftSession{c, s.SessionHandle}
}

// sampleFiles writes the files that the recorded statements load.
func sampleFiles(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"people.csv": "1,ann,1.5,true,2024-01-01 10:00:00\n2,bob,x,false,2024-01-02 11:00:00\n",
		"p.csv":      "1,ann\n2,bob\n",
		"data":       "1,ann,1.5,true,2024-01-01 10:00:00\n2,bob,x,false,2024-01-02 11:00:00\n",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	return dir
}

// shapesSetUp makes what the shapes need that are in no stream.
var shapesSetUp = []string{
	"create schema nkm_javatools_t", "create schema nkm_jaydebeapi", "create schema nkm_jaydebeapi_mjay", "create schema nkm_jaydebeapi_jay",
	"create schema nkm_hivejdbc313_jbinary", "create schema nkm_shop", "create schema nkm_sales", "create schema nkm_af",
	"create table nkm_jaydebeapi_mjay.people (id int)",
	"create table nkm_jaydebeapi_jay.people (id int, amount decimal(12,2))", "insert into nkm_jaydebeapi_jay.people values (1, -1)",
	"create table nkm_hivejdbc313_jbinary.people (id int, name string, amount decimal(12,2), seen timestamp)",
	"insert into nkm_hivejdbc313_jbinary.people (id) VALUES (2)",
	"insert into nkm_hivejdbc313_jbinary.people VALUES (1, 'a', 1.50, TIMESTAMP '2024-01-01 00:00:00'), " +
		"(3, '猫', -0.01, TIMESTAMP '1999-12-31 23:59:59.999999')",
	"create table nkm_shop.stg_orders (order_id bigint, customer_id bigint, status string, order_date date, amount decimal(12,2))",
	"insert into nkm_shop.stg_orders values (1, 1, 'placed', date '2024-01-05', 10.5)",
	"create table nkm_af.people (id bigint, name string, amount double, ok boolean, at timestamp) row format delimited fields terminated by ','",
	"create table nkm_af.parts (id int, name string) partitioned by (ds string) row format delimited fields terminated by ','",
}

// shapes asks those shapes that aren't in the streams, and takes the outcome of
// the others from there.
func shapes(t *testing.T, list []recorded, streams []outcome) []outcome {
	t.Helper()
	fared := map[string]string{}
	asked := map[string]bool{}
	for _, o := range streams {
		key := strings.ToLower(o.plain())
		asked[key] = true
		if o.why != "" && o.Error == nil { // what was refused in one run may be answered in the other
			fared[key] = o.why
		}
	}
	files := sampleFiles(t)
	g := env.Start(t, "kyuubi.engine.duckdb.allowed.directories="+files, layout+"=spark")
	s := openPlain(t, g, map[string]string{"set:hivevar:x": "41"})
	for _, sql := range shapesSetUp {
		require.Empty(t, s.query(t, sql).err, sql)
	}
	var out []outcome
	for _, r := range list {
		key := strings.ToLower(r.plain())
		why := fared[key]
		if !asked[key] {
			if strings.Contains(key, "current_database") {
				s.query(t, "use nkm_hivejdbc313_jbinary")
			}
			why = r.differs(s.query(t, located(r.SQL, files)))
		}
		r.Client = r.Clients[0]
		out = append(out, outcome{r, why})
	}
	return out
}

// TestClientsAreUnderstood sends what real clients sent and compares the answers
// with those that were recorded. What is answered in another way stands, with
// the reason, in testdata/client-sql-refused.txt.
func TestClientsAreUnderstood(t *testing.T) {
	if testing.Short() {
		t.Skip("some seconds")
	}
	t.Parallel()
	var streams []outcome
	list := readRecorded(t, "client-sql-replay.jsonl")
	for _, client := range []string{"airflow", "dbt-spark", "dbt-spark+delta", "pyhive-sqlalchemy", "superset"} {
		for _, run := range runs(client) {
			streams = append(streams, replay(t, client, slices.DeleteFunc(slices.Clone(list), func(r recorded) bool { return !run(r.Conn) }))...)
		}
	}
	all := shapes(t, readRecorded(t, "client-sql.jsonl"), streams)
	report(t, "streams", streams, func(o outcome) string { return o.Client })
	report(t, "shapes by client", all, func(o outcome) string { return o.Client })
	report(t, "shapes by kind", all, func(o outcome) string { return o.Kind })

	const file = "testdata/client-sql-refused.txt"
	reasons := readReasons(t, file)
	now := map[string]string{}
	for _, o := range slices.Concat(streams, all) {
		if o.why == "" {
			continue
		}
		key := o.Client + " | " + shortened(o.plain())
		now[key] = reasons[key]
		if _, known := reasons[key]; !known && !*listRefused {
			t.Errorf("%s: %s\n\t%s", o.Client, o.plain(), o.why)
		}
		if now[key] == "" {
			now[key] = o.why
		}
	}
	if *listRefused {
		var lines []string
		for k, why := range now {
			lines = append(lines, k+" | "+spaces.ReplaceAllString(why, " "))
		}
		slices.Sort(lines)
		require.NoError(t, os.WriteFile(file, []byte(strings.Join(lines, "\n")+"\n"), 0o600))
	}
}

package rest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"sort"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/hive"
)

// recorded is a request and Kyuubi's answer.
type recorded struct {
	Name        string          `json:"name"`
	Method      string          `json:"method"`
	Path        string          `json:"path"`
	Body        json.RawMessage `json:"body"`
	Status      int             `json:"status"`
	ContentType string          `json:"contentType"`
	Response    json.RawMessage `json:"response"`
}

func readRecorded(t *testing.T) []recorded {
	t.Helper()
	f, err := os.Open("testdata/golden.jsonl")
	require.NoError(t, err)
	defer f.Close()
	var cases []recorded
	in := bufio.NewScanner(f)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		var c recorded
		require.NoError(t, json.Unmarshal(in.Bytes(), &c))
		cases = append(cases, c)
	}
	require.NoError(t, in.Err())
	require.Greater(t, len(cases), 40)
	return cases
}

var anyUUID = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

// TestGolden asks what Kyuubi was asked and expects what Kyuubi answered, but for
// values that the request doesn't determine. Every answer must also be what the
// document says.
func TestGolden(t *testing.T) {
	t.Parallel()
	cases := readRecorded(t)
	g := open(t, Options{EngineNames: true, ExecPoolSize: 2}, goldenAnswers(t, cases))
	doc := readDocument(t)
	ours := map[string]string{} // their handles to ours
	for _, c := range cases {
		path := anyUUID.ReplaceAllStringFunc(c.Path, func(id string) string {
			require.Contains(t, ours, id, c.Name)
			return ours[id]
		})
		body := string(c.Body)
		if body == "null" {
			body = ""
		}
		if operation, _, ok := strings.Cut(strings.TrimPrefix(path, "/api/v1/operations/"), "/"); ok && operation != "" && strings.HasPrefix(path, "/api/v1/operations/") {
			g.ended(t, "/api/v1/operations/"+operation)
		}
		req := request(t, c.Method, path, body)
		req.SetBasicAuth("bench", "")
		w := g.do(req)
		require.Equal(t, c.Status, w.Code, "%s: %s", c.Name, w.Body)
		require.Equal(t, c.ContentType, w.Header().Get("Content-Type"), c.Name)
		doc.check(t, c.Name, c.Method, path, body, w)
		want, got := decoded(t, c), any(w.Body.String())
		if c.ContentType == "application/json" {
			require.NoError(t, json.Unmarshal(w.Body.Bytes(), &got), c.Name)
			require.Equal(t, keysInOrder(t, c.Response), keysInOrder(t, w.Body.Bytes()), "%s: the keys and their order", c.Name)
		}
		if c.Method == http.MethodPost {
			ours[want.(map[string]any)["identifier"].(string)] = got.(map[string]any)["identifier"].(string)
		}
		compare(t, c.Name, "", want, got)
	}
}

func decoded(t *testing.T, c recorded) any {
	t.Helper()
	var v any
	require.NoError(t, json.Unmarshal(c.Response, &v))
	return v
}

// free are the fields whose values the request doesn't determine.
var free = regexp.MustCompile(`(Time|^duration|[iI]dentifier|[sS]essionId|[rR]emoteId|statementId|engineId|engineName|engineUrl|kyuubiInstance|serverIp|ersion|` +
	`infoValue|fetchLogCount|fetchResultsCount|connection\.url|server\.ipAddress|logRowSet|totalOperations|remoteSessionId|^exception)$`)

// compare says where got is not what was recorded: other keys, other types, nulls
// where there was none, or, unless it is free, another value.
func compare(t *testing.T, name, at string, want, got any) {
	t.Helper()
	field := at[strings.LastIndex(at, "/")+1:]
	require.Equal(t, fmt.Sprintf("%T", want), fmt.Sprintf("%T", got), "%s %s: %v", name, at, got)
	switch w := want.(type) {
	case map[string]any:
		g := got.(map[string]any)
		require.ElementsMatch(t, keys(w), keys(g), "%s %s", name, at)
		for k := range w {
			compare(t, name, at+"/"+k, w[k], g[k])
		}
	case []any:
		g := got.([]any)
		if !free.MatchString(field) {
			require.Len(t, g, len(w), "%s %s", name, at)
		}
		for i := range min(len(w), len(g)) {
			compare(t, name, at+"/", w[i], g[i])
		}
	default:
		if !free.MatchString(field) && !strings.Contains(at, "/logRowSet") {
			require.Equal(t, want, got, "%s %s", name, at)
		}
	}
}

func keys(m map[string]any) []string {
	list := make([]string, 0, len(m))
	for k := range m {
		list = append(list, k)
	}
	sort.Strings(list)
	return list
}

// keysInOrder lists the keys of a JSON text as they stand, but for those of
// "conf" and "metrics", which are maps.
func keysInOrder(t *testing.T, text []byte) []string {
	t.Helper()
	var v any
	require.NoError(t, json.Unmarshal(text, &v))
	if list, ok := v.([]any); ok && len(list) == 0 {
		return nil
	}
	var found []string
	for _, m := range regexp.MustCompile(`"([a-zA-Z]+)":`).FindAllStringSubmatch(string(text), -1) {
		if m[1] != "k" && m[1] != "x" && m[1] != "y" {
			found = append(found, m[1])
		}
	}
	return found
}

// goldenAnswers are the results that the recorded session read.
func goldenAnswers(t *testing.T, cases []recorded) map[string]arrow.RecordBatch {
	t.Helper()
	answers := map[string]arrow.RecordBatch{
		"select id, cast(id as string) s from range(5)":               fromJSON(t, rangeSchema, `[{"id":0,"s":"0"},{"id":1,"s":"1"},{"id":2,"s":"2"},{"id":3,"s":"3"},{"id":4,"s":"4"}]`),
		"select count(*) from range(100000000000) a where rand() > 2": fromJSON(t, arrow.NewSchema([]arrow.Field{{Name: "n", Type: arrow.PrimitiveTypes.Int64}}, nil), `[{"n":0}]`),
		"create or replace temporary view v as select 1 a":            nil,
		"set spark.sql.shuffle.partitions":                            fromJSON(t, textSchema("key", "value"), `[{"key":"spark.sql.shuffle.partitions","value":"2"}]`),
		"GetTypeInfo":                                                 fromJSON(t, hive.TypeInfoSchema(), `[]`),
		"GetCatalogs":                                                 fromJSON(t, hive.CatalogsSchema(), `[{"TABLE_CAT":"spark_catalog"}]`),
		"GetSchemas":                                                  fromJSON(t, hive.SchemasSchema(), `[{"TABLE_SCHEM":"default","TABLE_CATALOG":"spark_catalog"}]`),
		"GetTables":                                                   fromJSON(t, hive.TablesSchema(), `[{"TABLE_CAT":"spark_catalog","TABLE_SCHEM":null,"TABLE_NAME":"v","TABLE_TYPE":"VIEW","REMARKS":""}]`),
		"GetTableTypes":                                               fromJSON(t, hive.TableTypesSchema(), `[{"TABLE_TYPE":"VIEW"},{"TABLE_TYPE":"TABLE"}]`),
		"GetFunctions":                                                fromJSON(t, hive.FunctionsSchema(), `[]`),
	}
	for _, c := range cases {
		if c.Name == "045-statement-select-types-async" {
			var body struct{ Statement string }
			require.NoError(t, json.Unmarshal(c.Body, &body))
			answers[body.Statement] = everyType(t)
		}
	}
	return answers
}

var rangeSchema = arrow.NewSchema([]arrow.Field{{Name: "id", Type: arrow.PrimitiveTypes.Int64}, {Name: "s", Type: arrow.BinaryTypes.String}}, nil)

func textSchema(names ...string) *arrow.Schema {
	fields := make([]arrow.Field, len(names))
	for i, n := range names {
		fields[i] = arrow.Field{Name: n, Type: arrow.BinaryTypes.String, Nullable: true}
	}
	return arrow.NewSchema(fields, nil)
}

func fromJSON(tb testing.TB, schema *arrow.Schema, rows string) arrow.RecordBatch {
	tb.Helper()
	b, _, err := array.RecordFromJSON(memory.DefaultAllocator, schema, strings.NewReader(rows))
	require.NoError(tb, err)
	return b
}

// everyType is the row of the recorded select over all types.
func everyType(tb testing.TB) arrow.RecordBatch {
	tb.Helper()
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "i", Type: arrow.PrimitiveTypes.Int32},
		{Name: "l", Type: arrow.PrimitiveTypes.Int64},
		{Name: "s", Type: arrow.PrimitiveTypes.Int16},
		{Name: "t", Type: arrow.PrimitiveTypes.Int8},
		{Name: "c", Type: arrow.BinaryTypes.String},
		{Name: "b", Type: arrow.FixedWidthTypes.Boolean},
		{Name: "d", Type: arrow.PrimitiveTypes.Float64},
		{Name: "f", Type: arrow.PrimitiveTypes.Float32},
		{Name: "dec", Type: &arrow.Decimal128Type{Precision: 10, Scale: 3}},
		{Name: "dt", Type: arrow.FixedWidthTypes.Date32},
		{Name: "ts", Type: &arrow.TimestampType{Unit: arrow.Microsecond}},
		{Name: "a", Type: arrow.ListOf(arrow.PrimitiveTypes.Int32)},
		{Name: "m", Type: arrow.MapOf(arrow.BinaryTypes.String, arrow.PrimitiveTypes.Int32)},
		{Name: "st", Type: arrow.StructOf(arrow.Field{Name: "x", Type: arrow.PrimitiveTypes.Int32}, arrow.Field{Name: "y", Type: arrow.BinaryTypes.String})},
		{Name: "bin", Type: arrow.BinaryTypes.Binary},
		{Name: "n", Type: arrow.Null},
		{Name: "iv", Type: arrow.FixedWidthTypes.Duration_us},
		{Name: "ns", Type: arrow.BinaryTypes.String, Nullable: true},
		{Name: "ni", Type: arrow.PrimitiveTypes.Int32, Nullable: true},
	}, nil)
	return fromJSON(tb, schema, `[{"i":1,"l":2,"s":3,"t":4,"c":"str","b":true,"d":1.5,"f":2.5,"dec":"12.340","dt":"2024-01-02",`+
		`"ts":"2024-01-02T03:04:05.678","a":[1,2],"m":[{"key":"k","value":1}],"st":{"x":1,"y":"z"},"bin":"Ymlu","n":null,`+
		`"iv":86400000000,"ns":null,"ni":null}]`)
}

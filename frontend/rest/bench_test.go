package rest

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/api"
	"github.com/nekomata-sql/nekomata/operation"
)

// thousand is 1,000 rows of (bigint, string, double, timestamp).
func thousand(tb testing.TB) arrow.RecordBatch {
	tb.Helper()
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "l", Type: arrow.PrimitiveTypes.Int64},
		{Name: "s", Type: arrow.BinaryTypes.String},
		{Name: "d", Type: arrow.PrimitiveTypes.Float64},
		{Name: "ts", Type: &arrow.TimestampType{Unit: arrow.Microsecond}},
	}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	for i := range 1000 {
		b.Field(0).(*array.Int64Builder).Append(int64(i) * 1234567)
		b.Field(1).(*array.StringBuilder).Append("row number " + strconv.Itoa(i))
		b.Field(2).(*array.Float64Builder).Append(float64(i) / 7)
		b.Field(3).(*array.TimestampBuilder).Append(arrow.Timestamp(1700000000_000000 + int64(i)*1_000_001))
	}
	return b.NewRecordBatch()
}

func BenchmarkEncode1000Rows(b *testing.B) {
	batch := thousand(b)
	page := &operation.Page{Batches: []arrow.RecordBatch{batch}, Rows: batch.NumRows()}
	var size strings.Builder
	rowWriter{}.write(&size, page)
	w := &discard{header: http.Header{}}
	b.SetBytes(int64(size.Len()))
	b.ReportAllocs()
	for b.Loop() {
		rowWriter{}.write(w, page)
	}
}

// BenchmarkValidation is what it would cost to hold every request against the
// document while the gateway runs, and what the handlers' own reading costs
// (docs/adr/0006-requests-are-checked-by-handlers.md).
func BenchmarkValidation(b *testing.B) {
	const body = `{"statement":"select 1","runAsync":false,"queryTimeout":60,"confOverlay":{"a":"b"}}`
	path := "/api/v1/sessions/" + uuid.NewString() + "/operations/statement"
	b.Run("document", func(b *testing.B) {
		doc := readDocument(b)
		b.ReportAllocs()
		for b.Loop() {
			r := request(b, http.MethodPost, path, body)
			found, vars, err := doc.router.FindRoute(r)
			require.NoError(b, err)
			require.NoError(b, openapi3filter.ValidateRequest(b.Context(), &openapi3filter.RequestValidationInput{
				Request: r, PathParams: vars, Route: found,
				Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc},
			}))
		}
	})
	b.Run("handler", func(b *testing.B) {
		g := open(b, Options{}, nil)
		b.ReportAllocs()
		for b.Loop() {
			r := request(b, http.MethodPost, path, body)
			c := newContext(httptest.NewRecorder(), r, "")
			_, err := g.find(c)
			require.NoError(b, err)
			_, err = c.handle("sessionHandle")
			require.NoError(b, err)
			var req api.StatementRequest
			require.NoError(b, g.decode(c, &req))
		}
	})
}

func BenchmarkRequests(b *testing.B) {
	g := open(b, Options{}, map[string]arrow.RecordBatch{"rows": thousand(b)})
	g.Log = slog.New(&appendedLines{})
	post := func(path, body string) string {
		w := g.do(request(b, http.MethodPost, path, body))
		require.Equal(b, http.StatusOK, w.Code, w.Body)
		_, id, _ := strings.Cut(w.Body.String(), `"identifier":"`)
		return id[:36]
	}
	sess := "/api/v1/sessions/" + post("/api/v1/sessions", `{}`)
	op := "/api/v1/operations/" + post(sess+"/operations/statement", `{"statement":"rows"}`)
	for _, path := range []string{
		"/api/v1/ping", "/api/v1/sessions/count", sess, op + "/event",
		op + "/rowset?maxrows=1000&fetchorientation=FETCH_FIRST",
	} {
		name := path[strings.LastIndex(path, "/")+1:]
		if path == sess {
			name = "session"
		}
		b.Run(name, func(b *testing.B) {
			r := request(b, http.MethodGet, path, "")
			w := &discard{header: http.Header{}}
			b.ReportAllocs()
			for b.Loop() {
				clear(w.header)
				g.ServeHTTP(w, r)
			}
		})
	}
}

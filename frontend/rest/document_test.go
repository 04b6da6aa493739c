package rest

import (
	"bytes"
	"encoding/json"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"github.com/gorilla/mux"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite openapi.json from openapi.yaml")

// document is openapi.yaml, ready to judge answers.
type document struct {
	spec   *openapi3.T
	router routers.Router
}

// checkUUIDs makes kin-openapi look at the format uuid, which it knows but skips.
var checkUUIDs = sync.OnceFunc(func() {
	openapi3.DefineStringFormatValidator("uuid", openapi3.NewCallbackValidator(func(text string) error {
		_, err := parseUUID("it", text)
		return err
	}))
})

func readDocument(tb testing.TB) document {
	tb.Helper()
	checkUUIDs()
	spec, err := openapi3.NewLoader().LoadFromData(openAPIYAML)
	require.NoError(tb, err)
	require.NoError(tb, spec.Validate(tb.Context()))
	router, err := gorillamux.NewRouter(spec)
	require.NoError(tb, err)
	return document{spec, router}
}

// sharedDocument is the document, read once.
var sharedDocument = sync.OnceValue(func() document {
	checkUUIDs()
	spec, err := openapi3.NewLoader().LoadFromData(openAPIYAML)
	if err != nil {
		panic(err)
	}
	router, err := gorillamux.NewRouter(spec)
	if err != nil {
		panic(err)
	}
	return document{spec, router}
})

// judge holds an answer against the document, whatever was asked. It says nothing
// of routes that the document doesn't have, and of bodies only when they are JSON.
func (d document) judge(r *http.Request, w *httptest.ResponseRecorder) error {
	asked := httptest.NewRequestWithContext(r.Context(), r.Method, r.URL.RequestURI(), http.NoBody)
	found, vars, err := d.router.FindRoute(asked)
	if err != nil {
		return nil //nolint:nilerr // there is nothing to hold it against
	}
	options := &openapi3filter.Options{
		AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true,
		ExcludeResponseBody: w.Header().Get("Content-Type") != "application/json",
	}
	out := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: asked, PathParams: vars, Route: found, Options: options},
		Status:                 w.Code, Header: w.Header(), Options: options,
	}
	out.SetBodyBytes(bytes.Clone(w.Body.Bytes()))
	return openapi3filter.ValidateResponse(r.Context(), out)
}

// check fails unless the request and its answer are what the document says. A
// request that was refused may be anything.
func (d document) check(t *testing.T, name, method, path, body string, w *httptest.ResponseRecorder) {
	t.Helper()
	r := request(t, method, path, body)
	found, vars, err := d.router.FindRoute(r)
	require.NoError(t, err, "%s: %s %s is not in the document", name, method, path)
	in := &openapi3filter.RequestValidationInput{
		Request: r, PathParams: vars, Route: found,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true},
	}
	if w.Code < http.StatusBadRequest {
		require.NoError(t, openapi3filter.ValidateRequest(t.Context(), in), name)
	}
	out := &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: w.Code, Header: w.Header(), Options: in.Options}
	out.SetBodyBytes(bytes.Clone(w.Body.Bytes()))
	require.NoError(t, openapi3filter.ValidateResponse(t.Context(), out), name)
}

func TestDocumentHasEveryRoute(t *testing.T) {
	t.Parallel()
	g := open(t, Options{}, nil)
	var served []string
	require.NoError(t, g.router.Walk(func(route *mux.Route, _ *mux.Router, _ []*mux.Route) error {
		res, ok := g.resources[route]
		if !ok {
			return nil // a group
		}
		template, err := route.GetPathTemplate()
		require.NoError(t, err)
		require.Equal(t, template, res.path)
		for method := range res.methods {
			if method != http.MethodHead {
				served = append(served, method+" "+template)
			}
		}
		return nil
	}))
	require.Len(t, g.resources, len(readDocument(t).spec.Paths.Map()))
	var documented []string
	ids := map[string]bool{}
	for path, item := range readDocument(t).spec.Paths.Map() {
		for method, operation := range item.Operations() {
			documented = append(documented, method+" "+path)
			require.NotEmpty(t, operation.OperationID, "%s %s", method, path)
			require.False(t, ids[operation.OperationID], "operationId %s is there twice", operation.OperationID)
			ids[operation.OperationID] = true
			require.NotNil(t, operation.Responses.Default(), "%s %s: what does a failure look like?", method, path)
		}
	}
	slices.Sort(served)
	slices.Sort(documented)
	require.Equal(t, documented, served)
}

func TestDocumentJSONFollowsFromYAML(t *testing.T) {
	t.Parallel()
	spec, err := openapi3.NewLoader().LoadFromData(openAPIYAML)
	require.NoError(t, err)
	want, err := json.MarshalIndent(spec, "", " ")
	require.NoError(t, err)
	want = append(want, '\n')
	if *update {
		require.NoError(t, os.WriteFile("openapi.json", want, 0o644))
		return
	}
	require.True(t, bytes.Equal(want, openAPIJSON), "openapi.json is stale: go test ./frontend/rest -run Document -update")
}

func TestDocumentIsAPage(t *testing.T) {
	t.Parallel()
	g := open(t, Options{Auth: passwords{}}, nil)
	w := g.call(t, http.StatusOK, http.MethodGet, "/api/docs", "") // without a login
	require.Equal(t, docsPolicy, w.Header().Get("Content-Security-Policy"))
	for _, operation := range []string{"openSession", "rowSet", "getDelegationToken"} {
		require.Contains(t, w.Body.String(), `<article id="`+operation+`">`)
	}
	require.Contains(t, w.Body.String(), `href="`+cssPath+`"`)
	w = g.call(t, http.StatusOK, http.MethodGet, cssPath, "")
	require.Contains(t, w.Header().Get("Content-Type"), "text/css")
}

func TestDocumentIsServed(t *testing.T) {
	t.Parallel()
	g := open(t, Options{}, nil)
	for path, mediaType := range map[string]string{"/api/openapi.json": "application/json", "/api/openapi.yaml": "application/yaml"} {
		w := g.call(t, http.StatusOK, http.MethodGet, path, "")
		require.Equal(t, mediaType, w.Header().Get("Content-Type"))
		spec, err := openapi3.NewLoader().LoadFromData(w.Body.Bytes())
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(spec.OpenAPI, "3.0"))
	}
}

// TestTheDocumentIsAJudge keeps the other tests honest.
func TestTheDocumentIsAJudge(t *testing.T) {
	t.Parallel()
	for body, fine := range map[string]bool{`{"version":"1"}`: true, `{"version":1}`: false, `{}`: false, `{"version":"1","more":1}`: false, `[`: false} {
		w := httptest.NewRecorder()
		w.Header().Set("Content-Type", "application/json")
		_, err := w.WriteString(body)
		require.NoError(t, err)
		err = sharedDocument().judge(request(t, "GET", "/api/v1/version", ""), w)
		require.Equal(t, fine, err == nil, "%s: %v", body, err)
	}
}

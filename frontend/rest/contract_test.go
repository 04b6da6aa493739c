package rest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/api"
	"github.com/nekomata-sql/nekomata/batch"
)

// wrong is a request that the document refuses.
type wrong struct {
	name, method, path, body, mediaType string
	status                              int
}

// contract makes the wrong requests of one operation of the document.
type contract struct {
	method    string
	template  string
	operation *openapi3.Operation
	params    openapi3.Parameters
	// handles are the values of path parameters that name something real.
	handles map[string]string
	// body is the largest that the server takes.
	body int
}

// TestTheDocumentIsKept makes every request that the document refuses, one fault
// at a time, and expects the handlers to refuse it as well: that is why nobody
// validates requests against the document while the gateway runs.
func TestTheDocumentIsKept(t *testing.T) {
	t.Parallel()
	const limit = 4 << 10
	doc := readDocument(t)
	var read []string
	batches, _, _ := runBatches(t, batch.ManagerOptions{})
	g := open(t, Options{MaxBodyBytes: limit, Gateway: duck(&read), Tokens: runTokens(t), Batches: batches}, map[string]arrow.RecordBatch{"create": nil})
	session := g.openSession(t, `{}`)
	op := into[api.OperationHandle](t, g.call(t, 200, "POST", "/api/v1/sessions/"+session+"/operations/statement", `{"statement":"create"}`))
	total := 0
	for template, item := range doc.spec.Paths.Map() {
		for method, operation := range item.Operations() {
			c := contract{
				method: method, template: template, operation: operation, params: slices.Concat(item.Parameters, operation.Parameters), body: limit,
				handles: map[string]string{"sessionHandle": session, "operationHandle": op.Identifier, "infoType": "17", "statementId": uuid.NewString(), "batchId": uuid.NewString()},
			}
			for _, w := range slices.Concat(c.wrongParameters(t), c.wrongBodies(t)) {
				total++
				requireRefusedByDocument(t, doc, w)
				answer := g.do(w.request(t))
				require.Equal(t, w.status, answer.Code, "%s %s, %s: %.200s: %s", w.method, w.path, w.name, w.body, answer.Body)
				errorOf(t, answer)
			}
		}
	}
	require.Greater(t, total, 200)
	g.call(t, 200, "GET", "/api/v1/sessions/"+session, "") // nothing of all that has closed it
}

// requireRefusedByDocument keeps this test honest.
func requireRefusedByDocument(t *testing.T, doc document, w wrong) {
	t.Helper()
	if w.status == http.StatusRequestEntityTooLarge || w.body != "" && !json.Valid([]byte(w.body)) {
		return // that is no matter of schemas
	}
	r := w.request(t)
	found, vars, err := doc.router.FindRoute(r)
	require.NoError(t, err)
	require.Error(t, openapi3filter.ValidateRequest(t.Context(), &openapi3filter.RequestValidationInput{
		Request: r, PathParams: vars, Route: found,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc},
	}), "the document allows %s %s, %s: %s", w.method, w.path, w.name, w.body)
}

func (w wrong) request(t *testing.T) *http.Request {
	t.Helper()
	r := request(t, w.method, w.path, w.body)
	if w.mediaType != "" {
		r.Header.Set("Content-Type", w.mediaType)
	}
	return r
}

// path is the operation's path with one parameter's value changed.
func (c contract) path(name, value string) string {
	path := c.template
	for n, v := range c.handles {
		if n == name {
			v = url.PathEscape(value)
		}
		path = strings.ReplaceAll(path, "{"+n+"}", v)
	}
	return path
}

func (c contract) wrongParameters(t *testing.T) []wrong {
	t.Helper()
	var all []wrong
	for _, ref := range c.params {
		p := ref.Value
		for _, value := range wrongTexts(t, p.Schema.Value) {
			w := wrong{name: p.Name + "=" + value[:min(len(value), 30)], method: c.method, path: c.path("", ""), status: http.StatusBadRequest, body: c.rightBody()}
			if p.In == openapi3.ParameterInPath {
				w.path = c.path(p.Name, value)
			} else {
				w.path += "?" + url.Values{p.Name: {value}}.Encode()
			}
			all = append(all, w)
		}
	}
	return all
}

// wrongTexts are values that a parameter with this schema can't have.
func wrongTexts(t *testing.T, s *openapi3.Schema) []string {
	t.Helper()
	var all []string
	switch {
	case s.Type.Is("integer"):
		all = append(all, "x", "1.5", "1e3x", "99999999999999999999x")
		if s.Min != nil {
			all = append(all, strconv.FormatInt(int64(*s.Min)-1, 10))
		}
	case s.Type.Is("boolean"):
		all = append(all, "yes", "2")
	case s.Format == "uuid":
		all = append(all, "x", "0b2e66d4-1f0b-4b0b-8d5a", "0b2e66d4-1f0b-4b0b-8d5a-zzzzzzzzzzzz", uuid.NewString()+"0")
	case len(s.Enum) > 0:
		all = append(all, "NO_SUCH_VALUE", fmt.Sprint(s.Enum[0])+"X", strings.ToLower(fmt.Sprint(s.Enum[0])))
	case s.Pattern != "":
		all = append(all, "\x01")
	}
	if s.MaxLength != nil {
		all = append(all, strings.Repeat("x", int(*s.MaxLength)+1))
	}
	return all
}

func (c contract) schema() *openapi3.Schema {
	if c.operation.RequestBody == nil {
		return nil
	}
	return c.operation.RequestBody.Value.Content.Get("application/json").Schema.Value
}

// right is a value that a field with this schema can have.
func right(s *openapi3.Schema) any {
	switch {
	case s.Example != nil:
		return s.Example
	case s.Type.Is("object"):
		return map[string]any{}
	case s.Type.Is("array"):
		return []any{}
	case s.Type.Is("boolean"):
		return true
	case s.Type.Is("integer"), s.Type.Is("number"):
		return 1
	case len(s.Enum) > 0:
		return s.Enum[0]
	default:
		return "x"
	}
}

func (c contract) rightFields() map[string]any {
	fields := map[string]any{}
	for _, name := range c.schema().Required {
		fields[name] = right(c.schema().Properties[name].Value)
	}
	return fields
}

// rightBody is a body that the document allows, "" where it wants none.
func (c contract) rightBody() string {
	if c.schema() == nil {
		return ""
	}
	text, _ := json.Marshal(c.rightFields())
	return string(text)
}

func (c contract) wrongBodies(t *testing.T) []wrong {
	t.Helper()
	s := c.schema()
	if s == nil {
		return nil
	}
	var all []wrong
	add := func(name, body, mediaType string, status int) {
		all = append(all, wrong{name, c.method, c.path("", ""), body, mediaType, status})
	}
	good := c.rightBody()
	add("no body", "", "application/json", http.StatusBadRequest)
	for _, body := range []string{"{", good + "}", "[]", "null", "1", `"x"`, `{"a":`, "\xff"} {
		add("body "+body, body, "", http.StatusBadRequest)
	}
	for _, mediaType := range []string{"text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"} {
		if c.operation.RequestBody.Value.Content.Get(strings.TrimSuffix(mediaType, "; boundary=x")) != nil {
			continue // another form of the same
		}
		add(mediaType, good, mediaType, http.StatusUnsupportedMediaType)
	}
	add("large", `{"x":"`+strings.Repeat("x", c.body)+`"}`, "", http.StatusRequestEntityTooLarge)
	with := func(name string, value any) string {
		fields := c.rightFields()
		fields[name] = value
		text, err := json.Marshal(fields)
		require.NoError(t, err)
		return string(text)
	}
	for _, name := range s.Required {
		fields := c.rightFields()
		delete(fields, name)
		text, err := json.Marshal(fields)
		require.NoError(t, err)
		add("without "+name, string(text), "", http.StatusBadRequest)
	}
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		for i, value := range wrongValues(s.Properties[name].Value) {
			add(fmt.Sprint(name, " ", i), with(name, value), "", http.StatusBadRequest)
		}
	}
	return all
}

// wrongValues are values that a field with this schema can't have.
func wrongValues(s *openapi3.Schema) []any {
	var all []any
	for kind, value := range map[string]any{"string": "text", "boolean": true, "array": []any{}, "object": map[string]any{}} {
		if !s.Type.Is(kind) {
			all = append(all, value)
		}
	}
	if !s.Nullable {
		all = append(all, nil)
	}
	if !s.Type.Is("integer") && !s.Type.Is("number") {
		all = append(all, 7)
	}
	if s.Type.Is("integer") {
		all = append(all, 1.5)
	}
	if s.Min != nil {
		all = append(all, *s.Min-1)
	}
	if s.Type.Is("string") && s.MinLength > 0 {
		all = append(all, "")
	}
	if s.Type.Is("string") && (s.Pattern != "" || len(s.Enum) > 0) {
		all = append(all, "\x00")
	}
	if s.Items != nil {
		for _, v := range wrongValues(s.Items.Value) {
			all = append(all, []any{v})
		}
	}
	if extra := s.AdditionalProperties.Schema; extra != nil {
		for _, v := range wrongValues(extra.Value) {
			all = append(all, map[string]any{"k": v})
		}
	}
	return all
}

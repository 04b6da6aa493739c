package page

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const hostile = `{
	"info": {"title": "<script>alert(1)</script>", "version": "1", "description": "one <b>\n\ntwo ` + "`code <i>`" + `"},
	"tags": [{"name": "t"}],
	"paths": {"/a/{id}": {
		"parameters": [{"$ref": "#/components/parameters/id"}],
		"post": {"tags": ["t"], "operationId": "makeA", "summary": "s",
			"requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}}},
			"responses": {"default": {"description": "d"}, "200": {"description": "fine", "content": {"application/json": {"schema": {"type": "array", "items": {"$ref": "#/components/schemas/A"}}}}}}},
		"get": {"tags": ["other"], "operationId": "hidden", "responses": {}}}},
	"components": {
		"parameters": {"id": {"name": "id", "in": "path", "required": true, "schema": {"type": "integer", "minimum": 7}}},
		"schemas": {"A": {"type": "object", "required": ["z"], "properties": {
			"a": {"type": "object", "additionalProperties": {"type": "string"}}, "z": {"type": "string", "enum": ["x", "y"], "nullable": true},
			"self": {"$ref": "#/components/schemas/A"}, "o": {"oneOf": [{"type": "string"}, {"type": "number"}]}, "d": {"type": "boolean", "default": true}}}}}
}`

func TestPage(t *testing.T) {
	t.Parallel()
	html, err := HTML([]byte(hostile), "/s.css", "/doc.json")
	require.NoError(t, err)
	text := string(html)
	for _, want := range []string{
		"&lt;script&gt;alert(1)&lt;/script&gt;", "<p>one &lt;b&gt;</p>", "<code>code &lt;i&gt;</code>", `href="/s.css"`, `<a href="/doc.json">`,
		`<article id="makeA">`, "<code>/a/{id}</code>", "at least 7", "map of string", `list of <a href="#schema-A">A</a>`, "x, y", "or null",
		"curl -s -X POST http://localhost:10099/a/7", "string or number",
	} {
		require.Contains(t, text, want)
	}
	require.NotContains(t, text, "<script")
	require.NotContains(t, text, "hidden", "no group has it")
	requireFields := regexp.MustCompile(`(?s)<article id="schema-A">.*?<code>z</code>.*?<code>a</code>.*?<code>self</code>`)
	require.Regexp(t, requireFields, text, "required ones first")

	_, err = HTML([]byte("{"), "")
	require.Error(t, err)
}

func TestExamplesKeepTheOrderAndEnd(t *testing.T) {
	t.Parallel()
	got := write([]entry{{"b", []any{"<x>"}}, {"a", []entry{}}})
	require.Equal(t, []string{"{", `  "b": [`, `    "<x>"`, "  ],", `  "a": {}`, "}"}, strings.Split(got, "\n"))
}

// TestTheAPIsPage reads the page of the API that this is for.
func TestTheAPIsPage(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("../openapi.json")
	require.NoError(t, err)
	html, err := HTML(doc, "/s.css")
	require.NoError(t, err)
	require.NotRegexp(t, `(?i)<script|\son\w+=|javascript:|style=|https?://[^l]`, string(html), "a strict policy must let all of it be")
	require.NotContains(t, string(html), "&lt;nil&gt;")
	require.NotContains(t, string(html), "ZgotmplZ")
	ids := map[string]bool{}
	for _, m := range regexp.MustCompile(` id="([^"]+)"`).FindAllStringSubmatch(string(html), -1) {
		require.False(t, ids[m[1]], "id %s is there twice", m[1])
		ids[m[1]] = true
	}
	for _, m := range regexp.MustCompile(` href="#([^"]+)"`).FindAllStringSubmatch(string(html), -1) {
		require.True(t, ids[m[1]], "a link leads to #%s, which is not there", m[1])
	}
	require.Greater(t, len(ids), 80)
	requireBalanced(t, html)
	require.NotContains(t, string(CSS), "url(")
}

// requireBalanced fails when an element is not closed.
func requireBalanced(t *testing.T, html []byte) {
	t.Helper()
	dec := xml.NewDecoder(bytes.NewReader(html))
	dec.Strict = false
	dec.AutoClose = xml.HTMLAutoClose
	dec.Entity = xml.HTMLEntity
	var open []string
	for {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		switch e := tok.(type) {
		case xml.StartElement:
			open = append(open, e.Name.Local)
		case xml.EndElement:
			require.Equal(t, open[len(open)-1], e.Name.Local, strings.Join(open, " "))
			open = open[:len(open)-1]
		}
	}
	require.Empty(t, open)
}

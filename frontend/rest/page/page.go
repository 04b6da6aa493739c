package page

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"strings"
)

// CSS is the style sheet that pages ask for.
//
//go:embed page.css
var CSS []byte

//go:embed page.html
var layout string

// HTML writes a document, which is JSON, as a page. css is the address of the
// style sheet, and links are addresses of the document itself.
func HTML(openAPI []byte, css string, links ...string) ([]byte, error) {
	var d document
	if err := json.Unmarshal(openAPI, &d); err != nil {
		return nil, fmt.Errorf("read the document: %w", err)
	}
	t, err := template.New("page").Funcs(template.FuncMap{"prose": prose, "words": words, "lower": strings.ToLower}).Parse(layout)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = t.Execute(&b, struct {
		view
		CSS   string
		Links []string
	}{d.view(), css, links})
	return b.Bytes(), err
}

// prose is a text of paragraphs, in which backticks set code apart.
func prose(text string) template.HTML {
	var b strings.Builder
	for paragraph := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		if paragraph != "" {
			b.WriteString("<p>" + string(words(paragraph)) + "</p>")
		}
	}
	return template.HTML(b.String()) //nolint:gosec // words has escaped all that isn't ours
}

// words is prose within one paragraph.
func words(text string) template.HTML {
	var b strings.Builder
	for i, part := range strings.Split(text, "`") {
		if i%2 == 1 {
			b.WriteString("<code>" + template.HTMLEscapeString(part) + "</code>")
		} else {
			b.WriteString(template.HTMLEscapeString(part))
		}
	}
	return template.HTML(b.String()) //nolint:gosec // every part is escaped
}

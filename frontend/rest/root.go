package rest

import (
	_ "embed"
	"net/http"
	"sync"

	"github.com/nekomata-sql/nekomata/api"
	"github.com/nekomata-sql/nekomata/frontend/rest/page"
)

// The document of the API. The YAML is written by hand; the JSON follows from it
// (go test ./frontend/rest -run Document -update).
var (
	//go:embed openapi.yaml
	openAPIYAML []byte
	//go:embed openapi.json
	openAPIJSON []byte
)

// apiRoot is what belongs to no session.
type apiRoot struct{ *server }

func (apiRoot) ping(c *APIRequestContext) error { return c.text("pong") }

func (r apiRoot) version(c *APIRequestContext) error {
	return c.json(http.StatusOK, api.VersionInfo{Version: r.Version})
}

func (apiRoot) webUIConfig(c *APIRequestContext) error {
	return c.json(http.StatusOK, api.WebUIConfig{})
}

func (apiRoot) openAPIJSON(c *APIRequestContext) error {
	c.body(http.StatusOK, "application/json", openAPIJSON)
	return nil
}

func (apiRoot) openAPIYAML(c *APIRequestContext) error {
	c.body(http.StatusOK, "application/yaml", openAPIYAML)
	return nil
}

// Where the page and its style sheet are.
const (
	docsPath = "/api/docs"
	cssPath  = docsPath + "/page.css"
)

// docsPolicy lets the page load its style sheet and nothing else, from nowhere else.
const docsPolicy = "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// docsPage is the document for people, made when somebody first asks.
var docsPage = sync.OnceValues(func() ([]byte, error) {
	return page.HTML(openAPIJSON, cssPath, "/api/openapi.json", "/api/openapi.yaml")
})

func (apiRoot) docs(c *APIRequestContext) error {
	html, err := docsPage()
	if err != nil {
		return err
	}
	c.Header().Set("Content-Security-Policy", docsPolicy)
	c.body(http.StatusOK, "text/html; charset=utf-8", html)
	return nil
}

func (apiRoot) docsCSS(c *APIRequestContext) error {
	c.body(http.StatusOK, "text/css; charset=utf-8", page.CSS)
	return nil
}

package rest

import (
	_ "embed"
	"net/http"

	"github.com/nekomata-sql/nekomata/api"
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

package page

import (
	"encoding/json"
	"strings"
)

// document is the part of an OpenAPI document that the page shows.
type document struct {
	Info struct {
		Title       string `json:"title"`
		Version     string `json:"version"`
		Description string `json:"description"`
	} `json:"info"`
	Tags []struct {
		Name        string `json:"name"`
		Description string `json:"description"`
	} `json:"tags"`
	Paths      map[string]pathItem `json:"paths"`
	Components struct {
		Parameters    map[string]*parameter `json:"parameters"`
		Responses     map[string]*response  `json:"responses"`
		RequestBodies map[string]*body      `json:"requestBodies"`
		Schemas       map[string]*schema    `json:"schemas"`
	} `json:"components"`
}

type pathItem struct {
	Parameters []*parameter `json:"parameters"`
	Get        *operation   `json:"get"`
	Post       *operation   `json:"post"`
	Put        *operation   `json:"put"`
	Patch      *operation   `json:"patch"`
	Delete     *operation   `json:"delete"`
}

type operation struct {
	Tags        []string             `json:"tags"`
	OperationID string               `json:"operationId"`
	Summary     string               `json:"summary"`
	Description string               `json:"description"`
	Parameters  []*parameter         `json:"parameters"`
	RequestBody *body                `json:"requestBody"`
	Responses   map[string]*response `json:"responses"`
}

type parameter struct {
	Ref         string  `json:"$ref"`
	Name        string  `json:"name"`
	In          string  `json:"in"`
	Description string  `json:"description"`
	Required    bool    `json:"required"`
	Schema      *schema `json:"schema"`
	Example     any     `json:"example"`
}

type body struct {
	Ref     string           `json:"$ref"`
	Content map[string]media `json:"content"`
}

type response struct {
	Ref         string           `json:"$ref"`
	Description string           `json:"description"`
	Content     map[string]media `json:"content"`
}

type media struct {
	Schema  *schema `json:"schema"`
	Example any     `json:"example"`
}

type schema struct {
	Ref                  string             `json:"$ref"`
	Type                 string             `json:"type"`
	Format               string             `json:"format"`
	Description          string             `json:"description"`
	Pattern              string             `json:"pattern"`
	Enum                 []any              `json:"enum"`
	Nullable             bool               `json:"nullable"`
	Minimum              *float64           `json:"minimum"`
	Maximum              *float64           `json:"maximum"`
	MinLength            *int               `json:"minLength"`
	MaxLength            *int               `json:"maxLength"`
	Default              any                `json:"default"`
	Example              any                `json:"example"`
	Items                *schema            `json:"items"`
	Properties           map[string]*schema `json:"properties"`
	Required             []string           `json:"required"`
	AdditionalProperties json.RawMessage    `json:"additionalProperties"`
	OneOf                []*schema          `json:"oneOf"`
}

// values is the schema of a map's values, nil for what is no map.
func (s *schema) values() *schema {
	var v schema
	if len(s.AdditionalProperties) == 0 || s.AdditionalProperties[0] != '{' || json.Unmarshal(s.AdditionalProperties, &v) != nil {
		return nil
	}
	return &v
}

// component is what a reference into the document names, or the thing itself.
func component[T any](all map[string]*T, ref string, own *T) *T {
	if c := all[name(ref)]; c != nil {
		return c
	}
	return own
}

// name is the last part of a reference.
func name(ref string) string { return ref[strings.LastIndexByte(ref, '/')+1:] }

func (d *document) resolve(s *schema) *schema {
	if s == nil || s.Ref == "" {
		return s
	}
	return component(d.Components.Schemas, s.Ref, s)
}

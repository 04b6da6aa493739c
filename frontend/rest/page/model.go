package page

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

type (
	// view is the page's content, in its order.
	view struct {
		Title, Version, Intro string
		Groups                []group
		Schemas               []object
	}
	group struct {
		Name, Text string
		Operations []call
	}
	call struct {
		ID, Method, Path, Summary, Text string
		Fields                          []field
		Bodies                          []content
		Answers                         []answer
		Curl                            string
	}
	// field is a parameter, or a property of an object.
	field struct {
		Name, In string
		Required bool
		Kind     kind
		Rules    []string
		Text     string
	}
	// kind is the type of a value. Ref names an object that the page describes.
	kind struct{ Before, Text, Ref string }
	// content is a body in one media type.
	content struct {
		MediaType, Example string
		Kind               kind
		Fields             []field
	}
	answer struct {
		Status, Text string
		Contents     []content
	}
	object struct {
		Name, Text string
		Kind       kind
		Rules      []string
		Fields     []field
	}
)

func (d *document) view() view {
	v := view{Title: d.Info.Title, Version: d.Info.Version, Intro: d.Info.Description}
	for _, tag := range d.Tags {
		g := group{Name: tag.Name, Text: tag.Description}
		for _, path := range slices.Sorted(maps.Keys(d.Paths)) {
			g.Operations = append(g.Operations, d.calls(tag.Name, path)...)
		}
		v.Groups = append(v.Groups, g)
	}
	for _, name := range slices.Sorted(maps.Keys(d.Components.Schemas)) {
		s := d.Components.Schemas[name]
		v.Schemas = append(v.Schemas, object{name, s.Description, d.kind(s), rules(s), d.fields(s)})
	}
	return v
}

// calls are the operations of a path that have a tag.
func (d *document) calls(tag, path string) []call {
	item := d.Paths[path]
	var all []call
	for _, m := range []struct {
		method string
		op     *operation
	}{{"GET", item.Get}, {"POST", item.Post}, {"PUT", item.Put}, {"PATCH", item.Patch}, {"DELETE", item.Delete}} {
		if m.op != nil && slices.Contains(m.op.Tags, tag) {
			all = append(all, d.call(m.method, path, m.op, item.Parameters))
		}
	}
	return all
}

func (d *document) call(method, path string, op *operation, shared []*parameter) call {
	c := call{ID: op.OperationID, Method: method, Path: path, Summary: op.Summary, Text: op.Description}
	example := path
	for _, p := range slices.Concat(shared, op.Parameters) {
		p = component(d.Components.Parameters, p.Ref, p)
		s := d.resolve(p.Schema)
		c.Fields = append(c.Fields, field{p.Name, p.In, p.Required, d.kind(p.Schema), rules(s), cmp.Or(p.Description, s.Description)})
		if p.In == "path" {
			example = strings.ReplaceAll(example, "{"+p.Name+"}", fmt.Sprint(cmp.Or(p.Example, d.example(p.Schema, 0))))
		}
	}
	c.Curl = curl(method, example)
	if op.RequestBody != nil {
		c.Bodies = d.contents(component(d.Components.RequestBodies, op.RequestBody.Ref, op.RequestBody).Content)
		if len(c.Bodies) > 0 {
			c.Curl += " \\\n  -H 'Content-Type: " + c.Bodies[0].MediaType + "' -d '" + c.Bodies[0].Example + "'"
		}
	}
	for _, status := range slices.Sorted(maps.Keys(op.Responses)) {
		r := component(d.Components.Responses, op.Responses[status].Ref, op.Responses[status])
		if status == "default" {
			status = "else"
		}
		c.Answers = append(c.Answers, answer{status, r.Description, d.contents(r.Content)})
	}
	return c
}

func curl(method, path string) string {
	line := "curl -s"
	if method != "GET" {
		line += " -X " + method
	}
	return line + " http://localhost:10099" + path
}

func (d *document) contents(all map[string]media) []content {
	var list []content
	for _, mediaType := range slices.Sorted(maps.Keys(all)) {
		m := all[mediaType]
		c := content{MediaType: mediaType, Kind: d.kind(m.Schema)}
		if strings.HasSuffix(mediaType, "json") {
			c.Example = write(d.exampleOf(m))
		} else if text, ok := m.Example.(string); ok {
			c.Example = text
		}
		if m.Schema != nil && m.Schema.Ref == "" {
			c.Fields = d.fields(m.Schema)
		}
		list = append(list, c)
	}
	return list
}

// fields are an object's properties: those that it must have in the document's
// order, then the others by name.
func (d *document) fields(s *schema) []field {
	var all []field
	for _, name := range order(s) {
		p := s.Properties[name]
		all = append(all, field{name, "", slices.Contains(s.Required, name), d.kind(p), rules(p), p.Description})
	}
	return all
}

func order(s *schema) []string {
	names := slices.Sorted(maps.Keys(s.Properties))
	place := func(name string) int {
		if i := slices.Index(s.Required, name); i >= 0 {
			return i
		}
		return len(s.Required)
	}
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(place(a), place(b)) })
	return names
}

// kind says in words what a value is.
func (d *document) kind(s *schema) kind {
	switch {
	case s == nil:
		return kind{Text: "anything"}
	case s.Ref != "":
		return kind{Ref: name(s.Ref)}
	case s.Type == "array":
		k := d.kind(s.Items)
		k.Before = "list of " + k.Before
		return k
	case len(s.OneOf) > 0:
		var words []string
		for _, o := range s.OneOf {
			words = append(words, d.kind(o).Text)
		}
		return kind{Text: strings.Join(words, " or ")}
	case s.values() != nil:
		k := d.kind(s.values())
		k.Before = "map of " + k.Before
		return k
	case s.Format != "" && s.Type != "integer" && s.Type != "number":
		return kind{Text: s.Format}
	default:
		return kind{Text: cmp.Or(s.Type, "anything")}
	}
}

// rules are the bounds of a value in words.
func rules(s *schema) []string {
	var all []string
	add := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	if len(s.Enum) > 0 {
		words := make([]string, len(s.Enum))
		for i, e := range s.Enum {
			words[i] = fmt.Sprint(e)
		}
		add("%s", strings.Join(words, ", "))
	}
	if s.Minimum != nil {
		add("at least %s", number(*s.Minimum))
	}
	if s.Maximum != nil {
		add("at most %s", number(*s.Maximum))
	}
	if s.MaxLength != nil {
		add("at most %d characters", *s.MaxLength)
	}
	if s.MinLength != nil && *s.MinLength > 0 {
		add("not empty")
	}
	if s.Pattern != "" {
		add("matches %s", s.Pattern)
	}
	if s.Default != nil {
		add("default %v", s.Default)
	}
	if s.Nullable {
		add("or null")
	}
	return all
}

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

package rest

import "strings"

// paths finds what is at a path by its parts, with a look at a map for each, where
// mux tries one regular expression after the other. It is made of mux's templates; a
// path that is not found here may still be one of mux's.
type paths struct {
	literal  map[string]*paths
	variable *paths // behind a part of any text
	here     *resource
}

// add puts a resource at mux's template of a path, whose variables it names.
func (p *paths) add(template string, here *resource) {
	for part := range strings.SplitSeq(template[1:], "/") {
		if name, ok := strings.CutPrefix(part, "{"); ok {
			here.variables = append(here.variables, strings.TrimSuffix(name, "}"))
			if p.variable == nil {
				p.variable = &paths{}
			}
			p = p.variable
			continue
		}
		if p.literal == nil {
			p.literal = map[string]*paths{}
		}
		if p.literal[part] == nil {
			p.literal[part] = &paths{}
		}
		p = p.literal[part]
	}
	p.here = here
}

// find is the resource at path, or nil, and the values of its variables.
func (p *paths) find(path string) (here *resource, values []string) {
	if !strings.HasPrefix(path, "/") {
		return nil, nil
	}
	for part := range strings.SplitSeq(path[1:], "/") {
		if next := p.literal[part]; next != nil {
			p = next
			continue
		}
		if p.variable == nil || part == "" {
			return nil, nil
		}
		p, values = p.variable, append(values, part)
	}
	return p.here, values
}

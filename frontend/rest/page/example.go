package page

import (
	"bytes"
	"encoding/json"
	"strings"
)

// deep is where examples of objects within objects end.
const deep = 6

// entry is a property of an example, which keeps the document's order.
type entry struct {
	name  string
	value any
}

func (d *document) exampleOf(m media) any {
	if m.Example != nil {
		return m.Example
	}
	return d.example(m.Schema, 0)
}

// example makes a value that a schema allows.
func (d *document) example(s *schema, depth int) any {
	s = d.resolve(s)
	switch {
	case s == nil || depth > deep:
		return nil
	case s.Example != nil:
		return s.Example
	case s.Default != nil:
		return s.Default
	case len(s.Enum) > 0:
		return s.Enum[0]
	case s.Type == "array":
		return []any{d.example(s.Items, depth+1)}
	case len(s.Properties) > 0:
		var all []entry
		for _, name := range order(s) {
			all = append(all, entry{name, d.example(s.Properties[name], depth+1)})
		}
		return all
	case s.values() != nil:
		return []entry{{"key", d.example(s.values(), depth+1)}}
	default:
		return d.plain(s, depth)
	}
}

func (d *document) plain(s *schema, depth int) any {
	switch {
	case len(s.OneOf) > 0:
		return d.example(s.OneOf[len(s.OneOf)-1], depth+1)
	case s.Type == "boolean":
		return false
	case s.Type == "integer" || s.Type == "number":
		if s.Minimum != nil {
			return *s.Minimum
		}
		return 0
	case s.Type == "object":
		return []entry{}
	case s.Format == "uuid":
		return "4f3c1d2e-0a1b-4c5d-8e6f-7a8b9c0d1e2f"
	default:
		return "text"
	}
}

// write is an example as JSON.
func write(v any) string {
	var b strings.Builder
	writeValue(&b, v, "")
	return b.String()
}

func writeValue(b *strings.Builder, v any, indent string) {
	switch v := v.(type) {
	case []entry:
		writeList(b, "{}", indent, len(v), func(i int, indent string) {
			b.WriteString(text(v[i].name) + ": ")
			writeValue(b, v[i].value, indent)
		})
	case []any:
		writeList(b, "[]", indent, len(v), func(i int, indent string) { writeValue(b, v[i], indent) })
	default:
		b.WriteString(text(v))
	}
}

// writeList writes n items within a pair of brackets.
func writeList(b *strings.Builder, brackets, indent string, n int, item func(i int, indent string)) {
	b.WriteByte(brackets[0])
	inner := indent + "  "
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString("\n" + inner)
		item(i, inner)
	}
	if n > 0 {
		b.WriteString("\n" + indent)
	}
	b.WriteByte(brackets[1])
}

// text is a value as JSON on one line, with < and > as they are.
func text(v any) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return "null"
	}
	return strings.TrimSpace(b.String())
}

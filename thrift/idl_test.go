package thrift_test

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// idl reads an interface file, as much of the language as ours uses, and lists
// its facts in the form of published/facts.txt.
type idl struct {
	tokens   []string
	facts    []string
	typedefs map[string]string
	err      error
}

var (
	idlComment = regexp.MustCompile(`//[^\n]*`)
	idlToken   = regexp.MustCompile(`[A-Za-z_][\w.]*|\d+|"[^"]*"|[{}()<>\[\],;:=]`)
)

func parseIDL(text string) ([]string, error) {
	p := &idl{
		tokens:   idlToken.FindAllString(idlComment.ReplaceAllString(text, ""), -1),
		typedefs: map[string]string{},
	}
	for len(p.tokens) > 0 && p.err == nil {
		p.definition()
	}
	return p.facts, p.err
}

func (p *idl) definition() {
	switch kind := p.next(); kind {
	case "namespace":
		p.next()
		p.next()
	case "typedef":
		base := p.next()
		p.typedefs[p.next()] = base
	case "enum":
		p.enum()
	case "struct", "union":
		name := p.next()
		p.want("{")
		p.fields(kind, name, "}")
	case "const":
		p.constant()
	case "service":
		p.service()
	default:
		p.fail("definition", kind)
	}
}

func (p *idl) enum() {
	enum := p.next()
	p.want("{")
	for !p.take("}") && p.err == nil {
		name := p.next()
		p.want("=")
		p.fact("enum %s %05d %s", enum, p.number(), name)
		p.want(",")
	}
}

func (p *idl) fields(kind, name, end string) {
	for !p.take(end) && p.err == nil {
		id := p.number()
		p.want(":")
		need := "default"
		if p.take("required") {
			need = "required"
		} else if p.take("optional") && kind != "union" {
			need = "optional"
		}
		typ, field, initial := p.typeText(), p.next(), ""
		if p.take("=") {
			// A default of zero cannot be seen in the published classes.
			if v := p.next(); v != "0" && v != "false" {
				initial = " = " + v[strings.LastIndex(v, ".")+1:]
			}
		}
		p.fact("%s %s %03d %s %s %s%s", kind, name, id, need, typ, field, initial)
		p.take(",")
	}
}

func (p *idl) typeText() string {
	name := p.next()
	if base, ok := p.typedefs[name]; ok {
		return name + ":" + base
	}
	switch name {
	case "i8":
		return "byte"
	case "list", "set":
		p.want("<")
		elem := p.typeText()
		p.want(">")
		return name + "<" + elem + ">"
	case "map":
		p.want("<")
		key := p.typeText()
		p.want(",")
		value := p.typeText()
		p.want(">")
		return "map<" + key + "," + value + ">"
	}
	return name
}

func (p *idl) constant() {
	p.typeText()
	name := p.next()
	p.want("=")
	switch {
	case p.take("["):
		for !p.take("]") && p.err == nil {
			p.fact("const %s %s", name, strings.TrimPrefix(p.next(), "TTypeId."))
			p.want(",")
		}
	case p.take("{"):
		for !p.take("}") && p.err == nil {
			key := strings.TrimPrefix(p.next(), "TTypeId.")
			p.want(":")
			p.fact("const %s %s = %s", name, key, strings.Trim(p.next(), `"`))
			p.want(",")
		}
	default:
		p.fact("const %s = %s", name, strings.Trim(p.next(), `"`))
	}
}

func (p *idl) service() {
	p.next()
	p.want("{")
	for !p.take("}") && p.err == nil {
		result, method := p.typeText(), p.next()
		p.fact("method %s", method)
		p.fact("call %s_result 000 default %s success", method, result)
		p.want("(")
		p.fields("call", method+"_args", ")")
		p.want(";")
	}
}

func (p *idl) next() string {
	if len(p.tokens) == 0 {
		p.fail("more", "the end")
		return ""
	}
	t := p.tokens[0]
	p.tokens = p.tokens[1:]
	return t
}

func (p *idl) take(t string) bool {
	if len(p.tokens) == 0 || p.tokens[0] != t {
		return false
	}
	p.tokens = p.tokens[1:]
	return true
}

func (p *idl) want(t string) {
	if got := p.next(); got != t {
		p.fail(t, got)
	}
}

func (p *idl) number() int {
	t := p.next()
	n, err := strconv.Atoi(t)
	if err != nil {
		p.fail("a number", t)
	}
	return n
}

func (p *idl) fact(format string, args ...any) {
	p.facts = append(p.facts, fmt.Sprintf(format, args...))
}

func (p *idl) fail(want, got string) {
	if p.err == nil {
		p.err = fmt.Errorf("after %q: want %s, got %s", p.facts[max(0, len(p.facts)-1):], want, got)
	}
}

package dialect

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// DuckDB puts the text of an argument in each place where a macro's body has the
// parameter, so calls inside of calls multiply: four casts around each other were
// fifty thousand, which took DuckDB minutes and gigabytes, and it can't be
// interrupted there. So each macro that has a parameter twice or more has a sibling that
// writes it once, by a lambda of an array with one element. That costs a microsecond
// a row, since DuckDB doesn't simplify the body of a lambda by the types in it, and is
// used only around what is large already.
const (
	// once begins the names of the siblings.
	once = "__once_"
	// mostCopies is how often what stands innermost may be repeated.
	mostCopies = 400
)

// repeats says how often a macro's body has the parameter that it has most often, by the
// number of its parameters.
type repeats [mostArguments + 2]int

// copying are the macros that have siblings, by the names in calls.
var copying = func() map[string]repeats {
	m := map[string]repeats{}
	for _, mac := range copiers() {
		var r repeats
		for _, body := range mac.bodies {
			params, text := parameters(body)
			for _, p := range params {
				r[len(params)] = max(r[len(params)], count(text, p))
			}
		}
		m[strings.TrimPrefix(mac.name, casting)] = r
	}
	return m
}()

// copiers are the macros that siblings are made of: what has a parameter more than
// once, and has no aggregate, which can't stand in a lambda, nor parameters with types.
func copiers() []macro {
	var list []macro
	for _, m := range slices.Concat(castMacros, timeMacros, textMacros, jsonMacros, numberMacros, listMacros, varying()) {
		if slices.ContainsFunc(m.bodies, copies) && !slices.ContainsFunc(m.bodies, typed) {
			list = append(list, m)
		}
	}
	return list
}

// parameters are the names of a body's parameters, and what is behind them.
func parameters(body string) (names []string, text string) {
	list, text, _ := strings.Cut(strings.TrimPrefix(body, "("), ") AS ")
	if list == "" {
		return nil, text
	}
	return strings.Split(list, ", "), text
}

func typed(body string) bool {
	params, _ := parameters(body)
	return slices.ContainsFunc(params, func(p string) bool { return strings.Contains(p, " ") })
}

func copies(body string) bool {
	params, text := parameters(body)
	return slices.ContainsFunc(params, func(p string) bool { return count(text, p) > 1 })
}

// count is how often a body has a parameter, with what is inside of the macros that it calls.
func count(text, parameter string) int {
	n, words := 0, func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) }
	for word := range strings.FieldsFuncSeq(text, words) {
		if word == parameter {
			n++
		}
	}
	if n > 0 && strings.Contains(text, partOfWS) {
		n += 2
	}
	return n
}

// siblings are the macros that write each argument once.
func siblings() []macro {
	var list []macro
	for _, m := range copiers() {
		s := macro{name: once + m.name}
		for _, body := range m.bodies {
			s.bodies = append(s.bodies, single(m.name, body))
		}
		list = append(list, s)
	}
	return list
}

// single is the body of a sibling.
func single(name, body string) string {
	params, text := parameters(body)
	args, values := slices.Clone(params), []string{}
	for i, p := range params {
		if count(text, p) > 1 && !separates(text, p) {
			values = append(values, p)
			args[i] = "__v[" + strconv.Itoa(len(values)) + "]"
		}
	}
	list := "[row(" + strings.Join(values, ", ") + ")]" // without names, which correlated columns lose
	if len(values) == 1 {
		list = "[" + values[0] + "]"
		args[slices.Index(params, values[0])] = "__v"
	}
	call := library + ".main." + quoteName(name) + "(" + strings.Join(args, ", ") + ")"
	head := "(" + strings.Join(params, ", ") + ") AS "
	if len(values) == 0 {
		return head + call
	}
	return head + "list_transform(" + list + ", lambda __v: " + call + ")[1]"
}

// separates tells whether a parameter is what stands between the elements of an array
// made into a text: that must be a constant, which nothing in a lambda's parameter is.
func separates(text, parameter string) bool {
	return strings.Contains(text, "array_to_string(") && strings.Contains(text, ", "+parameter+")")
}

// nested tells whether the call whose parenthesis opens at token i is to write its
// arguments once.
func (e *emitter) nested(i int) bool {
	if !e.weighed {
		e.weigh()
	}
	return e.single[i]
}

// weigh finds the calls that would make too many copies.
func (e *emitter) weigh() {
	e.weighed = true
	e.paren(0) // the layout
	type level struct{ open, most int }
	stack := []level{{-1, 1}}
	for i, t := range e.tokens {
		if t.Kind != Op {
			continue
		}
		if p := e.parens[i]; p.close > 0 {
			stack = append(stack, level{i, 1})
		} else if top := stack[len(stack)-1]; p.open > 0 && p.open-1 == top.open {
			stack = stack[:len(stack)-1]
			n := top.most
			switch w := e.weight(top.open); {
			case w > 1 && n > 1 && n*w > mostCopies:
				if e.single == nil {
					e.single = map[int]bool{}
				}
				e.single[top.open] = true
			default:
				n *= max(1, w)
			}
			outer := &stack[len(stack)-1]
			outer.most = max(outer.most, n)
		}
	}
}

// weight is how often the call whose parenthesis opens at token i repeats an argument.
func (e *emitter) weight(i int) int {
	before := e.previous(i)
	if before < 0 || e.tokens[before].Kind != Word {
		return 1
	}
	word, args := lower(e.src[e.tokens[before].Off:e.tokens[before].End]), e.parens[i].args
	if word == "cast" || word == "try_cast" {
		word, args = e.castType(i)
	}
	if r, ok := copying[word]; ok && args < len(r) {
		return r[args]
	}
	return 1
}

// castType is the name in [copying] of what a cast is made with, and its number of arguments.
func (e *emitter) castType(open int) (name string, args int) {
	as := e.parens[open].as
	if as == 0 {
		return "", 1
	}
	n := e.next(as)
	if n >= len(e.tokens) {
		return "", 1
	}
	switch word := lower(e.src[e.tokens[n].Off:e.tokens[n].End]); word {
	case "integer":
		return "int", 1
	case "long":
		return "bigint", 1
	case "varchar", "char":
		if e.is(e.next(n), "(") {
			return sizing + word, 2
		}
		return "string", 1
	default:
		return word, 1
	}
}

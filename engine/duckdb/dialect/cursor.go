package dialect

import (
	"slices"
	"strings"
)

// cursor walks over the significant tokens of a statement: no space, no
// comments, no trailing semicolon.
type cursor struct {
	src    string
	tokens []Token // all, for emit
	sig    []int   // indexes of the significant ones
	pos    int
	nested int // types around the one that is read
}

// newCursor refuses a second statement behind a semicolon: the families would
// not see it, and a client that meant two sends two.
func newCursor(src string, tokens []Token) (*cursor, error) {
	c := &cursor{src: src, tokens: tokens, sig: make([]int, 0, len(tokens)/2+1)}
	end := -1
	for i, t := range tokens {
		switch {
		case t.Kind == Space || t.Kind == Comment:
		case t.Kind == Op && src[t.Off:t.End] == ";":
			if end < 0 {
				end = i
			}
		case end >= 0 && len(c.sig) > 0:
			return nil, syntaxError(src, t.Off, "one statement at a time: there is more behind the semicolon")
		default:
			end = -1
			c.sig = append(c.sig, i)
		}
	}
	if end >= 0 {
		c.tokens = tokens[:end]
	}
	if len(c.sig) == 0 {
		return nil, syntaxError(src, len(src), "the statement is empty")
	}
	return c, nil
}

// done tells whether nothing is left.
func (c *cursor) done() bool { return c.pos >= len(c.sig) }

// peek is the token ahead by n; past the last it is an Op without text.
func (c *cursor) peek(n int) Token {
	if c.pos+n >= len(c.sig) {
		return Token{Kind: Op, Off: len(c.src), End: len(c.src)}
	}
	return c.tokens[c.sig[c.pos+n]]
}

// has tells whether there is a token ahead by n.
func (c *cursor) has(n int) bool { return c.pos+n < len(c.sig) }

// word is the lower-case text of the word ahead by n, else "".
func (c *cursor) word(n int) string {
	t := c.peek(n)
	if t.Kind != Word {
		return ""
	}
	return lower(c.src[t.Off:t.End])
}

// accept moves behind one of words, if one is next.
func (c *cursor) accept(words ...string) bool {
	if w := c.word(0); w == "" || !slices.Contains(words, w) {
		return false
	}
	c.pos++
	return true
}

// op moves behind the operator, if it is next.
func (c *cursor) op(text string) bool {
	if t := c.peek(0); t.Kind == Op && c.src[t.Off:t.End] == text {
		c.pos++
		return true
	}
	return false
}

// phrase moves behind the words, if all of them are next.
func (c *cursor) phrase(words ...string) bool {
	for i, w := range words {
		if c.word(i) != w {
			return false
		}
	}
	c.pos += len(words)
	return true
}

// errorf is a syntax error at the next token.
func (c *cursor) errorf(format string, args ...any) error {
	return syntaxError(c.src, c.peek(0).Off, format, args...)
}

// end fails when something is left.
func (c *cursor) end() error {
	if c.done() {
		return nil
	}
	return c.errorf("the statement should end here")
}

// part reads one part of a name: any word will do.
func (c *cursor) part(what string) (string, error) {
	t := c.peek(0)
	switch t.Kind {
	case Word:
		c.pos++
		return c.src[t.Off:t.End], nil
	case Name:
		c.pos++
		return t.Value, nil
	default:
		return "", c.errorf("the name of a %s should stand here", what)
	}
}

// name reads a name of up to three parts.
func (c *cursor) name(what string) (name, error) {
	var n name
	for {
		p, err := c.part(what)
		if err != nil {
			return nil, err
		}
		if n = append(n, p); len(n) > 3 {
			return nil, c.errorf("a name has three parts at most: catalog, database, %s", what)
		}
		if !c.op(".") {
			return n, nil
		}
	}
}

// str reads a string; in double quotes too, where only a string can stand.
func (c *cursor) str(what string) (string, error) {
	t := c.peek(0)
	if t.Kind == String || t.Kind == Name && c.src[t.Off] == '"' {
		c.pos++
		return t.Value, nil
	}
	return "", c.errorf("%s in quotes should stand here", what)
}

// rest is what is left, written for DuckDB.
func (c *cursor) rest() string {
	if c.done() {
		return ""
	}
	return emit(c.src, c.tokens[c.sig[c.pos]:])
}

// all is the whole statement, written for DuckDB.
func (c *cursor) all() string { return emit(c.src, c.tokens) }

// name is a name's parts: table, database.table or catalog.database.table.
type name []string

// sql is the name as DuckDB reads it.
func (n name) sql() string {
	quoted := make([]string, len(n))
	for i, p := range n {
		quoted[i] = quoteName(p)
	}
	return strings.Join(quoted, ".")
}

// last is the object's own name.
func (n name) last() string { return n[len(n)-1] }

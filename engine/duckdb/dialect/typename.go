package dialect

import "strings"

// typeName reads a type as Hive writes it and gives it as DuckDB does.
func (c *cursor) typeName() (string, error) {
	if c.nested++; c.nested > deepest {
		return "", c.errorf("types nest %d deep at most", deepest)
	}
	defer func() { c.nested-- }()
	duck, err := c.baseType()
	from := c.pos
	for err == nil && c.text(0) == "[" { // DuckDB's own arrays
		c.piece()
	}
	return duck + c.slice(from, c.pos), err
}

// simpleTypes are types whose names differ, or whose lengths DuckDB ignores.
var simpleTypes = map[string]string{
	"string": varchar, "binary": "BLOB", "byte": "TINYINT", "short": "SMALLINT", "long": "BIGINT", "void": "INTEGER",
	"timestamp_ntz": "TIMESTAMP", "timestamp_ltz": "TIMESTAMP", "varchar": varchar, "char": varchar, "real": "FLOAT", "float": "FLOAT",
	"int": "INTEGER", "integer": "INTEGER",
}

func (c *cursor) baseType() (string, error) {
	word := c.word(0)
	if word == "" {
		return "", c.errorf("a type should stand here")
	}
	written := c.text(0)
	c.pos++
	switch {
	case word == "array" && c.op("<"):
		of, err := c.typeName()
		return of + "[]", c.closing(err)
	case word == "map" && c.op("<"):
		key, err := c.typeName()
		if err == nil && !c.op(",") {
			err = c.errorf("a comma and the type of the values should stand here")
		}
		if err != nil {
			return "", err
		}
		value, err := c.typeName()
		return "MAP(" + key + ", " + value + ")", c.closing(err)
	case word == "struct" && c.op("<"):
		return c.structType()
	case word == "double":
		c.accept("precision")
		return "DOUBLE", nil
	}
	parameters := ""
	if c.peek(0).Kind == Op && c.text(0) == "(" {
		parameters = c.piece()
	}
	switch simple, ok := simpleTypes[word]; {
	case ok:
		return simple, nil
	case (word == "decimal" || word == "dec" || word == "numeric") && parameters == "":
		return "DECIMAL(10,0)", nil
	case (word == "decimal" || word == "dec" || word == "numeric"):
		return "DECIMAL" + parameters, nil
	}
	for word == "timestamp" && (c.phrase("with", "time", "zone") || c.phrase("with", "local", "time", "zone")) {
		written = "TIMESTAMPTZ"
	}
	return written + parameters, nil
}

func (c *cursor) structType() (string, error) {
	var fields []string
	for {
		field, err := c.part("field")
		if err != nil {
			return "", err
		}
		c.op(":")
		t, err := c.typeName()
		if err != nil {
			return "", err
		}
		if c.accept("comment") {
			if _, err := c.str("a comment"); err != nil {
				return "", err
			}
		}
		fields = append(fields, quoteName(field)+" "+t)
		if !c.op(",") {
			return "STRUCT(" + strings.Join(fields, ", ") + ")", c.closing(nil)
		}
	}
}

// closing reads the > behind a type's parameters. The lexer may have joined two
// of them, or one with what comes behind.
func (c *cursor) closing(err error) error {
	if err != nil || c.op(">") {
		return err
	}
	return c.errorf("> should end the type here")
}

// text is the text of the token ahead by n.
func (c *cursor) text(n int) string {
	t := c.peek(n)
	return c.src[t.Off:t.End]
}

// sizedTypes are those whose length DuckDB forgets and Hive's clients read.
var sizedTypes = map[string]bool{"varchar": true, "char": true}

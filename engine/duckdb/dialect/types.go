package dialect

import (
	"strconv"
	"strings"
)

// duckType says what a DuckDB type is to Hive's clients.
type duckType struct {
	duck string // the text before any parenthesis; LIST stands for every array
	hive string // Hive's name without parameters
	code int    // java.sql.Types
	// size, digits and radix are GetColumns' COLUMN_SIZE, DECIMAL_DIGITS and
	// NUM_PREC_RADIX as HiveServer2 has them; none is NULL.
	size, digits, radix int
}

const (
	none    = -1
	maxInt  = 1<<31 - 1
	varchar = "VARCHAR" // what an unknown type is taken for
)

// duckTypes is the one table of types: [HiveType] and the SQL of the metadata
// questions are made from it.
var duckTypes = []duckType{
	{"BOOLEAN", "boolean", 16, none, none, none},
	{"TINYINT", "tinyint", -6, 3, 0, 10},
	{"SMALLINT", "smallint", 5, 5, 0, 10},
	{"INTEGER", "int", 4, 10, 0, 10},
	{"BIGINT", "bigint", -5, 19, 0, 10},
	{"HUGEINT", "decimal(38,0)", 3, 38, 0, 10},
	{"UTINYINT", "smallint", 5, 5, 0, 10},
	{"USMALLINT", "int", 4, 10, 0, 10},
	{"UINTEGER", "bigint", -5, 19, 0, 10},
	{"UBIGINT", "decimal(20,0)", 3, 20, 0, 10},
	{"UHUGEINT", "decimal(38,0)", 3, 38, 0, 10},
	{"BIGNUM", "string", 12, maxInt, none, none},
	{"FLOAT", "float", 6, 7, 7, 10},
	{"DOUBLE", "double", 8, 15, 15, 10},
	{"DECIMAL", "decimal", 3, none, none, 10},
	{varchar, "string", 12, maxInt, none, none},
	{"CHAR", "string", 12, maxInt, none, none},
	{"JSON", "string", 12, maxInt, none, none},
	{"UUID", "string", 12, maxInt, none, none},
	{"ENUM", "string", 12, maxInt, none, none},
	{"BIT", "string", 12, maxInt, none, none},
	{"INTERVAL", "string", 12, maxInt, none, none},
	{"TIME", "string", 12, maxInt, none, none},
	{"TIME_NS", "string", 12, maxInt, none, none},
	{"TIME WITH TIME ZONE", "string", 12, maxInt, none, none},
	{"BLOB", "binary", -2, maxInt, none, none},
	{"DATE", "date", 91, 10, none, none},
	{"TIMESTAMP", "timestamp", 93, 29, 9, none},
	{"TIMESTAMP_S", "timestamp", 93, 29, 9, none},
	{"TIMESTAMP_MS", "timestamp", 93, 29, 9, none},
	{"TIMESTAMP_NS", "timestamp", 93, 29, 9, none},
	{"TIMESTAMP WITH TIME ZONE", "timestamp", 93, 29, 9, none},
	{"LIST", "array", 2003, none, none, none},
	{"MAP", "map", 2000, none, none, none},
	{"STRUCT", "struct", 2002, none, none, none},
	{"UNION", "uniontype", 1111, none, none, none},
	{`"NULL"`, "void", 0, none, none, none},
	{"NULL", "void", 0, none, none, none},
}

// hiveNames maps DuckDB's names to Hive's.
var hiveNames = func() map[string]string {
	m := make(map[string]string, len(duckTypes))
	for _, t := range duckTypes {
		m[t.duck] = t.hive
	}
	return m
}()

// typesSQL is the table as a relation t(duck, code, size, digits, radix).
var typesSQL = func() string {
	number := func(n int) string {
		if n == none {
			return "NULL"
		}
		return strconv.Itoa(n)
	}
	var b strings.Builder
	for i, t := range duckTypes {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("(" + quote(t.duck) + ", " + strconv.Itoa(t.code) + ", " + number(t.size) + ", " +
			number(t.digits) + ", " + number(t.radix) + ")")
	}
	return "(VALUES " + b.String() + ") t(duck, code, size, digits, radix)"
}()

// HiveType turns the text of a DuckDB type, as its catalog shows it, into
// Hive's, in lower case: "DECIMAL(10,2)[]" is "array<decimal(10,2)>". A type
// that it doesn't know is a string, as its values will be.
func HiveType(duck string) string {
	p := typeParser{text: duck}
	if t := p.parse(0); p.pos == len(p.text) && !p.bad {
		return t
	}
	return hiveNames[varchar]
}

// typeParser reads DuckDB's type texts.
type typeParser struct {
	text string
	pos  int
	bad  bool // something never ends; pos is then at the end
}

func (p *typeParser) fail() { p.pos, p.bad = len(p.text), true }

// deepest is how far types nest before we stop looking.
const deepest = 100

func (p *typeParser) parse(depth int) string {
	if depth > deepest {
		p.fail()
		return ""
	}
	start := p.pos
	if p.is('"') {
		p.fieldName()
	} else {
		for p.pos < len(p.text) && !strings.ContainsRune("(),[", rune(p.text[p.pos])) {
			p.pos++
		}
	}
	base := p.text[start:p.pos]
	hive, known := hiveNames[base]
	if !known {
		hive = hiveNames[varchar]
	}
	if p.is('(') {
		hive = p.arguments(base, hive, depth)
	}
	for p.is('[') {
		end := strings.IndexByte(p.text[p.pos:], ']')
		if end < 0 {
			p.fail()
			return ""
		}
		p.pos += end + 1
		hive = "array<" + hive + ">"
	}
	return hive
}

// arguments reads what stands in the parentheses behind a type's name.
func (p *typeParser) arguments(base, hive string, depth int) string {
	p.pos++
	switch base {
	case "DECIMAL":
		start := p.pos
		p.skipPast(')')
		return hive + "(" + p.text[start:p.pos]
	case "MAP", "STRUCT", "UNION":
		return p.nested(base, hive, depth)
	default: // ENUM and the like: the values say nothing to Hive
		p.skipPast(')')
		return hive
	}
}

func (p *typeParser) nested(base, hive string, depth int) string {
	var parts []string
	for p.pos < len(p.text) && !p.is(')') {
		part := ""
		if base != "MAP" {
			name := p.fieldName()
			if base == "STRUCT" {
				part = name + ":"
			}
			if p.is(' ') {
				p.pos++
			}
		}
		parts = append(parts, part+p.parse(depth+1))
		if p.is(',') {
			p.pos++
		}
		for p.is(' ') {
			p.pos++
		}
	}
	if !p.is(')') {
		p.fail()
		return ""
	}
	p.pos++
	return hive + "<" + strings.Join(parts, ",") + ">"
}

// fieldName reads a field's name, which may be in double quotes.
func (p *typeParser) fieldName() string {
	if !p.is('"') {
		start := p.pos
		for p.pos < len(p.text) && p.text[p.pos] != ' ' {
			p.pos++
		}
		return p.text[start:p.pos]
	}
	start := p.pos + 1
	p.skipQuoted('"')
	if p.bad {
		return ""
	}
	return strings.ReplaceAll(p.text[start:p.pos-1], `""`, `"`)
}

func (p *typeParser) is(c byte) bool { return p.pos < len(p.text) && p.text[p.pos] == c }

// skipPast moves behind the next c that isn't inside quotes.
func (p *typeParser) skipPast(c byte) {
	for p.pos < len(p.text) {
		switch p.text[p.pos] {
		case '\'', '"':
			p.skipQuoted(p.text[p.pos])
			continue
		case c:
			p.pos++
			return
		}
		p.pos++
	}
	p.fail()
}

func (p *typeParser) skipQuoted(quote byte) {
	for p.pos++; p.pos < len(p.text); p.pos++ {
		if p.text[p.pos] != quote {
			continue
		}
		if p.pos+1 < len(p.text) && p.text[p.pos+1] == quote {
			p.pos++
			continue
		}
		p.pos++
		return
	}
	p.fail()
}

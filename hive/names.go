package hive

import (
	"strconv"
	"strings"
)

// typeNames are Hive's words for its types, by TypeID.
var typeNames = [...]string{
	Boolean:           "boolean",
	TinyInt:           "tinyint",
	SmallInt:          "smallint",
	Int:               "int",
	BigInt:            "bigint",
	Float:             "float",
	Double:            "double",
	String:            "string",
	Timestamp:         "timestamp",
	Binary:            "binary",
	Array:             "array",
	Map:               "map",
	Struct:            "struct",
	Union:             "uniontype",
	UserDefined:       "user_defined",
	Decimal:           "decimal",
	Null:              "void",
	Date:              "date",
	Varchar:           "varchar",
	Char:              "char",
	IntervalYearMonth: "interval_year_month",
	IntervalDayTime:   "interval_day_time",
	TimestampLocalTZ:  "timestamp with local time zone",
}

// String is the type's name in Hive's DDL, in lower case and without arguments.
func (t TypeID) String() string {
	if int(t) < len(typeNames) {
		return typeNames[t]
	}
	return "type " + strconv.Itoa(int(t))
}

// parseType reads the text of a type in lower case. The arguments of nested types
// are not looked at, since all of them travel as text.
func parseType(text string) (Column, bool) {
	name, rest := text, ""
	if i := strings.IndexAny(text, "(<"); i >= 0 {
		name, rest = strings.TrimSpace(text[:i]), text[i:]
	}
	for id, n := range typeNames {
		if n == name {
			return withArguments(TypeID(id), rest)
		}
	}
	return Column{}, false
}

// withArguments is the type with what stands behind its name, if that may stand
// there.
func withArguments(t TypeID, text string) (Column, bool) {
	c := Column{Type: t}
	if t == Array || t == Map || t == Struct || t == Union {
		return c, text == "" || strings.HasPrefix(text, "<") && strings.HasSuffix(text, ">")
	}
	args, ok := numbers(text)
	switch {
	case t == Decimal && len(args) == 0:
		c.Precision = 10 // Hive's DECIMAL without arguments
	case t == Decimal && len(args) == 1:
		c.Precision = args[0]
	case t == Decimal && len(args) == 2:
		c.Precision, c.Scale = args[0], args[1]
	case (t == Varchar || t == Char) && len(args) == 1:
		c.Length = args[0]
	case len(args) > 0 || t == Varchar || t == Char:
		return c, false
	}
	return c, ok
}

// numbers reads "(10,2)"; no text is no numbers.
func numbers(text string) ([]int, bool) {
	if text == "" {
		return nil, true
	}
	inner, ok := strings.CutSuffix(text[1:], ")")
	if !ok || text[0] != '(' {
		return nil, false
	}
	var args []int
	for arg := range strings.SplitSeq(inner, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(arg))
		if err != nil || n < 0 {
			return nil, false
		}
		args = append(args, n)
	}
	return args, true
}

// fits says whether values that are naturally of type c can be sent as type to.
// Whether each number is small enough shows when it is sent.
func fits(to TypeID, c Column) bool {
	text := c.Type == String
	switch to {
	case c.Type, String, Varchar, Char, Null:
		return true
	case TinyInt, SmallInt, Int, BigInt:
		return integer(c)
	case Float, Double:
		return integer(c) || c.Type == Float || c.Type == Double || c.Type == Decimal
	case Decimal:
		return text || integer(c)
	case Binary, Date, IntervalYearMonth, IntervalDayTime, Array, Map, Struct, Union:
		return text
	case Timestamp, TimestampLocalTZ:
		return text || c.Type == Timestamp
	default:
		return false
	}
}

// integer says whether the values are whole numbers.
func integer(c Column) bool {
	return c.Type >= TinyInt && c.Type <= BigInt || c.Type == Decimal && c.Scale == 0
}

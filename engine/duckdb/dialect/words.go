package dialect

import "strings"

// The word tables of the dialect. They hold only what is needed to tell a name
// from a keyword where Hive and DuckDB disagree; DuckDB's grammar isn't copied.

// reserved are the words that DuckDB refuses as a bare name and Hive's clients
// send as one. Before or after a dot each of them is a name.
var reserved = set("all analyse analyze and anti any array as asc asof asymmetric at authorization binary both by case cast " +
	"check collate collation column columns concurrently constraint create cross default deferrable desc describe distinct " +
	"do else end except false fetch for foreign freeze from full generated glob group having ilike in initially inner " +
	"intersect into is isnull join lambda lateral leading left like limit map natural not notnull null offset on only or " +
	"order outer overlaps pivot pivot_longer pivot_wider placing positional primary qualify references returning right " +
	"select semi show similar some struct summarize symmetric table tablesample then to trailing true try_cast union unique " +
	"unpack unpivot using variadic verbose when where window with")

// columnWords are reserved in DuckDB, free in Hive, and never the beginning of
// an expression: where an expression or a column must begin, they are names.
var columnWords = set("analyse analyze asymmetric at authorization binary deferrable desc describe do initially lambda limit " +
	"offset overlaps pivot pivot_longer pivot_wider placing qualify returning show summarize symmetric unpivot variadic")

// statementWords are the columnWords that DuckDB lets stand behind a
// parenthesis as a whole statement: (DESCRIBE t).
var statementWords = set("describe pivot pivot_longer pivot_wider show summarize unpivot")

// beforeOperand are the words behind which an expression or a name must come.
var beforeOperand = set("select distinct where and or not by on having when then else case like ilike between column add " +
	"from join into table update exists")

// endsOperand are the operators behind which no expression begins. A star may
// be one that multiplies, but then a word that we would quote is rare.
var endsOperand = set(") ] } * ? ::")

func set(words string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		m[w] = true
	}
	return m
}

// lower is the word in lower case, without a copy when it is already.
func lower(word string) string { return strings.ToLower(word) }

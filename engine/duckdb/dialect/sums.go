package dialect

import (
	"strconv"
	"strings"
)

// DuckDB makes HUGEINT of sums of whole numbers and DECIMAL(38,s) of those of
// decimals. Hive makes BIGINT and DECIMAL(p+10,s), where p is what was added up.
// To learn p, the same query is asked with max in the place of sum.

// unsummed is what is left, written for DuckDB, with max in the place of sum; ""
// when there is no sum in it.
func (c *cursor) unsummed() string {
	if c.done() || !c.calls("sum") {
		return ""
	}
	e := emitter{src: c.src, tokens: c.tokens[c.sig[c.pos]:]}
	for i, t := range e.tokens {
		if t.Kind == Word && strings.EqualFold(c.src[t.Off:t.End], "sum") && e.is(e.next(i), "(") {
			e.replace(i, "max")
		}
	}
	return e.run()
}

// SumType is the type that Hive gives a sum, by the type that DuckDB gives it and
// the one that it gives with max; both are texts of DuckDB's. It is "" when both
// agree, or there is none.
func SumType(sum, largest string) string {
	if sum == "HUGEINT" {
		return "BIGINT"
	}
	width, scale, ok := decimalType(sum)
	if !ok || width < 38 {
		return ""
	}
	of, fraction, ok := decimalType(largest)
	if !ok || of+10 >= 38 || fraction != scale {
		return ""
	}
	return "DECIMAL(" + strconv.Itoa(of+10) + "," + strconv.Itoa(scale) + ")"
}

func decimalType(text string) (width, scale int, ok bool) {
	args, found := strings.CutPrefix(text, "DECIMAL(")
	if !found {
		return 0, 0, false
	}
	p, s, _ := strings.Cut(strings.TrimSuffix(args, ")"), ",")
	width, err := strconv.Atoi(strings.TrimSpace(p))
	if err != nil {
		return 0, 0, false
	}
	scale, err = strconv.Atoi(strings.TrimSpace(s))
	return width, scale, err == nil
}

// summing plans what makes a table or view of a query: its sums get Hive's types.
func summing(query, unsummed string, with func(query string) Plan) Plan {
	if unsummed == "" {
		return with(query)
	}
	return Plan{NoResult: true, Ask: &Question{
		SQL: "SELECT a.column_name, a.column_type, coalesce(b.column_type, '') FROM (DESCRIBE " + query + "\n) a POSITIONAL JOIN (DESCRIBE " +
			unsummed + "\n) b",
		Then: func(rows [][]string) (Plan, error) {
			columns := make([]string, len(rows))
			some := false
			for i, r := range rows {
				columns[i] = quoteName(r[0])
				if t := SumType(r[1], r[2]); t != "" {
					columns[i], some = "CAST("+columns[i]+" AS "+t+") AS "+columns[i], true
				}
			}
			if !some {
				return with(query), nil
			}
			return with("SELECT " + strings.Join(columns, ", ") + " FROM (" + query + "\n)"), nil
		},
	}}
}

package duckdb

import (
	"encoding/json"
	"math"
	"strconv"

	native "github.com/duckdb/duckdb-go-bindings"
)

// smallRows is how many rows all of a plan's operators may handle, by DuckDB's
// estimate, for the statement to count as a small one: some milliseconds' work.
const smallRows = 100_000

// small judges a statement by what it is and, where that says nothing, by its
// plan. Whatever can't be judged isn't small.
func (c *conn) small(s *statement) bool {
	switch s.kind {
	case native.StatementTypeSelect, native.StatementTypeInsert, native.StatementTypeUpdate,
		native.StatementTypeDelete, native.StatementTypeMergeInto, native.StatementTypeCreate:
		text, ok := c.lookup("EXPLAIN (FORMAT json) "+s.sql, 1)
		return ok && planRows(text) <= smallRows
	case native.StatementTypeSet, native.StatementTypeVariableSet, native.StatementTypeTransaction,
		native.StatementTypePrepare, native.StatementTypeDrop, native.StatementTypeCreateFunc,
		native.StatementTypePragma, native.StatementTypeDetach, native.StatementTypeAlter:
		return true
	default:
		return false
	}
}

// operator is a node of the plan that EXPLAIN answers.
type operator struct {
	Name     string         `json:"name"`
	Children []operator     `json:"children"`
	Info     map[string]any `json:"extra_info"`
}

// planRows sums up the rows that the operators of a plan handle.
func planRows(plan string) float64 {
	var roots []operator
	if json.Unmarshal([]byte(plan), &roots) != nil || len(roots) == 0 {
		return math.Inf(1)
	}
	all := 0.0
	for _, root := range roots {
		_, sum := root.rows()
		all += sum
	}
	return all
}

// rows tells how many rows come out of an operator and how many it and those
// below handle. Joins without an estimate of their own are taken to let all
// pairs through, and what makes rows out of nothing to make endless ones.
func (o operator) rows() (out, sum float64) {
	product, most := 1.0, 0.0
	for _, child := range o.Children {
		n, below := child.rows()
		product *= n
		most = max(most, n)
		sum += below
	}
	estimate, known := o.estimate()
	switch o.Name {
	case "CROSS_PRODUCT", "NESTED_LOOP_JOIN", "BLOCKWISE_NL_JOIN", "IE_JOIN", "PIECEWISE_MERGE_JOIN", "POSITIONAL_JOIN":
		out = max(product, estimate)
	case "REC_CTE", "UNNEST", "INOUT_FUNCTION", "PYTHON_MAP_FUNCTION":
		out = math.Inf(1)
	case "DUMMY_SCAN", "EMPTY_RESULT":
		out = 1
	default:
		switch {
		case known:
			out = estimate
		case len(o.Children) > 0:
			out = most
		}
	}
	return out, sum + out
}

func (o operator) estimate() (float64, bool) {
	text, _ := o.Info["Estimated Cardinality"].(string)
	n, err := strconv.ParseFloat(text, 64)
	return n, err == nil
}

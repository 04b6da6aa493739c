package dialect

import (
	"errors"
	"slices"
	"sort"
)

// substitution is how a statement became what is read of it.
type substitution struct {
	written string
	passes  [][]edit // first to last, each on the text that the one before has made
}

// edit is a variable in a text, and its value in the text that was made of it, from
// and to byte offsets.
type edit struct{ at, end, made, madeEnd int }

// origin is the offset in the text as written of what stands at off in the last one: of
// a variable's beginning for what its value says.
func (s substitution) origin(off int) int {
	for _, edits := range slices.Backward(s.passes) {
		switch n := sort.Search(len(edits), func(i int) bool { return edits[i].made > off }) - 1; {
		case n < 0:
		case off < edits[n].madeEnd:
			off = edits[n].at
		default:
			off += edits[n].end - edits[n].madeEnd
		}
	}
	return off
}

// place makes the places that err and the errors of plan name those of the text as
// written; sql is the one that was read.
func (s substitution) place(sql string, plan Plan, err error) (Plan, error) {
	if len(s.passes) == 0 {
		return plan, err
	}
	if p := (&misplaced{}); errors.As(err, &p) && p.src == sql {
		return plan, placedError(s.written, s.origin(p.off), p)
	}
	if plan.Ask != nil {
		ask := *plan.Ask
		plan.Ask = &Question{SQL: ask.SQL, Lasting: ask.Lasting, Then: func(rows [][]string) (Plan, error) {
			plan, err := ask.Then(rows)
			return s.place(sql, plan, err)
		}}
	}
	return plan, err
}

package dialect

// voids finds the columns of a query that are NULL and nothing else. Where other
// rows or columns that can't be counted may come in, there are none.
func (c *cursor) voids() []int {
	if c.word(0) != "select" || c.word(1) == "distinct" {
		return nil
	}
	var found []int
	column, depth, start := 0, 0, 1
	for n := 1; ; n++ {
		end := !c.has(n) || depth == 0 && c.word(n) == "from"
		switch text := c.text(n); {
		case text == "(" || text == "[":
			depth++
		case text == ")" || text == "]":
			depth--
		case depth > 0:
		case text == "," || end:
			if c.isNull(start, n) {
				found = append(found, column)
			}
			column, start = column+1, n+1
		case c.widens(n):
			return nil
		}
		if end {
			break
		}
	}
	for n := start; len(found) > 0 && c.has(n); n++ {
		if c.widens(n) && c.text(n) != "*" {
			return nil
		}
	}
	return found
}

// isNull tells whether the tokens from start to end are NULL [[AS] name].
func (c *cursor) isNull(start, end int) bool {
	if c.word(start) != "null" {
		return false
	}
	switch end - start {
	case 1:
		return true
	case 2:
		return c.peek(start+1).Kind != Op
	default:
		return end-start == 3 && c.word(start+1) == "as"
	}
}

// widens tells whether the token ahead by n brings in rows or columns.
func (c *cursor) widens(n int) bool {
	switch c.word(n) {
	case "union", "intersect", "except", "minus", "lateral", "columns":
		return true
	}
	return c.text(n) == "*" && (n == 1 || c.text(n-1) == "," || c.text(n-1) == ".")
}

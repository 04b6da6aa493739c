package dialect

import "strings"

// explain plans EXPLAIN: one column of text, as Hive and Spark answer. What
// becomes several statements isn't shown as DuckDB's plan.
func (s *Session) explain(c *cursor, conf settings) (Plan, bool, error) {
	c.pos++
	if c.text(0) == "(" || c.word(0) == "analyze" { // DuckDB's own forms
		return Plan{}, false, nil
	}
	c.accept("extended", "formatted", "codegen", "cost", "dependency", "authorization")
	if c.done() {
		return Plan{}, false, c.errorf("a statement should stand here")
	}
	inner := &cursor{src: c.src, tokens: c.tokens[c.sig[c.pos]:]}
	for _, i := range c.sig[c.pos:] {
		inner.sig = append(inner.sig, i-c.sig[c.pos])
	}
	what := strings.TrimSpace(inner.all())
	plan, err := s.family(inner, conf)
	if err != nil {
		return Plan{}, false, err
	}
	if plan.Ask != nil || plan.Together() || plan.Local != nil || plan.SQL == "" {
		return rows([]string{"plan"}, []string{"Several statements for: " + what}), true, nil
	}
	return Plan{Ask: &Question{SQL: "EXPLAIN " + plan.SQL, Then: func(answer [][]string) (Plan, error) {
		var text strings.Builder
		for _, row := range answer {
			text.WriteString(row[len(row)-1])
		}
		return rows([]string{"plan"}, []string{plainNames(text.String())}), nil
	}}}, true, nil
}

package dialect

import (
	"maps"
	"slices"
	"strings"
)

// set plans SET. It reads the raw text behind the word, since a value may be
// anything: what stands behind the first "=", trimmed, possibly nothing. It
// gives back (ok false) the forms that are DuckDB's own.
func (s *Session) set(sql string, end int) (Plan, bool, error) {
	if end < len(sql) && isWordPart(sql[end]) {
		return Plan{}, false, nil
	}
	rest := strings.TrimRight(strings.TrimSpace(sql[end:]), "; \t\r\n")
	switch {
	case rest == "":
		return s.listSettings(), true, nil
	case rest == "-v":
		return s.listEverything(), true, nil
	case s.isDuckDBs(rest):
		return Plan{}, false, nil
	}
	key, value, assigns := strings.Cut(rest, "=")
	key = bareKey(key)
	if key == "" {
		return Plan{}, false, syntaxError(sql, end, "the name of a setting should stand before =")
	}
	space, name := namespace(key)
	if space == "env" || space == "system" {
		return Plan{}, false, forbidden(space)
	}
	if !assigns {
		return s.showSetting(space, name), true, nil
	}
	value = strings.TrimSpace(value)
	if space == "" && s.opts.Settings(name) {
		return setDuckDB(name, value), true, nil
	}
	target := s.conf
	if space == "hivevar" {
		target = s.vars
	}
	plan := rows([]string{"key", "value"}, []string{key, shown(name, value)})
	plan.Commit = func() {
		target[name] = value
		s.last = again{}
	}
	return plan, true, nil
}

// isDuckDBs tells the forms of SET that DuckDB has and Hive doesn't.
func (s *Session) isDuckDBs(rest string) bool {
	f := strings.Fields(rest)
	if len(f) < 2 || strings.HasPrefix(f[1], "=") {
		return false
	}
	switch lower(f[0]) {
	case "variable", "session", "global", "local":
		return true
	case "time":
		return strings.EqualFold(f[1], "zone")
	}
	return len(f) > 2 && strings.EqualFold(f[1], "to") && s.opts.Settings(f[0])
}

// setDuckDB hands a setting to DuckDB, which takes any value as text.
func setDuckDB(name, value string) Plan {
	if strings.EqualFold(value, "default") {
		return Plan{SQL: "SET " + quoteName(name) + " = DEFAULT", NoResult: true}
	}
	if tokens, err := Lex(value, true); err == nil && len(tokens) == 1 && tokens[0].Kind == String {
		value = tokens[0].Value
	}
	return Plan{SQL: "SET " + quoteName(name) + " = " + quote(value), NoResult: true}
}

// bareKey takes space and quotes away from a setting's name.
func bareKey(key string) string {
	key = strings.TrimSpace(key)
	if n := len(key); n > 1 && (key[0] == '`' || key[0] == '"') && key[n-1] == key[0] {
		return key[1 : n-1]
	}
	return key
}

// namespace splits Hive's prefixes from a key. A prefix that isn't one of them
// is part of the key.
func namespace(key string) (space, name string) {
	space, name, found := strings.Cut(key, ":")
	if !found {
		return "", key
	}
	switch space {
	case "hivevar", "env", "system":
		return space, name
	case "hiveconf", "metaconf":
		return "hiveconf", name
	}
	return "", key
}

// undefined is what SET k answers for a key without a value.
const undefined = "<undefined>"

func (s *Session) showSetting(space, name string) Plan {
	columns := []string{"key", "value"}
	if space == "hivevar" {
		if v, ok := s.vars[name]; ok {
			return rows(columns, []string{"hivevar:" + name, v})
		}
		return rows(columns, []string{"hivevar:" + name, undefined})
	}
	if v, ok := s.conf[name]; ok {
		return rows(columns, []string{name, shown(name, v)})
	}
	if s.opts.Settings(name) {
		return Plan{SQL: "SELECT " + quote(name) + ` AS "key", CAST(current_setting(` + quote(name) + `) AS VARCHAR) AS "value"`}
	}
	return rows(columns, []string{name, undefined})
}

// entries are the session's settings and variables in order of their names.
func (s *Session) entries() [][]string {
	var out [][]string
	for k, v := range s.conf {
		out = append(out, []string{k, shown(k, v)})
	}
	for k, v := range s.vars {
		out = append(out, []string{"hivevar:" + k, v})
	}
	slices.SortFunc(out, func(a, b []string) int { return strings.Compare(a[0], b[0]) })
	return out
}

func (s *Session) listSettings() Plan {
	return rows([]string{"key", "value"}, s.entries()...)
}

// listEverything is SET -v: DuckDB's settings too, with what they mean.
func (s *Session) listEverything() Plan {
	const none = "'' AS meaning"
	var b strings.Builder
	b.WriteString(`SELECT "key", "value", meaning FROM (SELECT name AS "key", "value", description AS meaning FROM duckdb_settings()`)
	for _, e := range s.entries() {
		b.WriteString(" UNION ALL SELECT " + quote(e[0]) + ", " + quote(e[1]) + ", " + none)
	}
	b.WriteString(`) ORDER BY "key"`)
	return Plan{SQL: b.String()}
}

// reset plans RESET and RESET k: back to what the session began with.
func (s *Session) reset(c *cursor) (Plan, bool) {
	c.pos++
	if c.done() {
		return Plan{NoResult: true, Commit: func() {
			clear(s.conf)
			maps.Copy(s.conf, s.initial)
			s.last = again{}
		}}, true
	}
	from := c.peek(0).Off
	last := c.tokens[len(c.tokens)-1]
	key := bareKey(c.src[from:last.End])
	if f := strings.Fields(key); len(f) > 1 { // RESET SESSION k and its kin
		return Plan{}, false
	}
	_, key = namespace(key)
	if _, mine := s.conf[key]; !mine && s.opts.Settings(key) {
		return Plan{SQL: "RESET " + quoteName(key), NoResult: true}, true
	}
	return Plan{NoResult: true, Commit: func() {
		if v, ok := s.initial[key]; ok {
			s.conf[key] = v
		} else {
			delete(s.conf, key)
		}
		s.last = again{}
	}}, true
}

// rows is a local answer.
func rows(columns []string, cells ...[]string) Plan {
	l := &Local{Columns: columns}
	for _, row := range cells {
		pointers := make([]*string, len(row))
		for i := range row {
			pointers[i] = &row[i]
		}
		l.Rows = append(l.Rows, pointers)
	}
	return Plan{Local: l}
}

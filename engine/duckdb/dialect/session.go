package dialect

import (
	"maps"
	"strings"
	"unicode/utf8"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// Settings of a session that the dialect reads.
const (
	// KeyDialect is "hive" or "duckdb"; the latter hands statements over
	// untouched.
	KeyDialect = "kyuubi.engine.duckdb.sql.dialect"
	// KeyDoubleQuotes says what a text in double quotes is: "identifier", as in
	// standard SQL, or "string", as in Hive.
	KeyDoubleQuotes = "kyuubi.engine.duckdb.sql.double.quotes"
	// KeyShowLayout says which columns SHOW TABLES, VIEWS and FUNCTIONS have:
	// "hive", one with the name, or "spark".
	KeyShowLayout = "kyuubi.engine.duckdb.sql.show.layout"
)

// Options configure a session's dialect.
type Options struct {
	// Hive makes the session read Hive's SQL; without it statements are handed
	// over untouched. KeyDialect in the session's settings comes first.
	Hive bool
	// Settings tells whether a name is one of DuckDB's own settings. SET on such a
	// name goes to DuckDB, which refuses what is locked. Nil means none is.
	Settings func(name string) bool
	// Lengths tells whether there may be tables whose columns have lengths that DuckDB
	// forgets; see [Plan.Lengths]. Nil means there are none.
	Lengths func() bool
	// Defaults are the settings that hold where a session has none.
	Defaults map[string]string
	// About is what the session can ask about itself.
	About About
}

// Session is what the dialect remembers of a session: settings and variables.
// It is used by one goroutine at a time.
type Session struct {
	opts    Options
	initial map[string]string // what the session began with, for RESET
	conf    map[string]string
	vars    map[string]string
	last    again
}

// again is the last statement that is the same in DuckDB's SQL, if it is short: clients
// ask the same ones all the time. A change of conf or vars empties it.
type again struct {
	sql  string
	plan Plan
}

// NewSession makes the dialect's side of a session with the settings and Hive
// variables that it begins with. The maps are copied.
func NewSession(conf, vars map[string]string, o Options) *Session {
	if o.Settings == nil {
		o.Settings = func(string) bool { return false }
	}
	s := &Session{opts: o, initial: maps.Clone(conf), conf: map[string]string{}, vars: map[string]string{}}
	maps.Copy(s.conf, conf)
	maps.Copy(s.vars, vars)
	return s
}

// Translate plans one statement. Settings of overlay hold for it alone and come
// before the session's. It fails with Invalid, SQLSTATE 42601 and line and
// column for text that it can't read.
func (s *Session) Translate(sql string, overlay map[string]string) (Plan, error) {
	const short = 256 // bytes
	if len(overlay) > 0 || len(sql) > short {
		return s.translate(sql, overlay)
	}
	if s.last.sql == sql && sql != "" {
		return s.last.plan, nil
	}
	plan, err := s.translate(sql, nil)
	if err == nil && plan.SQL == sql && plan.Plain() {
		s.last = again{sql, plan}
	}
	return plan, err
}

func (s *Session) translate(sql string, overlay map[string]string) (Plan, error) {
	if err := readable(sql); err != nil {
		return Plan{}, err
	}
	if strings.Contains(lower(sql), library) {
		return Plan{}, sqlerr.New(sqlerr.Denied, "the database %s belongs to the gateway: statements can't name it", library)
	}
	conf := settings{overlay, s.conf, s.opts.Defaults}
	if !s.hive(conf) {
		return Plan{SQL: sql, Verbatim: true, Untouched: true}, nil
	}
	sql, sub, err := substitute(sql, conf, s.vars)
	if err != nil {
		return Plan{}, err
	}
	plan, err := s.read(sql, conf)
	return sub.place(sql, plan, err)
}

// read plans what is left of a statement without its variables.
func (s *Session) read(sql string, conf settings) (Plan, error) {
	doubles := strings.EqualFold(conf.get(KeyDoubleQuotes), "string")
	if word, end := firstWord(sql); word == "set" { // its value is anything
		if plan, ok, err := s.set(sql, end); ok || err != nil {
			return plan, err
		}
	}
	tokens, err := Lex(sql, doubles)
	if err != nil {
		return Plan{}, err
	}
	c, err := newCursor(sql, tokens)
	if err != nil {
		return Plan{}, err
	}
	return s.family(c, conf)
}

// hive tells whether statements are to be read as Hive's.
func (s *Session) hive(conf settings) bool {
	switch lower(conf.get(KeyDialect)) {
	case "hive":
		return true
	case "duckdb":
		return false
	default:
		return s.opts.Hive
	}
}

// family chooses who plans the statement, by its first words. A family that
// finds that the statement isn't its own gives it back with ok false.
func (s *Session) family(c *cursor, conf settings) (Plan, error) {
	var plan Plan
	var ok bool
	var err error
	switch c.word(0) {
	case "reset":
		plan, ok = s.reset(c)
	case "use":
		plan, ok, err = use(c)
	case "kyuubi", "kyuubiadmin":
		plan, ok = s.about(c)
	case "show":
		plan, ok, err = show(c, conf)
	case "describe", "desc":
		plan, ok, err = describe(c)
	case "create":
		plan, ok, err = create(c)
	case "drop":
		plan, ok, err = drop(c)
	case "alter":
		plan, ok, err = alter(c)
	case "explain":
		plan, ok, err = s.explain(c, conf)
	case "insert":
		plan, ok, err = insert(c, conf)
	case "from":
		plan, ok, err = fromFirst(c)
	case "truncate":
		plan, ok, err = truncate(c)
	case "merge":
		plan, ok, err = merge(c)
	case "load":
		plan, ok, err = load(c)
	case "msck", "analyze", "refresh", "cache", "uncache", "clear":
		plan, ok, err = accepts(c)
	}
	if ok || err != nil {
		return plan, err
	}
	plan = Plan{SQL: c.all(), Verbatim: true, Sums: c.calls("sum")}
	if plan.Sums {
		plan.Unsummed = c.unsummed
	}
	plan.Voids = c.voids()
	return c.withLengths(plan, s.opts.Lengths != nil && s.opts.Lengths()), nil
}

// calls tells whether there is a call of a function in the statement.
func (c *cursor) calls(function string) bool {
	for n := range len(c.sig) - c.pos {
		if c.word(n) == function && c.text(n+1) == "(" {
			return true
		}
	}
	return false
}

// readable refuses what can't be passed on: DuckDB takes text up to the first
// NUL only, and would run half of such a statement.
func readable(sql string) error {
	if i := strings.IndexByte(sql, 0); i >= 0 {
		return syntaxError(sql, i, "a statement can't have a NUL byte")
	}
	if utf8.ValidString(sql) {
		return nil
	}
	i := 0
	for i < len(sql) {
		r, n := utf8.DecodeRuneInString(sql[i:])
		if r == utf8.RuneError && n == 1 {
			break
		}
		i += n
	}
	return syntaxError(sql, i, "a statement must be UTF-8 text")
}

// firstWord finds the first word of a statement, in lower case, and where it
// ends, without reading what comes after.
func firstWord(sql string) (string, int) {
	l := lexer{src: sql}
	for l.pos < len(sql) {
		t, err := l.next()
		switch {
		case err != nil:
			return "", 0
		case t.Kind == Word:
			return lower(sql[t.Off:t.End]), t.End
		case t.Kind != Space && t.Kind != Comment:
			return "", 0
		}
	}
	return "", 0
}

// settings are layers of settings, the first one that has a key decides.
type settings []map[string]string

func (s settings) get(key string) string {
	v, _ := s.lookup(key)
	return v
}

func (s settings) lookup(key string) (string, bool) {
	for _, layer := range s {
		if v, ok := layer[key]; ok {
			return v, true
		}
	}
	return "", false
}

// hidden is what SET shows in place of a secret.
const hidden = "*********(redacted)"

// shown hides the value of a setting whose name says that it is a secret.
func shown(key, value string) string {
	k := lower(key)
	for _, w := range [...]string{"password", "secret", "token", "credential", "access.key"} {
		if strings.Contains(k, w) {
			return hidden
		}
	}
	return value
}

// accepted is the note about something that was read and has no effect.
func accepted(what string) string { return "Accepted and ignored: " + what }

// unsupported is the error for a form that Hive has and this engine lacks.
func unsupported(format string, args ...any) error {
	return sqlerr.New(sqlerr.Unsupported, format, args...)
}

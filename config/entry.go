package config

import (
	"fmt"
	"slices"
	"strings"
)

// Scope says who may set a value.
type Scope uint8

// The scopes.
const (
	// Server settings hold for the whole process and are read once, at start.
	Server Scope = iota
	// Session settings are defaults that a client may override for its session.
	Session
)

// String is the scope's name in the documentation.
func (s Scope) String() string {
	if s == Session {
		return "session"
	}
	return "server"
}

// firstVersion is the version since which an entry exists unless it says otherwise.
const firstVersion = "0.1.0"

// about is what is known of an entry whatever the type of its value.
type about struct {
	key, doc, kind string
	scope          Scope
	since          string
	secret         bool
	aliases        []string // other names, as good as the key
	retired        []string // former names: accepted with a warning
	limits         []string // the rules, in words
	kyuubiDefault  string   // Kyuubi's default where ours differs
	ours           bool     // Kyuubi has no such setting
	defaultText    string   // the default in words, when it depends on the machine
}

// Setting is an [Entry] whatever the type of its value.
type Setting interface {
	// Key is the setting's name.
	Key() string

	common() *about
	defaultRaw() string
	fallsBackTo() Setting
	// resolve makes a value of raw; dir is the data directory.
	resolve(raw, dir string) (value any, text string, err error)
	problem() error
}

// Entry is one setting with values of type T. Its methods that return an Entry
// describe it further; they are for declarations only.
type Entry[T any] struct {
	about
	def      T
	parse    func(string) (T, error)
	format   func(T) string
	less     func(a, b T) bool           // nil when values have no order
	under    func(value T, dir string) T // nil unless the value holds paths
	rules    []func(T) error
	fallback *Entry[T]
}

// Key is the setting's name.
func (e *Entry[T]) Key() string { return e.key }

// Default is the value of a setting that nobody has set, variables such as
// {{KYUUBI_HOME}} not replaced.
func (e *Entry[T]) Default() T { return e.def }

// Session lets clients override the value for their sessions.
func (e *Entry[T]) Session() *Entry[T] {
	e.scope = Session
	return e
}

// Secret hides the value in every output and lets it be read from the file that
// the setting <key>.file names.
func (e *Entry[T]) Secret() *Entry[T] {
	e.secret = true
	return e
}

// Since names the version that brought the setting.
func (e *Entry[T]) Since(version string) *Entry[T] {
	e.since = version
	return e
}

// Alias accepts other names for the key.
func (e *Entry[T]) Alias(keys ...string) *Entry[T] {
	e.aliases = append(e.aliases, keys...)
	return e
}

// Retired accepts former names for the key, with a warning.
func (e *Entry[T]) Retired(keys ...string) *Entry[T] {
	e.retired = append(e.retired, keys...)
	return e
}

// Ours marks a setting that Kyuubi does not have.
func (e *Entry[T]) Ours() *Entry[T] {
	e.ours = true
	return e
}

// Kyuubi notes Kyuubi's default, where ours differs.
func (e *Entry[T]) Kyuubi(def string) *Entry[T] {
	e.kyuubiDefault = def
	return e
}

// Fallback uses another entry's value when this one is not set but that one is.
func (e *Entry[T]) Fallback(other *Entry[T]) *Entry[T] {
	e.fallback = other
	return e
}

// AtLeast refuses smaller values.
func (e *Entry[T]) AtLeast(least T) *Entry[T] {
	text := "at least " + e.format(least)
	return e.Check(text, func(v T) bool { return !e.less(v, least) })
}

// AtMost refuses larger values.
func (e *Entry[T]) AtMost(most T) *Entry[T] {
	text := "at most " + e.format(most)
	return e.Check(text, func(v T) bool { return !e.less(most, v) })
}

// Check refuses values that ok does not accept. limit says which are accepted
// and goes on from "must be".
func (e *Entry[T]) Check(limit string, ok func(T) bool) *Entry[T] {
	e.limits = append(e.limits, limit)
	e.rules = append(e.rules, func(v T) error {
		if ok(v) {
			return nil
		}
		return fmt.Errorf("must be %s", limit)
	})
	return e
}

// From reads the entry from a session's settings. The second result is false
// when they do not hold it.
func (e *Entry[T]) From(conf map[string]string) (T, bool, error) {
	for _, key := range slices.Concat([]string{e.key}, e.aliases, e.retired) {
		if raw, ok := conf[key]; ok {
			v, err := e.value(raw)
			if err != nil {
				err = invalid(key, e.shown(raw), "", err)
			}
			return v, true, err
		}
	}
	var none T
	return none, false, nil
}

// value parses and checks raw.
func (e *Entry[T]) value(raw string) (T, error) {
	v, err := e.parse(strings.TrimSpace(raw))
	if err != nil {
		return v, err
	}
	for _, rule := range e.rules {
		if err := rule(v); err != nil {
			return v, err
		}
	}
	return v, nil
}

// shown is raw as it may be shown in an error.
func (e *about) shown(raw string) string {
	if e.secret {
		return Redacted
	}
	return scrubURL(raw)
}

func (e *Entry[T]) common() *about { return &e.about }

func (e *Entry[T]) defaultRaw() string { return e.format(e.def) }

func (e *Entry[T]) fallsBackTo() Setting {
	if e.fallback == nil {
		return nil
	}
	return e.fallback
}

func (e *Entry[T]) resolve(raw, dir string) (any, string, error) {
	v, err := e.value(replaceVariables(raw, dir))
	if err != nil {
		return nil, "", err
	}
	if e.under != nil {
		v = e.under(v, dir)
	}
	return v, e.format(v), nil
}

// problem says what is wrong with the declaration.
func (e *Entry[T]) problem() error {
	switch {
	case strings.TrimSpace(e.doc) == "":
		return fmt.Errorf("%s has no documentation", e.key)
	case e.since == "":
		return fmt.Errorf("%s does not say since when it exists", e.key)
	case !validKey(e.key):
		return fmt.Errorf("%q is no key", e.key)
	}
	if _, err := e.value(e.defaultRaw()); err != nil {
		return fmt.Errorf("the default of %s, %q: %w", e.key, e.defaultRaw(), err)
	}
	return nil
}

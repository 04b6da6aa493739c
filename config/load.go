package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// Load reads the gateway's settings. It fails with everything that is wrong at
// once: a joined error of *sqlerr.Error, each of which names the key, the value,
// where it stands and the mend.
func Load(s Sources) (*Config, error) {
	r, err := NewRegistry(Areas()...)
	if err != nil {
		return nil, err
	}
	r.checks = []func(*Config) error{checkMetadataURL}
	return r.Load(s)
}

// Load reads settings as r knows them.
func (r *Registry) Load(s Sources) (*Config, error) {
	all, errs := r.collect(s)
	l := &loader{
		c:       &Config{registry: r, values: map[string]resolved{}, extra: map[string]given{}, pool: map[string]given{}},
		set:     map[string]given{},
		skipped: map[string][]string{},
		failed:  map[string]bool{},
		errs:    errs,
	}
	for _, g := range all {
		l.place(g)
	}
	l.findDataDir(s.Environ)
	for s := range r.settings {
		l.resolve(s)
	}
	if len(l.errs) == 0 {
		for _, check := range r.checks {
			if err := check(l.c); err != nil {
				l.errs = append(l.errs, err)
			}
		}
	}
	if err := errors.Join(l.errs...); err != nil {
		return nil, err
	}
	for _, reason := range l.reasons {
		l.warn("not used: %s: %s", strings.Join(l.skipped[reason], ", "), reason)
	}
	return l.c, nil
}

// loader is a Load under way.
type loader struct {
	c       *Config
	set     map[string]given    // by the entry's key; the last one
	skipped map[string][]string // keys by the reason why they are not used
	reasons []string            // in the order of their first key
	dir     string              // the data directory
	failed  map[string]bool     // entries whose value is no good: told once, however many fall back to them
	errs    []error
}

func (l *loader) fail(err error) { l.errs = append(l.errs, err) }

func (l *loader) warn(format string, args ...any) {
	l.c.warnings = append(l.c.warnings, fmt.Sprintf(format, args...))
}

// place finds out what a setting is.
func (l *loader) place(g given) {
	r := l.c.registry
	if base, ok := strings.CutSuffix(g.key, fileSuffix); ok && r.isSecret(base) {
		l.placeFile(base, g)
		return
	}
	if s := r.names[g.key]; s != nil {
		if s.common().secret && g.origin.Kind == FromFlag {
			l.warn("%s: everybody on this machine can see it among the processes; use %s%s", g.key, g.key, fileSuffix)
		}
		l.placeEntry(s, g)
		return
	}
	if strings.HasPrefix(g.key, MetadataPool) && g.key != MetadataPool {
		l.c.pool[g.key] = g
		return
	}
	if reason, ok := r.unused.reason(g.key); ok {
		if reason == "" { // a family that is used
			l.c.extra[g.key] = g
			return
		}
		if l.skipped[reason] == nil {
			l.reasons = append(l.reasons, reason)
		}
		l.skipped[reason] = append(l.skipped[reason], fmt.Sprintf("%s (%s)", g.key, g.origin))
		if r.unused.isFamily(g.key) {
			l.c.extra[g.key] = g
		}
		return
	}
	first, rest, _ := strings.Cut(g.key, ".")
	if distance(first, "kyuubi", 3) < 3 {
		l.fail(unknown(g.key, g.origin, nearest("kyuubi."+rest, r.known())))
		return
	}
	l.c.extra[g.key] = g
}

func (r *Registry) isSecret(key string) bool {
	s := r.names[key]
	return s != nil && s.common().secret
}

// placeFile reads a secret from the file that its setting names.
func (l *loader) placeFile(key string, g given) {
	text, err := os.ReadFile(g.value)
	if err != nil {
		l.fail(sqlerr.New(sqlerr.Invalid, "%s = %q (%s): the file can't be read: %s", g.key, g.value, g.origin, unreadable(err)))
		return
	}
	value := strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r")
	l.placeEntry(l.c.registry.names[key], given{key, value, g.origin})
}

func (l *loader) placeEntry(s Setting, g given) {
	a := s.common()
	if slices.Contains(a.retired, g.key) {
		l.warn("%s (%s) is an old name: use %s", g.key, g.origin, a.key)
	}
	before, twice := l.set[a.key]
	if twice && g.origin.Kind == FromFile && before.origin.Kind == FromFile && before.origin.Name == g.origin.Name {
		l.warn("%s is set twice in %s, in lines %d and %d: the last one counts",
			a.key, g.origin.Name, before.origin.Line, g.origin.Line)
	}
	l.set[a.key] = g
}

// findDataDir settles the data directory, which other values refer to.
func (l *loader) findDataDir(environ []string) {
	key := l.c.registry.dataDir
	if key == "" {
		return
	}
	g, ok := l.set[key]
	if !ok {
		g = given{key: key, value: defaultDataDir(environ)}
	}
	if g.value == "" {
		l.fail(sqlerr.New(sqlerr.Invalid,
			"%s is empty, and neither XDG_STATE_HOME nor HOME says where it could be; use --data-dir", key))
		return
	}
	dir, err := filepath.Abs(g.value)
	if err != nil {
		l.fail(sqlerr.Wrap(err, sqlerr.Invalid, "%s = %q (%s): use an absolute path", key, g.value, g.origin))
		return
	}
	l.dir = dir
	l.c.values[key] = resolved{dir, dir, g.origin}
}

// defaultDataDir follows the XDG base directories: the place for state that
// outlives the program but is no document of the user's.
func defaultDataDir(environ []string) string {
	var state, home string
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		switch {
		case !filepath.IsAbs(value):
		case name == "XDG_STATE_HOME":
			state = value
		case name == "HOME":
			home = value
		}
	}
	switch {
	case state != "":
		return filepath.Join(state, "nekomata")
	case home != "":
		return filepath.Join(home, ".local", "state", "nekomata")
	default:
		return ""
	}
}

// replaceVariables puts the data directory in the place of Kyuubi's home.
func replaceVariables(raw, dir string) string {
	if dir == "" {
		return raw
	}
	raw = strings.ReplaceAll(raw, "{{KYUUBI_HOME}}", dir)
	return strings.ReplaceAll(raw, "{{KYUUBI_WORK_DIR_ROOT}}", filepath.Join(dir, "work"))
}

// resolve settles an entry's value, and before it that of the entry it falls
// back to.
func (l *loader) resolve(s Setting) {
	key := s.Key()
	if _, done := l.c.values[key]; done || l.failed[key] {
		return
	}
	g, ok := l.set[key]
	if !ok {
		g = l.absent(s)
	}
	value, text, err := s.resolve(g.value, l.dir)
	if err != nil {
		a := s.common()
		l.failed[key] = true
		l.fail(invalid(g.key, a.shown(g.value), g.origin.String(), withDefault(err, s)))
		return
	}
	l.c.values[key] = resolved{value, text, g.origin}
}

// absent is the value of an entry that nobody has set.
func (l *loader) absent(s Setting) given {
	if f := s.fallsBackTo(); f != nil {
		l.resolve(f)
		if v, ok := l.c.values[f.Key()]; ok && v.origin.Kind != FromDefault {
			name := fmt.Sprintf("%s (%s)", f.Key(), v.origin)
			return given{s.Key(), v.text, Origin{Kind: FromSetting, Name: name}}
		}
	}
	return given{key: s.Key(), value: s.defaultRaw()}
}

func withDefault(err error, s Setting) error {
	if def := s.defaultRaw(); def != "" {
		return fmt.Errorf("%w (the default is %s)", err, def)
	}
	return err
}

func invalid(key, value, origin string, why error) error {
	if origin != "" {
		origin = " (" + origin + ")"
	}
	return sqlerr.New(sqlerr.Invalid, "%s = %q%s: %s", key, value, origin, why)
}

func unknown(name string, origin Origin, suggestion string) error {
	where := ""
	if origin.Name != name {
		where = " (" + origin.String() + ")"
	}
	if suggestion == "" {
		return sqlerr.New(sqlerr.Invalid, "%s%s is no setting; `nekomata config --all` lists them", name, where)
	}
	return sqlerr.New(sqlerr.Invalid, "%s%s is no setting; did you mean %s?", name, where, suggestion)
}

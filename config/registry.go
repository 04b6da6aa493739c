package config

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Area is a group of settings with a heading in the documentation.
type Area struct {
	// Title is the heading, Intro a sentence or two below it.
	Title, Intro string
	// Settings are the entries, in the order of the documentation.
	Settings []Setting
}

// Areas lists every setting of the gateway.
func Areas() []Area {
	return []Area{
		serverArea, frontendArea, thriftArea, thriftHTTPArea, restArea, httpArea, tlsArea, metricsArea, authArea, tokenArea,
		sessionArea, operationArea, statementArea, engineArea, duckdbArea, metadataArea, batchArea, batchSubmitArea, batchRunnerArea, batchLocalArea, batchClusterArea, yarnArea, kubernetesArea,
	}
}

// Registry knows settings by name. It does not change once it is made.
type Registry struct {
	areas   []Area
	names   map[string]Setting // by key, alias and former name
	env     map[string]string  // key by environment variable
	unused  unused
	checks  []func(*Config) error
	dataDir string // the key of the data directory, "" when there is none
}

// fileSuffix makes the name of the setting that names a secret's file.
const fileSuffix = ".file"

var keyForm = regexp.MustCompile(`^[a-z][a-zA-Z0-9]*(\.[a-zA-Z0-9]+)+$`)

func validKey(key string) bool { return keyForm.MatchString(key) }

// NewRegistry makes a registry of areas. It fails when an entry has no
// documentation or a default that breaks its own rules, and when two share a name.
func NewRegistry(areas ...Area) (*Registry, error) {
	r := &Registry{
		areas: areas, names: map[string]Setting{}, env: map[string]string{},
		unused: parseUnused(kyuubiKeys),
	}
	var errs []error
	for s := range r.settings {
		errs = append(errs, s.problem(), r.add(s))
		if s.Key() == DataDir.key {
			r.dataDir = DataDir.key
		}
	}
	for _, key := range r.unused.names {
		errs = append(errs, r.addEnv(key))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return r, nil
}

// settings goes through all entries.
func (r *Registry) settings(yield func(Setting) bool) {
	for _, a := range r.areas {
		for _, s := range a.Settings {
			if !yield(s) {
				return
			}
		}
	}
}

func (r *Registry) add(s Setting) error {
	a := s.common()
	names := slices.Concat([]string{a.key}, a.aliases, a.retired)
	var errs []error
	for _, name := range names {
		if r.names[name] != nil {
			errs = append(errs, fmt.Errorf("two settings are called %s", name))
		}
		r.names[name] = s
		errs = append(errs, r.addEnv(name))
		if a.secret {
			errs = append(errs, r.addEnv(name+fileSuffix))
		}
	}
	return errors.Join(errs...)
}

func (r *Registry) addEnv(key string) error {
	name := EnvName(key)
	if other := r.env[name]; other != "" {
		return fmt.Errorf("%s would set %s and %s", name, key, other)
	}
	r.env[name] = key
	return nil
}

const envPrefix = "NEKOMATA_"

// EnvName is the environment variable that sets key: NEKOMATA_ and the key in
// upper case, with underscores for dots.
func EnvName(key string) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(key, ".", "_"))
}

// known lists every name that a kyuubi.* key may have meant.
func (r *Registry) known() []string {
	names := make([]string, 0, len(r.names)+len(r.unused.names))
	for name, s := range r.names {
		if !slices.Contains(s.common().retired, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return append(names, r.unused.names...)
}

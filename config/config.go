// Package config is the one place where settings are declared, read, checked and
// documented: an [Entry] for each, and [Load], which makes an immutable [Config]
// of files, environment and flags.
//
// Keys and defaults are Kyuubi's wherever Kyuubi has the setting. The package must
// not know who uses a value; only the composition root, sessions and the command
// line import it, and everything else receives Options.
package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Config is an immutable snapshot of all settings.
type Config struct {
	registry *Registry
	values   map[string]resolved // by key, one for every entry
	extra    map[string]given    // keys that are not ours
	pool     map[string]given    // keys under MetadataPool
	warnings []string
}

// resolved is an entry's value.
type resolved struct {
	value  any
	text   string // the value in its normal form
	origin Origin
}

// Get is the value of an entry.
func Get[T any](c *Config, e *Entry[T]) T {
	v, ok := c.values[e.key].value.(T)
	if !ok { // a slip in the program, not in the configuration
		panic(fmt.Sprintf("config: %s is in no area", e.key))
	}
	return clone(v)
}

// clone copies lists, so that nobody can change a snapshot.
func clone[T any](v T) T {
	if list, ok := any(v).([]string); ok {
		if c, ok := any(slices.Clone(list)).(T); ok {
			return c
		}
	}
	return v
}

// Origin says where an entry's value comes from.
func (c *Config) Origin(s Setting) Origin { return c.values[s.Key()].origin }

// Warnings are sentences for the log: settings that are not used, former names,
// values that are set twice.
func (c *Config) Warnings() []string { return slices.Clone(c.warnings) }

// Passthrough are the settings that are kept for engines and batches: spark.* and
// whatever else is not ours. They may hold secrets; see [Config.Redact].
func (c *Config) Passthrough() map[string]string {
	out := make(map[string]string, len(c.extra))
	for key, g := range c.extra {
		out[key] = g.value
	}
	return out
}

// BatchDefaults are the settings under [BatchConf]: by type, in lower case, and key.
func (c *Config) BatchDefaults() map[string]map[string]string {
	out := map[string]map[string]string{}
	for key, g := range c.extra {
		rest, ok := strings.CutPrefix(key, BatchConf)
		kind, name, found := strings.Cut(rest, ".")
		if !ok || !found {
			continue
		}
		kind = strings.ToLower(kind)
		if out[kind] == nil {
			out[kind] = map[string]string{}
		}
		out[kind][name] = g.value
	}
	return out
}

// Pool are the settings under [MetadataPool], by what follows it.
func (c *Config) Pool() map[string]string {
	out := make(map[string]string, len(c.pool))
	for key, g := range c.pool {
		out[strings.TrimPrefix(key, MetadataPool)] = g.value
	}
	return out
}

// Value is a setting as it may be shown.
type Value struct {
	// Key is the setting's name.
	Key string `json:"key"`
	// Value is in its normal form, secrets redacted.
	Value string `json:"value"`
	// Source names where the value comes from.
	Source string `json:"source"`
	// Default says that nobody has set it.
	Default bool `json:"default"`
}

// Values lists the settings in the order of the documentation, then those that
// are not ours; without all, only those that somebody has set.
func (c *Config) Values(all bool) []Value {
	var out []Value
	for s := range c.registry.settings {
		v := c.values[s.Key()]
		if byDefault := v.origin.Kind == FromDefault; all || !byDefault {
			out = append(out, Value{s.Key(), c.Redact(s.Key(), v.text), v.origin.String(), byDefault})
		}
	}
	for _, free := range []map[string]given{c.pool, c.extra} {
		for _, key := range slices.Sorted(maps.Keys(free)) {
			g := free[key]
			out = append(out, Value{key, c.Redact(key, g.value), g.origin.String(), false})
		}
	}
	return out
}

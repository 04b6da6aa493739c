package config

import (
	_ "embed" // the list of Kyuubi's keys
	"slices"
	"strings"
)

//go:embed kyuubi-keys.txt
var kyuubiKeys string

// unused is what is known of Kyuubi's settings that we do not use.
type unused struct {
	reasons  map[string]string // by key
	families []family
	names    []string // the keys, in the file's order
}

// family is a pattern of keys with free parts.
type family struct {
	parts  []string // what stands between the stars
	reason string
}

// parseUnused reads the list; see the head of kyuubi-keys.txt for its form.
func parseUnused(text string) unused {
	u := unused{reasons: map[string]string{}}
	reason := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#':
		case line[0] == ':':
			reason = strings.TrimSpace(line[1:])
		case strings.Contains(line, "*"):
			u.families = append(u.families, family{parts: strings.Split(line, "*"), reason: reason})
		default:
			u.reasons[line] = reason
			u.names = append(u.names, line)
		}
	}
	return u
}

// reason says why key is not used; "" is that it is used, by others than entries. The last result is false for a key that
// Kyuubi does not have.
func (u *unused) reason(key string) (reason string, known bool) {
	if reason, ok := u.reasons[key]; ok {
		return reason, true
	}
	i := slices.IndexFunc(u.families, func(f family) bool { return f.matches(key) })
	if i < 0 {
		return "", false
	}
	return u.families[i].reason, true
}

// isFamily says whether key has a free part, so that its value is kept for
// whoever will know what to do with it.
func (u *unused) isFamily(key string) bool {
	return slices.ContainsFunc(u.families, func(f family) bool { return f.matches(key) })
}

// matches asks for at least one letter in the place of each star.
func (f family) matches(key string) bool {
	rest, ok := strings.CutPrefix(key, f.parts[0])
	if !ok {
		return false
	}
	last := len(f.parts) - 1
	for _, part := range f.parts[1:last] {
		if rest == "" {
			return false
		}
		i := strings.Index(rest[1:], part)
		if i < 0 {
			return false
		}
		rest = rest[1+i+len(part):]
	}
	return len(rest) > len(f.parts[last]) && strings.HasSuffix(rest, f.parts[last])
}

package config

import "regexp"

// Redacted stands where a secret was. It is Kyuubi's text.
const Redacted = "*********(redacted)"

// Passwords inside URLs: ://user:password@ and ?password=...
var (
	urlUserinfo = regexp.MustCompile(`(://[^/?#@\s:]*:)[^/?#@\s]*@`)
	urlQuery    = regexp.MustCompile(`(?i)([?&;][^=&;]*(?:password|passwd|pwd|secret|token)[^=&;]*=)[^&;]*`)
)

// Redact is the value of a setting as it may be shown, to a client or in a log:
// whole, with a password inside a URL hidden, or [Redacted]. Settings that are
// not ours are judged by kyuubi.server.redaction.regex, which hides a value when
// it matches the key or the value.
func (c *Config) Redact(key, value string) string {
	if value == "" {
		return value
	}
	pattern, _ := c.values[RedactionRegex.key].value.(*regexp.Regexp)
	s := c.registry.names[key]
	switch {
	case s == nil:
		if pattern != nil && (pattern.MatchString(key) || pattern.MatchString(value)) {
			return Redacted
		}
		return scrubURL(value)
	case s.Key() == RedactionRegex.Key():
		return value
	case s.common().secret, pattern != nil && pattern.MatchString(key):
		return Redacted
	default:
		return scrubURL(value)
	}
}

func scrubURL(value string) string {
	value = urlUserinfo.ReplaceAllString(value, "${1}"+Redacted+"@")
	return urlQuery.ReplaceAllString(value, "${1}"+Redacted)
}

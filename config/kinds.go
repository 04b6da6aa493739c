package config

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Int declares a whole number.
func Int(key string, def int, doc string) *Entry[int] {
	return ordered(key, "int", def, doc, parseInt, strconv.Itoa)
}

// Bool declares a true or false.
func Bool(key string, def bool, doc string) *Entry[bool] {
	return entry(key, "bool", def, doc, parseBool, strconv.FormatBool)
}

// String declares a text.
func String(key, def, doc string) *Entry[string] {
	return entry(key, "string", def, doc, parseString, formatString)
}

// Duration declares a length of time; see [ParseDuration] for its forms.
func Duration(key string, def time.Duration, doc string) *Entry[time.Duration] {
	return ordered(key, "duration", def, doc, ParseDuration, FormatDuration)
}

// Bytes declares a size in bytes; see [ParseBytes] for its forms.
func Bytes(key string, def int64, doc string) *Entry[int64] {
	return ordered(key, "bytes", def, doc, ParseBytes, FormatBytes)
}

// Strings declares a list of texts, separated by commas.
func Strings(key string, def []string, doc string) *Entry[[]string] {
	return entry(key, "list", def, doc, parseStrings, formatStrings)
}

// Path declares a file or directory. A relative one is under the data directory;
// empty stays empty.
func Path(key, def, doc string) *Entry[string] {
	e := entry(key, "path", def, doc, parseString, formatString)
	e.under = func(p, dir string) string { return under(dir, p) }
	return e
}

// Paths declares a list of files or directories, each as [Path] has it.
func Paths(key string, def []string, doc string) *Entry[[]string] {
	e := entry(key, "paths", def, doc, parseStrings, formatStrings)
	e.under = func(ps []string, dir string) []string {
		out := make([]string, len(ps))
		for i, p := range ps {
			out[i] = under(dir, p)
		}
		return out
	}
	return e
}

// Regexp declares a regular expression (RE2); empty is nil.
func Regexp(key, def, doc string) *Entry[*regexp.Regexp] {
	e := entry(key, "regexp", nil, doc, parseRegexp, func(r *regexp.Regexp) string {
		if r == nil {
			return ""
		}
		return r.String()
	})
	if def != "" {
		e.def = regexp.MustCompile(def)
	}
	return e
}

// Choice lists the values that an Enum or Enums takes.
type Choice struct {
	// Values are accepted in any case and become what is written here.
	Values []string
	// Later are values that Kyuubi knows and that are refused as not supported yet.
	Later []string
}

// Enum declares one of a few words.
func Enum(key, def, doc string, c Choice) *Entry[string] {
	e := entry(key, "enum", def, doc, c.parse, formatString)
	e.limits = []string{"one of " + strings.Join(c.Values, ", ")}
	return e
}

// Enums declares a list, separated by commas, of one or more of a few words.
func Enums(key string, def []string, doc string, c Choice) *Entry[[]string] {
	e := entry(key, "enums", def, doc, func(s string) ([]string, error) {
		list, err := parseStrings(s)
		if err != nil {
			return nil, err
		}
		if len(list) == 0 {
			return nil, fmt.Errorf("is empty; name one or more of %s", strings.Join(c.Values, ", "))
		}
		for i, s := range list {
			if list[i], err = c.parse(s); err != nil {
				return nil, err
			}
		}
		slices.Sort(list)
		return slices.Compact(list), nil
	}, formatStrings)
	e.limits = []string{"one or more of " + strings.Join(c.Values, ", ")}
	return e
}

func (c Choice) parse(s string) (string, error) {
	same := func(v string) bool { return strings.EqualFold(v, s) }
	if i := slices.IndexFunc(c.Values, same); i >= 0 {
		return c.Values[i], nil
	}
	if i := slices.IndexFunc(c.Later, same); i >= 0 {
		return "", fmt.Errorf("%s is not supported yet; choose from %s", c.Later[i], strings.Join(c.Values, ", "))
	}
	return "", fmt.Errorf("is not one of %s", strings.Join(c.Values, ", "))
}

func entry[T any](key, kind string, def T, doc string, parse func(string) (T, error), format func(T) string) *Entry[T] { //nolint:revive // the one place where an entry is made
	return &Entry[T]{
		about: about{key: key, kind: kind, doc: doc, since: firstVersion},
		def:   def, parse: parse, format: format,
	}
}

func ordered[T cmp.Ordered](key, kind string, def T, doc string, parse func(string) (T, error), format func(T) string) *Entry[T] { //nolint:revive // as above
	e := entry(key, kind, def, doc, parse, format)
	e.less = cmp.Less[T]
	return e
}

func parseInt(s string) (int, error) {
	n, err := strconv.ParseInt(s, 10, 0)
	if err != nil {
		return 0, errors.New("is not a whole number")
	}
	return int(n), nil
}

func parseBool(s string) (bool, error) {
	switch strings.ToLower(s) {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, errors.New("is neither true nor false")
}

func parseString(s string) (string, error) { return s, nil }

func formatString(s string) string { return s }

// parseStrings drops empty parts, so that a trailing comma does no harm.
func parseStrings(s string) ([]string, error) {
	list := []string{}
	for part := range strings.SplitSeq(s, ",") {
		if part = strings.TrimSpace(part); part != "" {
			list = append(list, part)
		}
	}
	return list, nil
}

func formatStrings(list []string) string { return strings.Join(list, ",") }

func parseRegexp(s string) (*regexp.Regexp, error) {
	if s == "" {
		return nil, nil //nolint:nilnil // nil is the expression that matches nothing
	}
	r, err := regexp.Compile(s)
	if err != nil {
		return nil, fmt.Errorf("is not a regular expression (RE2 syntax): %w", err)
	}
	return r, nil
}

func under(dir, path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

package metadata

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// The settings that messages name. They are Kyuubi's.
const (
	urlKey    = "kyuubi.metadata.store.jdbc.url"
	userKey   = "kyuubi.metadata.store.jdbc.user"
	sourceKey = "kyuubi.metadata.store.jdbc.datasource."
)

// address is a JDBC URL in its parts.
type address struct {
	kind   string // "mysql" or "sqlite"
	host   string // host:port
	name   string // the database, or the file
	params properties
}

// properties are a URL's or a pool's, by their lower-case names. Whoever knows
// one takes it out, and what is left nobody knows.
type properties map[string]property

type property struct{ name, value string }

// parseURL reads a JDBC URL as Kyuubi's drivers do.
func parseURL(text string) (address, error) {
	rest, ok := strings.CutPrefix(text, "jdbc:")
	kind, rest, found := strings.Cut(rest, ":")
	rest, query, _ := strings.Cut(rest, "?")
	a := address{kind: kind, params: properties{}}
	bad := sqlerr.New(sqlerr.Invalid, "%s must be jdbc:sqlite:PATH or jdbc:mysql://HOST:PORT/DATABASE?NAME=VALUE", urlKey)
	if !ok || !found {
		return a, bad
	}
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if name == "" {
			continue
		}
		decoded, err := url.QueryUnescape(value)
		if err != nil {
			return a, sqlerr.New(sqlerr.Invalid, "%s: the value of %s can't be decoded: write %% as %%25", urlKey, name)
		}
		a.params.put(name, decoded)
	}
	switch kind {
	case "sqlite":
		a.name = strings.TrimPrefix(rest, "file:")
	case "mysql":
		rest, ok = strings.CutPrefix(rest, "//")
		a.host, a.name, found = strings.Cut(rest, "/")
		if !ok || !found || a.host == "" {
			return a, bad
		}
		if strings.LastIndexByte(a.host, ':') <= strings.LastIndexByte(a.host, ']') {
			a.host += ":3306"
		}
	default:
		return a, bad
	}
	if a.name == "" {
		return a, bad
	}
	return a, nil
}

func (p properties) put(name, value string) {
	p[strings.ToLower(name)] = property{name, value}
}

// take removes a property and returns its value; "" when it is not there.
func (p properties) take(name string) string {
	key := strings.ToLower(name)
	value := p[key].value
	delete(p, key)
	return value
}

// flag takes a property that is true or false.
func (p properties) flag(name string, def bool) bool {
	switch strings.ToLower(p.take(name)) {
	case "true", "yes", "1":
		return true
	case "false", "no", "0":
		return false
	default:
		return def
	}
}

// millis takes a property that counts milliseconds. For 0, which means no limit
// to Kyuubi's drivers, it returns 0.
func (p properties) millis(name string, def time.Duration) time.Duration {
	n, err := strconv.ParseInt(p.take(name), 10, 32)
	if err != nil || n < 0 {
		return def
	}
	return time.Duration(n) * time.Millisecond
}

// count takes a property that is a positive number.
func (p properties) count(name string, def int) int {
	n, err := strconv.Atoi(p.take(name))
	if err != nil || n <= 0 {
		return def
	}
	return n
}

// drop takes out properties that change nothing here.
func (p properties) drop(names ...string) {
	for _, name := range names {
		p.take(name)
	}
}

// left are the names of those that nobody took.
func (p properties) left() []string {
	var names []string
	for _, key := range slices.Sorted(maps.Keys(p)) {
		names = append(names, p[key].name)
	}
	return names
}

package dialect

import (
	"strconv"
	"strings"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// Limits of variable substitution: Hive's depth, and a size that keeps variables
// of variables from growing without end.
const (
	defaultDepth   = 40
	mostSubstitute = 16 << 20
)

// substitute replaces ${hivevar:x}, ${hiveconf:x} and ${x} with their values, in
// comments and strings too, before anything else reads the statement. A value
// may have variables itself. What isn't defined stays as it is, as in Hive.
func substitute(sql string, conf settings, vars map[string]string) (string, substitution, error) {
	sub := substitution{written: sql}
	if !strings.Contains(sql, "${") || !substitutes(conf) {
		return sql, sub, nil
	}
	depth := defaultDepth
	if n, err := strconv.Atoi(strings.TrimSpace(conf.get("hive.variable.substitute.depth"))); err == nil && n > 0 {
		depth = n
	}
	for range depth {
		next, edits, err := substituteOnce(sql, conf, vars)
		if err != nil || len(edits) == 0 {
			return sql, sub, err
		}
		sub.passes = append(sub.passes, edits)
		if sql = next; len(sql) > mostSubstitute {
			return "", sub, sqlerr.New(sqlerr.TooLarge, "the statement grew beyond %d MiB by its variables", mostSubstitute>>20)
		}
	}
	if _, edits, err := substituteOnce(sql, conf, vars); len(edits) > 0 || err != nil {
		return "", sub, sqlerr.New(sqlerr.Invalid,
			"variables of variables go deeper than %d: does one name itself? See hive.variable.substitute.depth", depth)
	}
	return sql, sub, nil
}

func substitutes(conf settings) bool {
	for _, key := range [...]string{"hive.variable.substitute", "spark.sql.variable.substitute"} {
		if v, ok := conf.lookup(key); ok && strings.EqualFold(strings.TrimSpace(v), "false") {
			return false
		}
	}
	return true
}

// substituteOnce replaces every variable in sql by its value, once.
func substituteOnce(sql string, conf settings, vars map[string]string) (string, []edit, error) {
	var (
		b     strings.Builder
		edits []edit
	)
	from := 0
	for i := strings.Index(sql, "${"); i >= 0; {
		end := i + 2
		for end < len(sql) && sql[end] != '}' && sql[end] != '$' && sql[end] > ' ' {
			end++
		}
		next := end
		if end < len(sql) && sql[end] == '}' && end > i+2 {
			value, ok, err := variable(sql[i+2:end], conf, vars)
			if err != nil {
				return "", nil, err
			}
			if ok {
				b.WriteString(sql[from:i])
				edits = append(edits, edit{at: i, end: end + 1, made: b.Len(), madeEnd: b.Len() + len(value)})
				b.WriteString(value)
				from = end + 1
			}
			next = end + 1
		}
		if b.Len() > mostSubstitute {
			break // the caller refuses it
		}
		if j := strings.Index(sql[next:], "${"); j >= 0 {
			i = next + j
		} else {
			i = -1
		}
	}
	if len(edits) == 0 {
		return sql, nil, nil
	}
	b.WriteString(sql[from:])
	return b.String(), edits, nil
}

// variable looks up what stands in ${}.
func variable(name string, conf settings, vars map[string]string) (string, bool, error) {
	space, key, found := strings.Cut(name, ":")
	if !found {
		if v, ok := vars[name]; ok {
			return v, true, nil
		}
		v, ok := conf.lookup(name)
		return v, ok, nil
	}
	switch space {
	case "hivevar":
		if v, ok := vars[key]; ok {
			return v, true, nil
		}
		v, ok := conf.lookup(key) // some clients put variables among the settings
		return v, ok, nil
	case "hiveconf", "metaconf", "sparkconf", "spark":
		v, ok := conf.lookup(key)
		return v, ok, nil
	case "env", "system":
		return "", false, forbidden(space)
	}
	return "", false, nil
}

// forbidden is the error for what would show the server's own environment.
func forbidden(space string) error {
	return sqlerr.New(sqlerr.Denied,
		"%s:* variables are not available: the server's environment is not for clients; use hivevar: or hiveconf:", space)
}

package dialect

import (
	"strconv"
	"strings"
)

// listMacros are about arrays and maps.
var listMacros = []macro{
	{"size", sizes},
	{"cardinality", sizes},
	{"array_join", []string{"(l, s) AS array_to_string(l, s)", "(l, s, n) AS array_to_string(list_transform(l, lambda e: coalesce(e, n)), s)"}},
	{"sort_array", []string{
		"(l) AS list_sort(l, 'ASC', 'NULLS FIRST')",
		"(l, a) AS CASE WHEN a THEN list_sort(l, 'ASC', 'NULLS FIRST') ELSE list_sort(l, 'DESC', 'NULLS LAST') END",
	}},
	{"array_sort", []string{"(l) AS list_sort(l, 'ASC', 'NULLS LAST')"}},
	{"array_contains", []string{"(l, v) AS CASE WHEN list_contains(l, v) THEN true WHEN v IS NULL OR len(l) > list_count(l) THEN NULL ELSE list_contains(l, v) END"}},
	{"array_distinct", []string{"(l) AS list_filter(l, lambda e, i: list_position(l, e) = i)"}},
	{"array_union", []string{"(a, b) AS list_filter(list_concat(a, b), lambda e, i: list_position(list_concat(a, b), e) = i)"}},
	{"array_except", []string{"(a, b) AS list_filter(a, lambda e, i: list_position(a, e) = i AND list_position(b, e) IS NULL)"}},
	{"array_max", []string{"(l) AS list_max(l)"}},
	{"array_min", []string{"(l) AS list_min(l)"}},
	{"array_position", []string{"(l, v) AS CASE WHEN l IS NOT NULL AND v IS NOT NULL THEN CAST(coalesce(list_position(l, v), 0) AS BIGINT) END"}},
	{"array_remove", []string{"(l, v) AS list_filter(l, lambda e: e IS NULL OR e <> v)"}},
	{"array_repeat", []string{"(x, n) AS repeat([x], n)"}},
	{"array_prepend", []string{"(l, x) AS list_prepend(x, l)"}},
	{"array_append", []string{"(l, x) AS list_append(l, x)"}},
	{"array_compact", []string{"(l) AS list_filter(l, lambda e: e IS NOT NULL)"}},
	{"arrays_overlap", []string{"(a, b) AS list_has_any(a, b)"}},
	{"arrays_zip", []string{`(a, b) AS list_transform(list_zip(a, b), lambda z: struct_pack("0" := z[1], "1" := z[2]))`}},
	{"slice", []string{"(l, s, n) AS CASE WHEN s > 0 THEN list_slice(l, s, s + n - 1) WHEN s < 0 THEN list_slice(l, len(l) + s + 1, len(l) + s + n) END"}},
	{"sequence", []string{
		"(a INTEGER, b INTEGER) AS CAST(generate_series(a, b, CASE WHEN a <= b THEN 1 ELSE -1 END) AS INTEGER[])",
		"(a BIGINT, b BIGINT) AS generate_series(a, b, CASE WHEN a <= b THEN 1 ELSE -1 END)",
		"(a DATE, b DATE) AS CAST(generate_series(a, b, INTERVAL 1 DAY) AS DATE[])",
		"(a INTEGER, b INTEGER, s INTEGER) AS CAST(generate_series(a, b, s) AS INTEGER[])",
		"(a BIGINT, b BIGINT, s BIGINT) AS generate_series(a, b, s)",
		"(a DATE, b DATE, s INTERVAL) AS CAST(generate_series(a, b, s) AS DATE[])",
		"(a, b, s) AS generate_series(a, b, s)",
	}},
	{"element_at", []string{"(l, i) AS l[i]"}},
	{"get", []string{"(l, i) AS CASE WHEN i >= 0 THEN l[i + 1] END"}},
	{"map_from_arrays", []string{"(k, v) AS map(k, v)"}},
	{"map_contains_key", []string{"(m, k) AS list_contains(map_keys(m), k)"}},
}

var sizes = []string{"(x) AS CAST(CASE WHEN x IS NULL THEN -1 WHEN starts_with(typeof(x), 'MAP(') THEN len(json_keys(to_json(x))) " +
	"ELSE json_array_length(to_json(x)) END AS INTEGER)"}

// mostArguments is how many arguments the macros below take.
const mostArguments = 24

// varying are the macros that take any number of arguments, up to a limit.
func varying() []macro {
	concat, pairs := macro{"concat", []string{"() AS ''"}}, macro{name: "map"}
	joined, nth, chosen := macro{name: "concat_ws"}, macro{name: "elt"}, macro{"decode", []string{"(b, c) AS decode(b)"}}
	var names, keys, values, parts []string
	for i := range mostArguments {
		p := "p" + strconv.Itoa(i)
		names, parts = append(names, p), append(parts, library+".main."+partOfWS+"("+p+")")
		all := "(" + strings.Join(names, ", ") + ")"
		together := strings.Join(names, " || ") // of arrays too
		if i == 0 {
			together = "'' || " + p
		}
		concat.bodies = append(concat.bodies, all+" AS "+together)
		joined.bodies = append(joined.bodies, "(s, "+all[1:]+" AS CASE WHEN s IS NOT NULL THEN coalesce(array_to_string(list_concat("+strings.Join(parts, ", ")+"), s), '') END")
		nth.bodies = append(nth.bodies, "(n, "+all[1:]+" AS CASE WHEN n > 0 THEN ["+strings.Join(names, ", ")+"][n] END")
		if i >= 1 {
			chosen.bodies = append(chosen.bodies, "(x, "+all[1:]+" AS "+choice(names))
		}
		if i%2 == 0 {
			keys = append(keys, p)
			continue
		}
		values = append(values, p)
		pairs.bodies = append(pairs.bodies, all+" AS map(["+strings.Join(keys, ", ")+"], ["+strings.Join(values, ", ")+"])")
	}
	joined.bodies = append(joined.bodies, "(s) AS CASE WHEN s IS NOT NULL THEN '' END")
	return []macro{concat, pairs, joined, nth, chosen}
}

// choice is decode(x, search, result, ..., [otherwise]).
func choice(names []string) string {
	var b strings.Builder
	b.WriteString("CASE")
	i := 0
	for ; i+1 < len(names); i += 2 {
		b.WriteString(" WHEN x IS NOT DISTINCT FROM " + names[i] + " THEN " + names[i+1])
	}
	if i < len(names) {
		b.WriteString(" ELSE " + names[i])
	}
	return b.String() + " END"
}

package dialect

// substring counts from 1, and takes 0 for 1.
var substring = []string{
	"(s, p) AS substr(CAST(s AS VARCHAR), CASE WHEN p = 0 THEN 1 ELSE p END)",
	"(s, p, n) AS CASE WHEN n <= 0 THEN '' ELSE substr(CAST(s AS VARCHAR), CASE WHEN p = 0 THEN 1 ELSE p END, n) END",
}

var lengths = []string{"(x) AS CAST(CASE WHEN typeof(x) = 'BLOB' THEN " + bytesOf + " ELSE length(CAST(x AS VARCHAR)) END AS INTEGER)"}

// bytesOf is the number of bytes in x, which is a BLOB or a text. The text of a
// BLOB has four characters for bytes that need it.
const bytesOf = "CASE WHEN typeof(x) = 'BLOB' THEN length(CAST(x AS VARCHAR)) - 3 * len(regexp_extract_all(CAST(x AS VARCHAR), '\\\\x[0-9A-F]{2}')) " +
	"ELSE strlen(CAST(x AS VARCHAR)) END"

// dollars turns a replacement of Java's into one of RE2's: $1 is \1, and \$ is a
// dollar.
const dollars = `regexp_replace(regexp_replace(r, '(^|[^\\])\$(\d)', '\1\\\2', 'g'), '\\\$', '$', 'g')`

// url is an expression for a part of a URL, by the groups of RFC 3986.
func url(group string) string {
	return `nullif(regexp_extract(u, '^(([^:/?#]+):)?(//([^/?#]*))?([^?#]*)(\?([^#]*))?(#(.*))?', ` + group + `), '')`
}

// textMacros are about texts and regular expressions.
var textMacros = []macro{
	{"length", lengths},
	{"char_length", lengths},
	{"character_length", lengths},
	{"octet_length", []string{"(x) AS CAST(" + bytesOf + " AS INTEGER)"}},
	{"bit_length", []string{"(x) AS CAST(8 * " + bytesOf + " AS INTEGER)"}},
	{"substr", substring},
	{"substring", substring},
	{"substring_index", []string{"(s, d, n) AS CASE WHEN n = 0 OR d = '' THEN '' WHEN n > 0 THEN array_to_string(string_split(s, d)[:n], d) " +
		"ELSE array_to_string(string_split(s, d)[n:], d) END"}},
	{"instr", []string{"(x, s) AS CAST(strpos(x, s) AS INTEGER)"}},
	{"locate", []string{
		"(s, x) AS CAST(strpos(x, s) AS INTEGER)",
		"(s, x, p) AS CAST(CASE WHEN p < 1 THEN 0 WHEN strpos(x[p:], s) = 0 THEN 0 ELSE strpos(x[p:], s) + p - 1 END AS INTEGER)",
	}},
	{"lpad", []string{"(s, n) AS lpad(s, n, ' ')", "(s, n, p) AS lpad(CAST(s AS VARCHAR), n, p)"}},
	{"rpad", []string{"(s, n) AS rpad(s, n, ' ')", "(s, n, p) AS rpad(CAST(s AS VARCHAR), n, p)"}},
	{"btrim", []string{"(s) AS trim(s)", "(s, c) AS trim(s, c)"}},
	{"replace", []string{"(s, a) AS replace(s, a, '')", "(s, a, b) AS replace(s, a, b)"}},
	{"split", []string{
		"(s, p) AS regexp_split_to_array(s, p)",
		"(s, p, n) AS CASE WHEN n <= 0 OR len(regexp_split_to_array(s, p)) <= n THEN regexp_split_to_array(s, p) ELSE " +
			"list_append(regexp_split_to_array(s, p)[:n - 1], s[1 + coalesce(list_sum(list_transform(list_concat(regexp_split_to_array(s, p)[:n - 1], " +
			"regexp_extract_all(s, p)[:n - 1]), lambda e: length(e))), 0):]) END",
	}},
	{"regexp_replace", []string{"(s, p, r) AS regexp_replace(s, p, " + dollars + ", 'g')"}},
	{"regexp_extract", []string{"(s, p) AS regexp_extract(s, p, 1)", "(s, p, i) AS regexp_extract(s, p, i)"}},
	{"regexp_extract_all", []string{"(s, p) AS regexp_extract_all(s, p, 1)", "(s, p, i) AS regexp_extract_all(s, p, i)"}},
	{"regexp_count", []string{"(s, p) AS CAST(len(regexp_extract_all(s, p)) AS INTEGER)"}},
	{"regexp_instr", []string{"(s, p) AS CAST(CASE WHEN regexp_matches(s, p) THEN strpos(s, regexp_extract(s, p)) ELSE 0 END AS INTEGER)"}},
	{"regexp_substr", []string{"(s, p) AS CASE WHEN regexp_matches(s, p) THEN regexp_extract(s, p) END"}},
	{"regexp", []string{"(s, p) AS regexp_matches(s, p)"}},
	{"regexp_like", []string{"(s, p) AS regexp_matches(s, p)"}},
	{"rlike", []string{"(s, p) AS regexp_matches(s, p)"}},
	{containing, []string{"(p) AS '(?s:.*)(?:' || p || ')(?s:.*)'"}},
	{"overlay", []string{
		"(s, r, p) AS concat(s[:p - 1], r, s[p + length(r):])", "(s, r, p, n) AS concat(s[:p - 1], r, s[p + n:])",
	}},
	{"startswith", []string{"(s, p) AS starts_with(s, p)"}},
	{"endswith", []string{"(s, p) AS suffix(s, p)"}},
	{"initcap", []string{"(s) AS array_to_string(list_transform(string_split(lower(s), ' '), lambda w: upper(w[1]) || w[2:]), ' ')"}},
	{"find_in_set", []string{"(s, l) AS CASE WHEN s IS NULL OR l IS NULL THEN NULL ELSE CAST(coalesce(list_position(string_split(l, ','), s), 0) AS INTEGER) END"}},
	{"space", []string{"(n) AS repeat(' ', n)"}},
	{"levenshtein", []string{"(a, b) AS CAST(levenshtein(a, b) AS INTEGER)"}},
	{"mask", []string{"(s) AS regexp_replace(regexp_replace(regexp_replace(s, '[a-z]', 'x', 'g'), '[A-Z]', 'X', 'g'), '[0-9]', 'n', 'g')"}},
	{"char", []string{"(n) AS chr(CAST(n % 256 AS INTEGER))"}},
	{"unbase64", []string{"(s) AS from_base64(s)"}},
	{"base64", []string{"(x) AS to_base64(CASE WHEN typeof(x) = 'BLOB' THEN TRY_CAST(x AS BLOB) ELSE encode(CAST(x AS VARCHAR)) END)"}},
	{"unhex", []string{"(s) AS TRY(unhex(s))"}},
	{"encode", []string{"(s, c) AS CASE upper(c) WHEN 'UTF-8' THEN encode(s) WHEN 'UTF8' THEN encode(s) WHEN 'US-ASCII' THEN encode(s) " +
		"ELSE error('encode knows UTF-8 only') END"}},
	{"format_number", []string{"(x, d) AS CASE WHEN d >= 0 THEN format('{:,.' || CAST(CAST(d AS INTEGER) AS VARCHAR) || 'f}', CAST(x AS DOUBLE)) END"}},
	{"sha", []string{"(s) AS sha1(s)"}},
	{"sha2", []string{"(s, n) AS CASE n WHEN 0 THEN sha256(s) WHEN 256 THEN sha256(s) ELSE error('sha2 knows 256 bits only') END"}},
	{"ucase", []string{"(s) AS upper(s)"}},
	{"lcase", []string{"(s) AS lower(s)"}},
	{"parse_url", []string{
		"(u, p) AS CASE p WHEN 'PROTOCOL' THEN " + url("2") + " WHEN 'AUTHORITY' THEN " + url("4") + " WHEN 'PATH' THEN coalesce(" + url("5") + ", '')" +
			" WHEN 'QUERY' THEN " + url("7") + " WHEN 'REF' THEN " + url("9") +
			" WHEN 'FILE' THEN concat(" + url("5") + ", " + url("6") + `) WHEN 'USERINFO' THEN nullif(regexp_extract(` + url("4") + `, '^([^@]*)@', 1), '')` +
			` WHEN 'HOST' THEN regexp_extract(` + url("4") + `, '^([^@]*@)?([^:]*)', 2) END`,
		"(u, p, k) AS CASE p WHEN 'QUERY' THEN nullif(regexp_extract(" + url("7") + ", '(^|&)' || k || '=([^&]*)', 2), '') END",
	}},
	{"str_to_map", []string{
		"(s) AS " + entries("','", "':'"), "(s, p) AS " + entries("p", "':'"), "(s, p, k) AS " + entries("p", "k"),
	}},
	{partOfWS, []string{"(x) AS CASE WHEN ends_with(typeof(x), '[]') THEN from_json(to_json(x), '[\"VARCHAR\"]') ELSE [CAST(x AS VARCHAR)] END"}},
}

// entries are the entries of a map that a text lists.
func entries(pairs, key string) string {
	return "map_from_entries(list_transform(string_split(s, " + pairs + "), lambda e: " +
		"struct_pack(k := split_part(e, " + key + ", 1), v := CASE WHEN contains(e, " + key + ") THEN split_part(e, " + key + ", 2) END)))"
}

// found is the JSON at a path; a list of it when the path has a star.
const found = `to_json(json_extract(CASE WHEN json_valid(j) THEN j END, ` +
	`CASE WHEN starts_with(p, '$') THEN regexp_replace(p, '\[''([^'']*)''\]', '."\1"', 'g') END))`

// jsonMacros are about JSON.
var jsonMacros = []macro{
	{"get_json_object", []string{"(j, p) AS CASE WHEN json_type(" + found + ") <> 'NULL' THEN json_extract_string(" + found + ", '$') END"}},
	{"json_array_length", []string{"(j) AS CAST(json_array_length(j) AS INTEGER)"}},
	{"json_object_keys", []string{"(j) AS json_keys(j)"}},
}

// Names of macros that are ours alone.
const (
	containing = "__containing" // a pattern for texts that have a match somewhere
	partOfWS   = "__part_of_ws" // an argument of concat_ws as a list
	wholeDiv   = "__div"        // division without a fraction
	exclusive  = "__xor"
)

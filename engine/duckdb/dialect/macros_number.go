package dialect

// numberMacros are about numbers.
var numberMacros = []macro{
	{wholeDiv, []string{"(a, b) AS CASE WHEN typeof(a) IN ('BIGINT', 'INTEGER', 'SMALLINT', 'TINYINT') AND typeof(b) IN ('BIGINT', 'INTEGER', 'SMALLINT', 'TINYINT') " +
		"THEN TRY_CAST(a AS BIGINT) // TRY_CAST(b AS BIGINT) ELSE TRY_CAST(trunc(TRY_CAST(a AS DOUBLE) / TRY_CAST(b AS DOUBLE)) AS BIGINT) END"}},
	{exclusive, []string{"(a, b) AS xor(a, b)"}},
	{"pmod", []string{"(a, b) AS CASE WHEN a % b < 0 THEN (a % b + b) % b ELSE a % b END"}},
	{"rand", []string{"() AS random()", "(s) AS random()"}},
	{"ceil", rounding("ceil")},
	{"ceiling", rounding("ceil")},
	{"floor", rounding("floor")},
	{"bround", []string{
		"(x) AS round_even(x, 0)", "(x, d) AS round_even(x, d)",
	}},
	{"negative", []string{"(x) AS -x"}},
	{"positive", []string{"(x) AS x"}},
	{"sign", []string{"(x) AS CAST(sign(x) AS DOUBLE)"}},
	{"signum", []string{"(x) AS CAST(sign(x) AS DOUBLE)"}},
	{"sqrt", []string{"(x) AS CASE WHEN x < 0 THEN CAST('NaN' AS DOUBLE) ELSE sqrt(x) END"}},
	{"ln", []string{"(x) AS CASE WHEN x > 0 THEN ln(x) END"}},
	{"log", []string{"(x) AS CASE WHEN x > 0 THEN ln(x) END", "(b, x) AS CASE WHEN x > 0 AND b > 0 THEN ln(x) / ln(b) END"}},
	{"log10", []string{"(x) AS CASE WHEN x > 0 THEN log10(x) END"}},
	{"log2", []string{"(x) AS CASE WHEN x > 0 THEN log2(x) END"}},
	{"log1p", []string{"(x) AS CASE WHEN x > -1 THEN ln(1 + x) END"}},
	{"expm1", []string{"(x) AS exp(x) - 1"}},
	{"acos", []string{"(x) AS CASE WHEN x BETWEEN -1 AND 1 THEN acos(x) WHEN x IS NOT NULL THEN CAST('NaN' AS DOUBLE) END"}},
	{"asin", []string{"(x) AS CASE WHEN x BETWEEN -1 AND 1 THEN asin(x) WHEN x IS NOT NULL THEN CAST('NaN' AS DOUBLE) END"}},
	{"e", []string{"() AS exp(1)"}},
	{"hypot", []string{"(a, b) AS sqrt(a * a + b * b)"}},
	{"factorial", []string{"(x) AS CASE WHEN x BETWEEN 0 AND 20 THEN CAST(factorial(CAST(x AS INTEGER)) AS BIGINT) END"}},
	{"conv", []string{"(n, f, t) AS CASE WHEN f BETWEEN 2 AND 36 AND t BETWEEN 2 AND 36 AND CAST(n AS VARCHAR) NOT LIKE '-%' AND CAST(n AS VARCHAR) <> '' THEN " +
		"to_base(coalesce(list_reduce(list_transform(list_filter(string_split(regexp_extract(upper(CAST(n AS VARCHAR)), '^[' || '" + digits + "'[:f] || ']*'), ''), " +
		"lambda c: c <> ''), lambda c: CAST(strpos('" + digits + "', c) - 1 AS BIGINT)), lambda a, b: a * f + b), 0), CAST(t AS INTEGER)) END"}},
	{"width_bucket", []string{"(v, a, b, n) AS CASE WHEN n > 0 AND a < b THEN CAST(greatest(0, least(n + 1, floor((v - a) * n / (b - a)) + 1)) AS BIGINT) " +
		"WHEN n > 0 AND a > b THEN CAST(greatest(0, least(n + 1, floor((a - v) * n / (a - b)) + 1)) AS BIGINT) END"}},
	{"bit_count", []string{"(x) AS CAST(bit_count(x) AS INTEGER)"}},
	{"getbit", []string{"(x, n) AS CAST((x >> n) & 1 AS TINYINT)"}},
	{"bit_get", []string{"(x, n) AS CAST((x >> n) & 1 AS TINYINT)"}},
	{"shiftleft", []string{"(x INTEGER, n INTEGER) AS CAST(x * (CAST(1 AS BIGINT) << n) AS INTEGER)", "(x, n) AS CAST(x * (CAST(1 AS HUGEINT) << n) AS BIGINT)"}},
	{"shiftright", []string{"(x, n) AS x >> n"}},
	{"shiftrightunsigned", []string{
		"(x INTEGER, n INTEGER) AS CAST((CASE WHEN x < 0 THEN x + 4294967296 ELSE x END) >> n AS INTEGER)",
		"(x BIGINT, n INTEGER) AS CAST((CASE WHEN x < 0 THEN x + CAST(18446744073709551616 AS HUGEINT) ELSE x END) >> n AS BIGINT)",
	}},
	{"try_add", []string{"(a, b) AS TRY(a + b)"}},
	{"try_subtract", []string{"(a, b) AS TRY(a - b)"}},
	{"try_multiply", []string{"(a, b) AS TRY(a * b)"}},
	{"try_divide", []string{"(a, b) AS a / b"}},
}

const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

// rounding is ceil or floor, which give BIGINT.
func rounding(f string) []string {
	return []string{"(x) AS CASE WHEN typeof(x) IN ('BIGINT', 'INTEGER', 'SMALLINT', 'TINYINT') THEN TRY_CAST(x AS BIGINT) " +
		"WHEN starts_with(typeof(x), 'DECIMAL') THEN TRY_CAST(" + f + "(TRY_CAST(x AS DECIMAL(38, 10))) AS BIGINT) " +
		"ELSE TRY_CAST(" + f + "(TRY_CAST(x AS DOUBLE)) AS BIGINT) END"}
}

// aggregateMacros make one value out of many. Macros can't have OVER, DISTINCT or
// FILTER behind them; calls has other names for those.
var aggregateMacros = []macro{
	{"collect_list", []string{"(x) AS coalesce(list(x) FILTER (x IS NOT NULL), [])"}},
	{"collect_set", []string{"(x) AS coalesce(list(DISTINCT x) FILTER (x IS NOT NULL), [])"}},
	{"percentile_approx", []string{"(x, p) AS quantile_disc(x, p)", "(x, p, n) AS quantile_disc(x, p)"}},
	{"approx_percentile", []string{"(x, p) AS quantile_disc(x, p)", "(x, p, n) AS quantile_disc(x, p)"}},
	{"percentile", []string{"(x, p) AS quantile_cont(CAST(x AS DOUBLE), p)"}},
	{"count_if", []string{"(x) AS CAST(count_if(x) AS BIGINT)"}},
}

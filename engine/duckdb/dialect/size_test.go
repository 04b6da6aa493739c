package dialect_test

import (
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/engine/duckdb/dialect"
)

// pieces are what large statements are made of: each one was, or could be, a
// reason to look at the text again and again.
var pieces = map[string][2]string{
	"a list of numbers":     {"select 1", ", 1"},
	"names":                 {"select a", ", `b c`.\"d\""},
	"strings":               {`select 'a'`, `, 'it\'s' , "x"`},
	"strings in a row":      {"select 'a'", " 'b'\n"},
	"opening parentheses":   {"select ", "("},
	"closing parentheses":   {"select 1", ")"},
	"pairs":                 {"select 1", " + (1)"},
	"calls":                 {"select ", "nvl("},
	"casts":                 {"select 1", ", cast(a as int)"},
	"open casts":            {"select ", "cast(a as int, "},
	"brackets":              {"select a", "[1]"},
	"open brackets":         {"select a", "[b"},
	"div":                   {"select 1", " div 2"},
	"xor":                   {"select 1", " ^ 2"},
	"a long sum":            {"select '1'", " + 1"},
	"intervals":             {"select date '2024-01-01'", " + interval 1 day"},
	"like":                  {"select a", " like 'x\\%'"},
	"like all":              {"select a", " like all ('a', 'b')"},
	"like any":              {"select a", " like any ('a', 'b')"},
	"rlike":                 {"select a", " rlike b"},
	"lateral views":         {"select a from t", " lateral view explode(a) b as c"},
	"group by":              {"select a from t", " group by a with rollup"},
	"distribute by":         {"select a from t", " distribute by a"},
	"structs":               {"select ", "struct(a, "},
	"distinct counts":       {"select 1", ", count(distinct a, b)"},
	"lambdas":               {"select 1", ", zip_with(a, b, (x, y) -> x)"},
	"values":                {"select * from values (1)", ", (1)"},
	"comments":              {"select 1", " /* x */ -- y\n"},
	"open comments":         {"select 1", " /* "},
	"variables":             {"select 1", " ${x}"},
	"open variables":        {"select 1", " ${"},
	"nulls":                 {"select null", ", null as a"},
	"sums":                  {"select 1", ", sum(a)"},
	"dots":                  {"select a", ".b"},
	"dollars":               {"select 1", " $a"},
	"rows":                  {"insert into t values (1)", ", (1, 'a')"},
	"overwriting":           {"insert overwrite table t select 1", ", a"},
	"columns":               {"create table t (a int", ", b array<int> comment 'x'"},
	"types":                 {"create table t (a ", "array<"},
	"properties":            {"alter table t set tblproperties ('a' = 'b'", ", 'c' = 'd'"},
	"partitions":            {"alter table t drop partition (a = 1)", ", partition (a = 1)"},
	"merging":               {"merge into t using s on a = b", " when matched then update set *"},
	"semicolons":            {"select 1", ";"},
	"operators":             {"select 1", "<=>!"},
	"quotes of every kind":  {"select 1", "''``\"\""},
	"bytes that are no use": {"select ", "\\ @ # "},
}

// TestLargeTextsTakeTheirTime translates two texts, the second eight times as long:
// it may take eight times the memory with some to spare, not sixty-four times. The
// processor's time is shown and fails nothing.
func TestLargeTextsTakeTheirTime(t *testing.T) {
	const size = 30_000
	for name, p := range pieces {
		t.Run(name, func(t *testing.T) {
			s := dialect.NewSession(map[string]string{"y": "1"}, nil, dialect.Options{Hive: true})
			small, quick := cost(s, p, size)
			large, slow := cost(s, p, 8*size)
			t.Logf("%v and %v, %d kB and %d kB, for texts of %d kB and %d kB", quick, slow, small>>10, large>>10, size>>10, 8*size>>10)
			require.Less(t, large, 20*small+1<<20)
		})
	}
}

// cost translates and tells the bytes that it took and the time of the processor.
func cost(s *dialect.Session, p [2]string, size int) (uint64, time.Duration) {
	sql := p[0] + strings.Repeat(p[1], size/len(p[1]))
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := threadTime()
	_, _ = s.Translate(sql, nil) // what is wrong with the text is another test's
	took := threadTime() - start
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc, took
}

// threadTime is the time that the processor has spent on this thread.
func threadTime() time.Duration {
	var r syscall.Rusage
	const thread = 1 // RUSAGE_THREAD
	if syscall.Getrusage(thread, &r) != nil {
		return 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// BenchmarkTenMegabytes prints what texts of 10 MB take, for the kinds that take
// most: microseconds a kilobyte, and how many times as long as 1 MB, which is 10 for
// a linear walk.
func BenchmarkTenMegabytes(b *testing.B) {
	const size = 10 << 20
	for _, name := range []string{"strings", "rows", "partitions", "like all", "distinct counts", "lambdas"} {
		p := pieces[name]
		b.Run(name, func(b *testing.B) {
			s := dialect.NewSession(map[string]string{"y": "1"}, nil, dialect.Options{Hive: true})
			var quick, slow time.Duration
			for b.Loop() {
				_, q := cost(s, p, size/10)
				_, l := cost(s, p, size)
				quick, slow = quick+q, slow+l
			}
			b.ReportMetric(float64(slow.Microseconds())/float64(b.N)/(size>>10), "us/kB")
			b.ReportMetric(float64(slow)/float64(quick), "times-1MB")
		})
	}
}

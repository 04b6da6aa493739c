package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// endless runs for hours unless somebody ends it.
const endless = "select count(*) from range(1000000) a(i), range(1000000) b(j) where i * j % 7 = 3"

// beelines are the class paths of the two generations.
func beelines(t *testing.T) map[string]string {
	t.Helper()
	spark, err := filepath.Glob(filepath.Join(need(t, "clients", ".cache", "venv"), "lib/python3*/site-packages/pyspark/jars"))
	require.NoError(t, err)
	require.Len(t, spark, 1, "run `make clients`")
	return map[string]string{
		"2.3": filepath.Join(spark[0], "*"),
		"3.1": filepath.Join(need(t, "clients", ".cache", "java", "beeline-3.1.3"), "*"),
	}
}

// forEachBeeline runs a test with each, in a schema of its own.
func forEachBeeline(t *testing.T, test func(t *testing.T, b beeline)) {
	t.Helper()
	g := server(t)
	for version, jars := range beelines(t) {
		t.Run(version, func(t *testing.T) {
			b := beeline{version: version, jars: jars, address: g.thrift}
			b.schema = "beeline_" + strings.ReplaceAll(version, ".", "_")
			test(t, b)
		})
	}
}

// beeline is one generation of it; options go on from the URL's database.
type beeline struct{ version, jars, address, schema, options string }

func (b beeline) args(more ...string) []string {
	return append([]string{
		"-Xmx512m", "-Djline.terminal=jline.UnsupportedTerminal", "-cp", b.jars, "org.apache.hive.beeline.BeeLine",
		"-u", "jdbc:hive2://" + b.address + "/default" + b.options, "-n", "tester", "-p", "secret",
	}, more...)
}

// run executes a script and returns what beeline wrote to its two outputs and
// whether it exited with 0.
func (b beeline) run(t *testing.T, script string) (out, messages string, ok bool) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "script.sql")
	require.NoError(t, os.WriteFile(file, []byte(script), 0o600))
	cmd := command(t, 2*time.Minute, "java", b.args(
		"--silent=false", "--outputformat=csv2", "--showHeader=true", "--verbose=false", "-f", file)...)
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir())
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	return stdout.String(), stderr.String(), err == nil
}

func TestBeelineWorksOnRealData(t *testing.T) {
	forEachBeeline(t, func(t *testing.T, b beeline) {
		data := need(t, "data", "data")
		table := func(name string) string {
			return fmt.Sprintf("create table %s as select * from read_csv('%s', nullstr='NA');\n", name, filepath.Join(data, name+".csv"))
		}
		out, messages, ok := b.run(t, strings.Join([]string{
			"drop schema if exists ", b.schema, " cascade;\ncreate schema ", b.schema, ";\nuse ", b.schema, ";\n",
			table("flights"), table("airlines"), table("airports"), table("planes"),
			"create table notes (id int, note string);\n",
			"insert into notes values (1, 'it''s'), (2, 'semi;colon');\n",
			"select 'flights', count(*) from flights;\n",
			"select 'notes', id, note from notes order by id;\n",
			"select 'busiest', a.name, count(*) as n from flights f join airlines a on f.carrier = a.carrier",
			" group by a.name order by n desc limit 1;\n",
			"select 'far', f.origin, p.name, max(f.distance) as d from flights f join airports p on f.dest = p.faa",
			" left join planes e using (tailnum) group by f.origin, p.name order by d desc limit 1;\n",
			"select `origin`, count(*) from `flights` group by `origin` order by 1;\n",
			"drop table notes;\n",
		}, ""))
		require.True(t, ok, "%s\n%s", out, messages)
		for _, want := range []string{
			"flights,336776", "notes,1,it's", "notes,2,semi;colon", "busiest,United Air Lines Inc.,58665",
			"far,JFK,Honolulu Intl,4983", "EWR,120835", "JFK,111279", "LGA,104662",
		} {
			assert.Contains(t, out, want, messages)
		}
	})
}

func TestBeelineCommands(t *testing.T) {
	forEachBeeline(t, func(t *testing.T, b beeline) {
		schema := b.schema + "_meta"
		out, messages, ok := b.run(t, strings.ReplaceAll(`drop schema if exists SCHEMA cascade;
create schema SCHEMA;
use SCHEMA;
create table birds (id int, name string, weight decimal(8,3));
create view big_birds as select * from birds where weight > 10;
!tables
!columns birds
!dbinfo
show tables;
describe birds;
`, "SCHEMA", schema))
		require.True(t, ok, "%s\n%s", out, messages)
		assert.Regexp(t, `(?m)^[^,\n]*,`+schema+`,birds,TABLE`, out, "!tables")
		assert.Regexp(t, `(?m)^[^,\n]*,`+schema+`,big_birds,VIEW`, out, "!tables")
		assert.Regexp(t, `(?m)^[^,\n]*,`+schema+`,birds,weight,3,.?DECIMAL`, out, "!columns")
		assert.Regexp(t, `(?m)^getDatabaseProductName\s+\S+`, out+messages, "!dbinfo")
		assert.Regexp(t, `(?m)^getDatabaseProductVersion\s+\S+`, out+messages, "!dbinfo")
		assert.Regexp(t, `(?m)^weight,.?decimal\(8,3\)`, out, "describe") // csv2 quotes with NUL
	})
}

func TestBeelineShowsErrors(t *testing.T) {
	forEachBeeline(t, func(t *testing.T, b beeline) {
		for sql, want := range map[string]string{
			"selec 1;":                      `Error: .*selec.*\(state=42601,code=\d+\)`,
			"select * from no_such_table;":  `Error: .*Table not found.*no_such_table.*\(state=42P01,code=\d+\)`,
			"select no_such from range(1);": `Error: .*no_such.*\(state=42703,code=\d+\)`,
		} {
			out, messages, ok := b.run(t, sql+"\n")
			assert.False(t, ok, "beeline must exit with an error")
			assert.Regexp(t, `(?s)`+want, out+messages)
			assert.NotContains(t, messages, "NullPointerException")
			assert.NotContains(t, messages, ".go:")
		}
	})
}

func TestBeelineShowsLogsWhileAStatementRuns(t *testing.T) {
	forEachBeeline(t, func(t *testing.T, b beeline) {
		// About two seconds of work, so that beeline asks for the log meanwhile.
		out, messages, ok := b.run(t, "select count(*) from range(30000) a(i), range(20000) b(j) where i * j % 7 = 3;\n")
		require.True(t, ok, "%s\n%s", out, messages)
		assert.Regexp(t, `(?m)^(INFO|\d\d\S* .*INFO) .+$`, messages)
	})
}

// TestBeelineKeepsOnAfterCtrlC types into beeline on a terminal: a statement that
// would run for hours, Ctrl-C, and the next statement.
func TestBeelineKeepsOnAfterCtrlC(t *testing.T) {
	forEachBeeline(t, func(t *testing.T, b beeline) {
		term := startOnTerminal(t, append([]string{"java"}, b.args("--outputformat=csv2")...)...)
		term.expect(`0: jdbc:hive2://[^>]*> $`, "a prompt")
		term.send(endless + ";\n")
		term.expect(`select count`, "the echo")
		time.Sleep(2 * time.Second) // it runs; there is nothing to see on the screen
		term.send("\x03")
		term.expect(`(?is)(cancel|interrupt).*0: jdbc:hive2://[^>]*> $`, "the word of its end and the next prompt")
		term.send("select 40 + 2 as answer;\n")
		term.expect(`(?s)answer\s+42\s`, "the answer to the next statement")
		term.send("!quit\n")
		term.wait()
	})
}

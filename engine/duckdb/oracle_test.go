package duckdb

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/engine"
	"github.com/nekomata-sql/nekomata/hive"
)

// golden is a question and what Spark, set up to answer as Hive does, said. The
// script testdata/oracle/oracle.py has made it.
type golden struct {
	SQL   string
	Error string
	Names []string
	Types []string
	Rows  [][]*string
}

// TestHiveAnswers asks the engine what was asked of the oracle: types and values
// are the same but for those in testdata/oracle/deliberate.txt, which has a reason
// for each. An entry there that isn't needed any more is an error as well.
func TestHiveAnswers(t *testing.T) {
	t.Parallel()
	const dir = "testdata/oracle"
	c := connect(t, start(t, Options{}))
	for line := range strings.Lines(read(t, filepath.Join(dir, "expressions.txt"))) {
		if sql, ok := strings.CutPrefix(line, "setup:"); ok {
			exec(t, c, sql)
		}
	}
	reasons := deliberate(t, filepath.Join(dir, "deliberate.txt"))
	all, same := 0, 0
	lines := bufio.NewScanner(strings.NewReader(read(t, filepath.Join(dir, "answers.jsonl"))))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var want golden
		require.NoError(t, json.Unmarshal(lines.Bytes(), &want))
		all++
		why := want.differs(t, c)
		reason, listed := reasons[want.SQL]
		delete(reasons, want.SQL)
		switch {
		case why == "":
			same++
			if listed {
				t.Errorf("%s\n\tis answered as Hive does: take it out of deliberate.txt (%s)", want.SQL, reason)
			}
		case !listed:
			t.Errorf("%s\n\t%s", want.SQL, why)
		}
	}
	require.NoError(t, lines.Err())
	require.Empty(t, reasons, "deliberate.txt names what nobody asks")
	require.Greater(t, all, 1500)
	t.Logf("%d of %d questions are answered as Hive does, %.1f %%", same, all, 100*float64(same)/float64(all))
	require.GreaterOrEqual(t, float64(same), 0.97*float64(all))
}

func read(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	require.NoError(t, err)
	return string(b)
}

// deliberate reads the list of differences: statement and reason, by " | ".
func deliberate(t *testing.T, file string) map[string]string {
	t.Helper()
	reasons := map[string]string{}
	for line := range strings.Lines(read(t, file)) {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		i := strings.LastIndex(line, " | ")
		require.Positive(t, i, "a reason is missing: %s", line)
		reasons[strings.TrimSpace(line[:i])] = line[i+3:]
	}
	return reasons
}

// differs tells how the engine's answer differs; "" when it doesn't.
func (g golden) differs(t *testing.T, c engine.Conn) string {
	t.Helper()
	names, types, rows, err := asText(t, c, g.SQL)
	switch {
	case g.Error != "" && err != nil:
		return ""
	case g.Error != "":
		return fmt.Sprintf("answered %v, Hive refuses it: %s", rows, g.Error)
	case err != nil:
		return err.Error()
	case !slices.Equal(types, g.Types):
		return fmt.Sprintf("types %v, Hive's %v", types, g.Types)
	case len(rows) != len(g.Rows):
		return fmt.Sprintf("%d rows, Hive's %d", len(rows), len(g.Rows))
	case g.Names != nil && !slices.EqualFunc(names, g.Names, sameName):
		return fmt.Sprintf("names %q, Hive's %q", names, g.Names)
	}
	for i, row := range g.Rows {
		for j, want := range row {
			if got := rows[i][j]; !sameValue(got, want, g.Types[j]) {
				return fmt.Sprintf("row %d, column %d: %s, Hive's %s", i, j, shown(got), shown(want))
			}
		}
	}
	return ""
}

// sameName leaves the names of columns without an alias free: they are made out of
// the reference's own form of the expression.
func sameName(got, want string) bool {
	return got == want || strings.ContainsAny(want, "([ ")
}

// sameValue allows for the last digits of a DOUBLE, which depend on the library of
// functions and on the order in which numbers are added up.
func sameValue(got, want *string, hiveType string) bool {
	if got == nil || want == nil {
		return got == want
	}
	if *got == *want {
		return true
	}
	if hiveType != "double" && hiveType != "array<double>" {
		return false
	}
	a, b := strings.Split(strings.Trim(*got, "[]"), ","), strings.Split(strings.Trim(*want, "[]"), ",")
	return slices.EqualFunc(a, b, func(a, b string) bool {
		x, err := strconv.ParseFloat(a, 64)
		y, other := strconv.ParseFloat(b, 64)
		return err == nil && other == nil && (x == y || math.Abs(x-y) <= 1e-13*max(math.Abs(x), math.Abs(y)))
	})
}

func shown(s *string) string {
	if s == nil {
		return "NULL"
	}
	return strconv.Quote(*s)
}

// asText asks and reads all in Hive's types and texts.
func asText(t *testing.T, c engine.Conn, sql string) (names, types []string, out [][]*string, err error) {
	t.Helper()
	rows, err := c.Run(t.Context(), engine.Statement{SQL: sql})
	if err != nil {
		return nil, nil, nil, err
	}
	defer rows.Close()
	if rows.Schema() == nil {
		return nil, nil, nil, nil
	}
	for _, f := range rows.Schema().Fields() {
		names, types = append(names, f.Name), append(types, hive.TypeName(f))
	}
	for {
		batch, err := rows.Next(t.Context())
		if errors.Is(err, io.EOF) {
			return names, types, out, nil
		}
		if err != nil {
			return nil, nil, nil, err
		}
		for i := range int(batch.NumRows()) {
			row := make([]*string, batch.NumCols())
			for j := range row {
				if col := batch.Column(j); !hive.IsNull(col, i) {
					s := string(hive.AppendText(nil, col, i))
					row[j] = &s
				}
			}
			out = append(out, row)
		}
		batch.Release()
	}
}

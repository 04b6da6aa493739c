package env_test

import (
	"encoding/base64"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func shortened(sql string) string {
	sql = strings.ReplaceAll(sql, "|", "/")
	if len(sql) > 160 {
		sum := base64.RawURLEncoding.EncodeToString([]byte(sql[len(sql)-12:]))
		sql = strings.ToValidUTF8(sql[:120], "") + "..." + sum
	}
	return sql
}

// readReasons reads the list: client, statement and reason, by " | ".
func readReasons(t *testing.T, file string) map[string]string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		require.True(t, *listRefused, err)
	}
	reasons := map[string]string{}
	for line := range strings.Lines(string(b)) {
		if cells := strings.SplitN(strings.TrimSpace(line), " | ", 3); len(cells) == 3 {
			reasons[cells[0]+" | "+cells[1]] = cells[2]
		}
	}
	return reasons
}

// report logs the share that was answered as recorded.
func report(t *testing.T, what string, list []outcome, group func(outcome) string) {
	t.Helper()
	all, good := map[string]int{}, map[string]int{}
	for _, o := range list {
		for _, k := range []string{group(o), "all"} {
			all[k]++
			if o.why == "" {
				good[k]++
			}
		}
	}
	var lines []string
	for k := range all {
		lines = append(lines, fmt.Sprintf("%-20s %4d of %4d, %5.1f %%", k, good[k], all[k], 100*float64(good[k])/float64(all[k])))
	}
	slices.Sort(lines)
	t.Logf("%s answered as recorded:\n%s", what, strings.Join(lines, "\n"))
}

package config

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestParseDuration(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]time.Duration{
		"PT5S": 5 * time.Second, "pt5s": 5 * time.Second, "PT0.2S": 200 * time.Millisecond,
		"P30D": 720 * time.Hour, "P1DT2H3M4.000000005S": 26*time.Hour + 3*time.Minute + 4*time.Second + 5,
		"PT90M": 90 * time.Minute, "PT0S": 0, "0": 0, "5000": 5 * time.Second, "-1": -time.Millisecond,
		"5s": 5 * time.Second, "1h30m": 90 * time.Minute, "150ms": 150 * time.Millisecond,
	} {
		got, err := ParseDuration(in)
		require.NoError(t, err, in)
		require.Equal(t, want, got, in)
	}
	for _, in := range []string{
		"", "P", "PT", "P1DT", "P1Y", "P1M", "PT-5S", "-PT5S", "5 s", "5min", "PT5", "PT1.5M", "forever",
		"P999999999D", "P99999999999999999999D", "9999999999999999", "PT0.0000000001S", "P106751DT24H",
	} {
		_, err := ParseDuration(in)
		require.Error(t, err, in)
	}
}

func TestDurationsComeBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := time.Duration(rapid.Int64().Draw(t, "d"))
		got, err := ParseDuration(FormatDuration(d))
		if err != nil || got != d {
			t.Fatalf("%s became %s, %v", FormatDuration(d), got, err)
		}
	})
}

func TestFormatDuration(t *testing.T) {
	t.Parallel()
	for want, d := range map[string]time.Duration{
		"PT0S": 0, "PT5S": 5 * time.Second, "PT0.15S": 150 * time.Millisecond, "PT6H": 6 * time.Hour,
		"PT1H30M": 90 * time.Minute, "P30D": 720 * time.Hour, "PT25H": 25 * time.Hour, "PT0.000000001S": 1,
	} {
		require.Equal(t, want, FormatDuration(d))
	}
}

func TestParseBytes(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]int64{
		"0": 0, "104857600": 100 << 20, "64k": 64 << 10, "64KB": 64 << 10, "64KiB": 64 << 10, "1g": 1 << 30,
		"1 GiB": 1 << 30, "2T": 2 << 40, "12b": 12, "-1": -1,
	} {
		got, err := ParseBytes(in)
		require.NoError(t, err, in)
		require.Equal(t, want, got, in)
	}
	for _, in := range []string{"", "k", "1.5g", "1x", "1kk", "9999999p", "99999999999999999999", "1-", "--1", "80%"} {
		_, err := ParseBytes(in)
		require.Error(t, err, in)
	}
}

func TestBytesComeBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64().Draw(t, "n")
		if rapid.Bool().Draw(t, "round") {
			n = n >> 50 << 20
		}
		got, err := ParseBytes(FormatBytes(n))
		if err != nil || got != n {
			t.Fatalf("%d became %s, %d, %v", n, FormatBytes(n), got, err)
		}
	})
	require.Equal(t, "100MiB", FormatBytes(100<<20))
	require.Equal(t, "1GiB", FormatBytes(1<<30))
	require.Equal(t, "1025", FormatBytes(1025))
}

func TestDistance(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		a, b string
		want int
	}{
		{"", "", 0},
		{"abc", "abc", 0},
		{"abc", "abd", 1},
		{"abc", "acb", 1},
		{"abc", "ab", 1},
		{"abc", "xabc", 1},
		{"kitten", "sitting", 3},
		{"abc", "xyz", 3},
		{"abcdefgh", "a", 5}, // cut off at the limit
	} {
		require.Equal(t, tc.want, distance(tc.a, tc.b, 5), "%s %s", tc.a, tc.b)
	}
	require.Equal(t, "horse", nearest("hrose", []string{"house", "horse"}))
	require.Empty(t, nearest("elephant", []string{"cat"}))
}

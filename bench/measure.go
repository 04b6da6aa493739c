package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// drivers are the versions of Hive's JDBC driver that measure. 4.0.1 asks for the
// status before every row when a server doesn't say hasResultSet, 3.1.3 never does.
var drivers = []string{"4.0.1", "3.1.3", "4.1.0"}

// client is the compiled Java program by driver version: its class path.
type client map[string]string

// compile builds java/Bench.java against each driver.
func compile(ctx context.Context, root, work string) (client, error) {
	c := client{}
	for _, version := range drivers {
		jars := filepath.Join(root, ".cache", "java", "hive-jdbc-"+version, "*")
		classes := filepath.Join(work, "classes-"+version)
		cmd := exec.CommandContext(ctx, "javac", "-nowarn", "-d", classes, "-cp", jars, filepath.Join(root, "bench/java/Bench.java"))
		if out, err := cmd.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("javac: %w\n%s", err, out)
		}
		c[version] = classes + ":" + jars
	}
	return c, nil
}

// run makes one measurement in a JVM of its own, whose parts are bounded by
// seconds, and returns what it printed.
func (c client) run(ctx context.Context, version string, t *target, what string, seconds int) (map[string]float64, error) {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	args := []string{"-Xmx2g", "-cp", c[version], "Bench", t.address(), t.user + " " + version, what, t.rowsSQL, strconv.Itoa(rowCount), strconv.Itoa(seconds)}
	cmd := exec.CommandContext(ctx, "java", args...)
	var errors strings.Builder
	cmd.Stderr = &errors
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s, %s with driver %s: %w\n%s", t.name, what, version, err, errors.String())
	}
	values := map[string]float64{}
	for line := range strings.Lines(string(out)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		if values[name], err = strconv.ParseFloat(value, 64); err != nil {
			return nil, fmt.Errorf("the client said %q", line)
		}
	}
	return values, nil
}

// measureStarts measures start to first session, and the memory of an idle server.
func measureStarts(ctx context.Context, t *target, results *results, times int) error {
	if t.starts > 0 {
		times = min(times, t.starts)
	}
	for range times {
		began := time.Now()
		if err := t.start(ctx); err != nil {
			return err
		}
		results.add("start to first session (ms)", t, float64(time.Since(began).Microseconds())/1000)
		select {
		case <-time.After(2 * time.Second): // it settles
		case <-ctx.Done():
		}
		results.add("idle RSS (MB)", t, t.rss())
		if err := t.stop(); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// measurement is what a client measures with one driver.
type measurement struct {
	what, driver string
	rows         [][2]string // what the client says, the table's row
}

func measurements() []measurement {
	all := []measurement{
		{"select1", drivers[0], [][2]string{
			{"p50", "`select 1`, warm connection, p50 (ms)"}, {"p99", "`select 1`, warm connection, p99 (ms)"},
		}},
		{"session", drivers[0], [][2]string{{"p50", "open and close a session, p50 (ms)"}}},
		{"many", drivers[0], [][2]string{{"persecond", "64 connections, `select 1` (per second)"}}},
	}
	for _, driver := range drivers {
		all = append(all, measurement{"rows", driver, [][2]string{
			{"persecond", fmt.Sprintf("fetch 2 M rows × 4 columns, driver %s (rows per second)", driver)},
			{"cpu", fmt.Sprintf("the same and 0.3 M more, driver %s (CPU seconds of the server)", driver)},
		}})
	}
	return all
}

// record lets the replaying server hear what the gateway says to each driver.
func record(ctx context.Context, java client, replay *target) error {
	recorder := *replay
	recorder.user = "record"
	for _, driver := range drivers {
		fmt.Fprintf(os.Stderr, "recording the answers to driver %s\n", driver)
		if _, err := java.run(ctx, driver, &recorder, "record", 60); err != nil {
			return err
		}
	}
	return nil
}

// measureRounds measures everything in turn, and each round begins with another
// server.
func measureRounds(ctx context.Context, java client, targets []*target, results *results, o options) error {
	all := slices.DeleteFunc(measurements(), func(m measurement) bool { return o.only != "" && o.only != m.what })
	for round := range o.rounds {
		for _, m := range all {
			for i := range targets {
				t := targets[(i+round)%len(targets)]
				fmt.Fprintf(os.Stderr, "round %d of %d: %s, %s, driver %s\n", round+1, o.rounds, m.what, t.name, m.driver)
				before := t.cpu()
				values, err := java.run(ctx, m.driver, t, m.what, clientSeconds)
				if err != nil {
					return err
				}
				values["cpu"] = t.cpu() - before
				for _, row := range m.rows {
					results.add(row[1], t, values[row[0]])
				}
			}
		}
	}
	return nil
}

// clientSeconds bounds the warming up of a measurement, and then the measurement.
const clientSeconds = 8

package main

import (
	"context"
	"errors"
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

// client is the compiled Java program.
type client struct {
	classPaths map[string]string // by the driver's version
	cores      *cores            // where it runs
}

// compile builds java/Bench.java against each driver.
func compile(ctx context.Context, root, work string) (*client, error) {
	cores, err := partCores()
	if err != nil {
		return nil, err
	}
	c := &client{map[string]string{}, cores}
	for _, version := range drivers {
		jars := filepath.Join(root, ".cache", "java", "hive-jdbc-"+version, "*")
		classes := filepath.Join(work, "classes-"+version)
		cmd := exec.CommandContext(ctx, "javac", "-nowarn", "-d", classes, "-cp", jars, filepath.Join(root, "bench/java/Bench.java"))
		if out, err := cmd.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("javac: %w\n%s", err, out)
		}
		c.classPaths[version] = classes + ":" + jars
	}
	return c, nil
}

// run makes a measurement once in a JVM of its own, whose parts are bounded by
// seconds, and returns what it printed.
func (c *client) run(ctx context.Context, m measurement, t *target, seconds int) (_ map[string]float64, err error) {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	mine := &c.cores.all
	if m.apart {
		if err := t.keepTo(&c.cores.server); err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, t.keepTo(&c.cores.all)) }()
		mine = &c.cores.client
	}
	cmd := exec.CommandContext(ctx, "java", "-Xmx2g", "-cp", c.classPaths[m.driver], "Bench",
		t.address(), t.user+" "+m.driver, m.what, t.rowsSQL, strconv.Itoa(rowCount), strconv.Itoa(seconds))
	var out, complaint strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &complaint
	err = startOn(cmd, mine)
	if err == nil {
		err = cmd.Wait()
	}
	if err != nil {
		return nil, fmt.Errorf("%s, %s with driver %s: %w\n%s", t.name, m.what, m.driver, err, complaint.String())
	}
	values := map[string]float64{}
	for line := range strings.Lines(out.String()) {
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
	apart        bool        // the server on one half of the cores, the client on the other
}

func measurements() []measurement {
	all := []measurement{
		{what: "select1", driver: drivers[0], rows: [][2]string{
			{"p50", "`select 1`, warm connection, p50 (ms)"}, {"p99", "`select 1`, warm connection, p99 (ms)"},
		}},
		{what: "sum", driver: drivers[0], rows: [][2]string{{"p50", "`select 1 + 0`, warm connection, p50 (ms)"}}},
		{what: "session", driver: drivers[0], rows: [][2]string{{"p50", "open and close a session, p50 (ms)"}}},
		{what: "many", driver: drivers[0], rows: [][2]string{{"persecond", "64 connections, `select 1` (per second)"}}},
		{what: "manysums", driver: drivers[0], rows: [][2]string{{"persecond", "64 connections, `select 1 + 0` (per second)"}}},
	}
	for _, driver := range drivers {
		all = append(all, measurement{what: "rows", driver: driver, rows: [][2]string{
			{"persecond", fmt.Sprintf("fetch 2 M rows × 4 columns, driver %s (rows per second)", driver)},
			{"cpu", fmt.Sprintf("the same and 0.3 M more, driver %s (CPU seconds of the server)", driver)},
		}})
	}
	for _, driver := range drivers {
		all = append(all, measurement{what: "rows", driver: driver, apart: true, rows: [][2]string{
			{"persecond", fmt.Sprintf("fetch 2 M rows × 4 columns, client and server on cores of their own, driver %s (rows per second)", driver)},
		}})
	}
	return all
}

// record lets the replaying server hear what the gateway says to each driver.
func record(ctx context.Context, java *client, replay *target) error {
	recorder := *replay
	recorder.user = "record"
	for _, driver := range drivers {
		fmt.Fprintf(os.Stderr, "recording the answers to driver %s\n", driver)
		if _, err := java.run(ctx, measurement{what: "record", driver: driver}, &recorder, 60); err != nil {
			return err
		}
	}
	return nil
}

// measureRounds measures everything in turn, and each round begins with another
// server.
func measureRounds(ctx context.Context, java *client, targets []*target, results *results, o options) error {
	all := slices.DeleteFunc(measurements(), func(m measurement) bool {
		return o.only != "" && o.only != m.what || m.apart && java.cores.server.Count() == 0
	})
	for round := range o.rounds {
		for _, m := range all {
			for i := range targets {
				t := targets[(i+round)%len(targets)]
				fmt.Fprintf(os.Stderr, "round %d of %d: %s, %s, driver %s\n", round+1, o.rounds, m.what, t.name, m.driver)
				before := t.cpu()
				values, err := java.run(ctx, m, t, clientSeconds)
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

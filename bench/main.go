// Command bench measures the gateway beside Spark's own Thrift server and beside a
// server that has its answers ready: the same Java client, the same machine,
// interleaved rounds, medians. `make bench` runs it.
//
// It must not import what serves: it starts the built program as a user would.
// All traffic stays on the loopback interface, bounded in count and time.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
)

// options are the flags.
type options struct {
	rounds, starts int
	spark          bool
	thrift, rest   bool
	replay         bool
	crowd          bool
	bare           string
	recorded       string
	upstream       string
	only           string
	out            string
	root           string
}

func main() {
	var o options
	flag.IntVar(&o.rounds, "rounds", 3, "how often each measurement is made")
	flag.IntVar(&o.starts, "starts", 5, "how often the gateway is started for its start time")
	flag.BoolVar(&o.spark, "spark", true, "measure Spark's Thrift server too")
	flag.BoolVar(&o.thrift, "thrift", true, "measure Thrift, by Hive's JDBC driver")
	flag.StringVar(&o.only, "only", "", "of what is measured by JDBC only this: select1, sum, session, many, manysums or rows")
	flag.BoolVar(&o.replay, "prepared", true, "measure a server that replays prepared bytes too, which is the client's own ceiling")
	flag.BoolVar(&o.crowd, "crowd", true, "measure 1,000 busy sessions and 10,000 idle connections")
	flag.BoolVar(&o.rest, "rest", true, "measure REST, by wrk")
	flag.StringVar(&o.bare, "bare", "", "serve net/http alone at this address, to compare with")
	flag.StringVar(&o.recorded, "replay", "", "serve prepared bytes at this address, to compare with")
	flag.StringVar(&o.upstream, "upstream", "", "where -replay has them from")
	flag.StringVar(&o.out, "out", ".cache/bench.md", "a file for the table, beside standard output")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, o)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) (err error) {
	if o.bare != "" {
		return serveBare(ctx, o.bare)
	}
	if o.recorded != "" {
		return serveReplay(ctx, o.recorded, o.upstream)
	}
	if o.root, err = os.Getwd(); err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "nekomata-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	if err := os.MkdirAll(filepath.Dir(o.out), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(o.out, nil, 0o644); err != nil {
		return err
	}
	if o.thrift {
		err = measureThrift(ctx, o, work)
	}
	if err == nil && o.crowd {
		err = measureCrowd(ctx, o, work)
	}
	if err == nil && o.rest {
		err = measureREST(ctx, o, work)
	}
	return err
}

// measureThrift measures the gateway beside Spark's Thrift server.
func measureThrift(ctx context.Context, o options, work string) (err error) {
	java, err := compile(ctx, o.root, work)
	if err != nil {
		return err
	}

	targets := []*target{nekomata(o.root, filepath.Join(work, "nekomata"))}
	if o.spark {
		spark, err := sparkThriftServer(o.root, filepath.Join(work, "spark"))
		if err != nil {
			return err
		}
		targets = append(targets, spark)
	}
	results := newResults(targets)
	for _, t := range targets {
		if err := measureStarts(ctx, t, results, o.starts); err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
	}
	defer func() {
		for _, t := range targets {
			err = errors.Join(err, t.stop())
		}
	}()
	for _, t := range targets {
		if err := t.start(ctx); err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
	}
	if o.replay {
		replay, err := startReplay(ctx, targets[0])
		if err != nil {
			return err
		}
		targets = slices.Insert(targets, 1, replay)
		results.targets = targets
		if err := record(ctx, java, replay); err != nil {
			return err
		}
	}
	if err := measureRounds(ctx, java, targets, results, o); err != nil {
		return err
	}
	for _, t := range targets {
		results.add("RSS after the load (MB)", t, t.rss())
	}
	return report(o, targets, results)
}

package main

import (
	"context"
	"log/slog"
	"os"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/nekomata-sql/nekomata/config"
	"github.com/nekomata-sql/nekomata/internal/sysmon"
	"github.com/nekomata-sql/nekomata/server"
)

func newServe(p *program) *cobra.Command {
	var s settings
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Start the gateway",
		Long: `Start the gateway and serve until SIGTERM, SIGINT or SIGHUP.

It needs no configuration: Thrift on port 10009, REST on 10099, metrics on 10019,
for clients on this machine only. When it is ready it prints what is listening and
lines to try. The log goes to standard error.

The first of these signals stops it in order: no new sessions, running operations may
end within kyuubi.server.stop.grace, exit code 0. A second one ends it at once, with
exit code 143, 130 or 129.`,
		Example: `  nekomata serve
  nekomata serve --data-dir /var/lib/nekomata --config /etc/nekomata/kyuubi-defaults.conf
  nekomata serve --conf kyuubi.frontend.rest.bind.port=0 --conf kyuubi.engine.duckdb.path=flights.db
  NEKOMATA_KYUUBI_FRONTEND_BIND_HOST=0.0.0.0 nekomata serve`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := s.load(p)
			if err != nil {
				return err
			}
			return p.serve(cmd.Context(), c, func() (*config.Config, error) { return s.load(p) })
		},
	}
	s.register(cmd)
	return cmd
}

func (p *program) serve(ctx context.Context, c *config.Config, reload func() (*config.Config, error)) error {
	log, flush := newLog(p.err, c)
	defer flush()
	defer newBallast().stop()
	go slackenMonitor(log)
	ctx, stop := p.untilSignal(ctx, log, flush)
	defer stop()
	self, err := os.Executable()
	if err != nil {
		return err
	}
	srv, err := server.New(server.Options{Config: c, Reload: reload, Program: self, Version: version, Log: log, Out: p.out})
	if err != nil {
		return err
	}
	return srv.Run(ctx, func() {})
}

// monitorSlack is by how much the runtime's monitor may look later than it means to. A
// goroutine that waits for the processor of one that is in C waits as long.
const monitorSlack = 500 * time.Microsecond

// slackenMonitor saves the CPU of most of the monitor's looks; see docs/adr/0025.
func slackenMonitor(log *slog.Logger) {
	if err := sysmon.Slacken(monitorSlack); err != nil {
		log.Debug("the runtime's monitor looks as often as ever", "error", err)
	}
}

// untilSignal returns a context that the first signal ends; a second signal ends
// the program, after a flush of the log. Call stop when it is no longer needed.
func (p *program) untilSignal(ctx context.Context, log *slog.Logger, flush func()) (_ context.Context, stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	over, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for first := true; ; first = false {
			select {
			case <-over:
				return
			case s := <-p.signals:
				if !first {
					flush()
					p.exit(128 + number(s))
					return
				}
				log.Info("stopping; a second signal ends at once", "signal", s.String())
				cancel()
			}
		}
	}()
	return ctx, func() {
		cancel()
		close(over)
		<-done
	}
}

func number(s os.Signal) int {
	if n, ok := s.(syscall.Signal); ok {
		return int(n)
	}
	return 0
}

package main

import (
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/nekomata-sql/nekomata/server"
)

// newRunSQL is the process of one SQL batch.
func newRunSQL(p *program) *cobra.Command {
	return &cobra.Command{
		Use:    server.RunSQLArgument + " FILE",
		Short:  "Run the script of one SQL batch; started by the gateway only",
		Hidden: true,
		Args:   cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, stop := p.untilSignal(cmd.Context(), slog.New(slog.DiscardHandler), func() {})
			defer stop()
			return server.RunSQL(ctx, args[0], p.out)
		},
	}
}

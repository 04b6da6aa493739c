package main

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/nekomata-sql/nekomata/server"
)

// newSupervise is what the gateway starts for each of its batches' processes.
func newSupervise(p *program) *cobra.Command {
	return &cobra.Command{
		Use:    server.SuperviseArgument,
		Short:  "Hold the process of one batch; started by the gateway only",
		Hidden: true,
		Args:   noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return server.Supervise(cmd.Context(), os.Stdin, p.out)
		},
	}
}

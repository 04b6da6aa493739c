package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/nekomata-sql/nekomata/config"
)

func newConfig(p *program) *cobra.Command {
	var (
		s           settings
		all, asJSON bool
	)
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Show the settings in effect and where each came from",
		Long: `Show the settings that serve would run with, given the same flags, files and
environment: their values, secrets hidden, and where each came from. It starts
nothing, and fails as serve would when something is wrong.`,
		Example: `  nekomata config                                   # what somebody has set
  nekomata config --all                             # with the defaults
  nekomata config --config kyuubi-defaults.conf --json`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error {
			c, err := s.load(p)
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(p.out, c, all)
			}
			for _, w := range c.Warnings() {
				_, _ = fmt.Fprintln(p.err, "warning:", w)
			}
			return writeTable(p.out, c.Values(all))
		},
	}
	s.register(cmd)
	cmd.Flags().BoolVar(&all, "all", false, "also the settings that have their defaults")
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON, warnings included")
	return cmd
}

// oneLine keeps a value in its cell.
var oneLine = strings.NewReplacer("\n", `\n`, "\r", `\r`, "\t", `\t`)

func writeTable(w io.Writer, values []config.Value) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	rows := []config.Value{{Key: "KEY", Value: "VALUE", Source: "SOURCE"}}
	for _, v := range append(rows, values...) {
		if _, err := fmt.Fprintf(t, "%s\t%s\t%s\n", v.Key, oneLine.Replace(v.Value), v.Source); err != nil {
			return err
		}
	}
	return t.Flush()
}

func writeJSON(w io.Writer, c *config.Config, all bool) error {
	doc := struct {
		Settings []config.Value `json:"settings"`
		Warnings []string       `json:"warnings"`
	}{c.Values(all), c.Warnings()}
	if doc.Settings == nil {
		doc.Settings = []config.Value{}
	}
	if doc.Warnings == nil {
		doc.Warnings = []string{}
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(doc)
}

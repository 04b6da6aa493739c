package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nekomata-sql/nekomata/config"
)

// Exit codes. A second signal ends the program with 128 and the signal's number.
const (
	exitOK      = 0
	exitFailure = 1
	exitUsage   = 2
)

// usageError is a command line that can't be understood.
type usageError struct{ error }

func newRoot(p *program) *cobra.Command {
	root := &cobra.Command{
		Use:   "nekomata",
		Short: "A SQL gateway for HiveServer2 and Kyuubi clients",
		Long: `Nekomata is a SQL gateway: one process that speaks HiveServer2's Thrift protocol
(beeline, JDBC, PyHive) and Kyuubi's REST API, with DuckDB inside.

Exit codes: 0 done, 1 failed, 2 wrong command line; 129, 130 and 143 when a second
SIGHUP, SIGINT or SIGTERM ended it at once.`,
		Example: `  nekomata serve                          # start with the defaults
  nekomata serve --data-dir /tmp/neko     # keep all state there
  nekomata config --all                   # every setting, and where its value came from`,
		Version:       version,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			return unknownCommand(cmd, args[0])
		},
	}
	root.SuggestionsMinimumDistance = 2
	root.SetOut(p.out)
	root.SetErr(p.err)
	root.SetVersionTemplate("nekomata {{.Version}}\n")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usageError{fmt.Errorf("%w; see %s --help", err, cmd.CommandPath())}
	})
	root.AddCommand(newServe(p), newConfig(p), newVersion(p), newSupervise(p), newRunSQL(p))
	return root
}

func unknownCommand(cmd *cobra.Command, name string) error {
	if near := cmd.SuggestionsFor(name); len(near) > 0 {
		return usageError{fmt.Errorf("unknown command %q; did you mean %s?", name, strings.Join(near, " or "))}
	}
	return usageError{fmt.Errorf("unknown command %q; see nekomata --help", name)}
}

// noArgs refuses arguments that are no flags.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError{fmt.Errorf("%s takes no argument such as %q; see %s --help", cmd.CommandPath(), args[0], cmd.CommandPath())}
	}
	return nil
}

// settings are the flags that say where the configuration comes from.
type settings struct {
	dataDir string
	files   []string
	conf    []string
	cmd     *cobra.Command
}

func (s *settings) register(cmd *cobra.Command) {
	s.cmd = cmd
	f := cmd.Flags()
	f.StringVar(&s.dataDir, "data-dir", "",
		"`DIR` for all state (default $XDG_STATE_HOME/nekomata or ~/.local/state/nekomata)")
	f.StringArrayVar(&s.files, "config", nil, "configuration `FILE` in the form of kyuubi-defaults.conf; may be repeated, later ones win")
	f.StringArrayVar(&s.conf, "conf", nil, "one setting, `KEY=VALUE`; may be repeated, wins over files and environment")
}

// check refuses what could only be a slip, such as a variable of a script that is empty.
func (s *settings) check() error {
	var bad []error
	refuse := func(format string, args ...any) {
		bad = append(bad, usageError{fmt.Errorf(format+"; see %s --help", append(args, s.cmd.CommandPath())...)})
	}
	if s.cmd.Flags().Changed("data-dir") && strings.TrimSpace(s.dataDir) == "" {
		refuse("--data-dir is empty: name a directory, or leave the flag out for the default")
	}
	for _, setting := range s.conf {
		if key, _, ok := strings.Cut(setting, "="); !ok || strings.TrimSpace(key) == "" {
			refuse("--conf %s: write it as key=value", setting)
		}
	}
	return errors.Join(bad...)
}

func (s *settings) load(p *program) (*config.Config, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	return config.Load(config.Sources{Files: s.files, Environ: p.environ, Flags: s.conf, DataDir: s.dataDir})
}

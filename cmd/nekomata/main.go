// Command nekomata is a SQL gateway: HiveServer2's Thrift protocol and Kyuubi's
// REST API in front of one engine.
//
// It must hold nothing but the command line: flags, help texts, signals and exit
// codes.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// version is set by the linker.
var version = "dev"

// program is what a command may touch of the world.
type program struct {
	out, err io.Writer
	environ  []string
	signals  <-chan os.Signal
	exit     func(code int)
}

func main() {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // as under nohup
		signal.Notify(signals, syscall.SIGHUP)
	}
	p := &program{out: os.Stdout, err: os.Stderr, environ: os.Environ(), signals: signals, exit: os.Exit}
	os.Exit(p.run(context.Background(), os.Args[1:]))
}

// run executes the command that args name and returns the exit code. Errors are
// written one to a line.
func (p *program) run(ctx context.Context, args []string) int {
	root := newRoot(p)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	out := &lateWriter{out: p.err} // which does not wait for ever
	for line := range strings.SplitSeq(sentence(err), "\n") {
		_, _ = fmt.Fprintln(out, "nekomata:", line)
	}
	out.flush()
	if errors.As(err, new(usageError)) {
		return exitUsage
	}
	return exitFailure
}

// sentence is what to tell a person: an error of ours without its cause, which the
// message has already told in words; of several a line each.
func sentence(err error) string {
	if all, ok := err.(interface{ Unwrap() []error }); ok {
		var lines []string
		for _, one := range all.Unwrap() {
			lines = append(lines, sentence(one))
		}
		return strings.Join(lines, "\n")
	}
	var e *sqlerr.Error
	if errors.As(err, &e) && e.Kind != sqlerr.Internal && strings.HasSuffix(err.Error(), e.Error()) {
		return strings.TrimSuffix(err.Error(), e.Error()) + e.Message
	}
	return err.Error()
}

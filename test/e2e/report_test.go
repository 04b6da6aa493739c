package e2e

import (
	"bufio"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// command prepares a client program that is ended after the time given.
func command(t *testing.T, limit time.Duration, name string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	timer := time.AfterFunc(limit, func() {
		if cmd.Process != nil {
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		}
	})
	t.Cleanup(func() { timer.Stop() })
	return cmd
}

// runReport runs a client program that prints "ok NAME", "FAIL NAME: why" and at
// the end "done N", and makes each line a subtest; other lines are notes on the case
// that comes next. A program that dies in between
// fails the test that called.
func runReport(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	var errors strings.Builder
	cmd.Stderr = &errors
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	cases, done := 0, ""
	var notes []string
	for lines := bufio.NewScanner(out); lines.Scan(); {
		line := lines.Text()
		kind, rest, _ := strings.Cut(line, " ")
		switch kind {
		case "ok", "FAIL":
			cases++
			name, why, _ := strings.Cut(rest, ": ")
			said := notes
			notes = nil
			t.Run(name, func(t *testing.T) {
				t.Helper()
				if kind == "FAIL" {
					t.Errorf("%s\n%s", why, strings.Join(said, "\n"))
				} else if testing.Verbose() {
					t.Log(strings.Join(said, "\n"))
				}
			})
		case "done":
			done = rest
		default:
			notes = append(notes, line)
		}
	}
	if err := cmd.Wait(); err != nil || done != strconv.Itoa(cases) || cases == 0 {
		t.Errorf("the client ended after %d cases (said %q) with %v\n%s\n%s", cases, done, err, strings.Join(notes, "\n"), errors.String())
	}
}

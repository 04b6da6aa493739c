package e2e

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"
)

// gateway is a running `nekomata serve`.
type gateway struct {
	dir                   string
	thrift, rest, metrics string // host:port
	http                  string // host:port of Thrift over HTTP, where it is on
	cmd                   *exec.Cmd
	exited                chan struct{}
	exit                  error // valid after exited is closed
	mu                    sync.Mutex
	output                bytes.Buffer
}

// listening finds the lines by which serve tells its addresses.
var listening = regexp.MustCompile(`(?m)^\s*(thrift|http|rest|metrics)\s+(?:https?://)?([\w.\[\]:]+:\d+)`)

// start runs the gateway on free ports with its data in dir and waits until it
// tells its addresses.
func start(dir string, conf ...string) (*gateway, error) {
	g, err := launch(dir, conf...)
	if err != nil {
		return nil, err
	}
	deadline := time.After(30 * time.Second)
	for {
		if g.findAddresses() {
			return g, nil
		}
		select {
		case <-g.exited:
			return nil, fmt.Errorf("the gateway ended at once: %w\n%s", g.exit, g.tail())
		case <-deadline:
			_ = g.cmd.Process.Kill()
			return nil, fmt.Errorf("the gateway told no addresses:\n%s", g.tail())
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// launch runs the gateway and doesn't wait for anything.
func launch(dir string, conf ...string) (*gateway, error) {
	path, err := program()
	if err != nil {
		return nil, err
	}
	g := &gateway{dir: dir, exited: make(chan struct{})}
	args := []string{"serve", "--data-dir", dir}
	for _, kv := range append([]string{
		"kyuubi.frontend.thrift.binary.bind.port=0",
		"kyuubi.frontend.thrift.http.bind.port=0",
		"kyuubi.frontend.rest.bind.port=0",
		"kyuubi.metrics.prometheus.port=0",
		"kyuubi.engine.duckdb.allowed.directories=" + filepath.Join(root, "data"),
	}, conf...) {
		args = append(args, "--conf", kv)
	}
	g.cmd = exec.Command(path, args...)
	g.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	read, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	g.cmd.Stdout, g.cmd.Stderr = write, write
	if err := g.cmd.Start(); err != nil {
		return nil, errors.Join(err, read.Close(), write.Close())
	}
	_ = write.Close()
	copied := make(chan struct{})
	go func() {
		defer close(copied)
		lines := bufio.NewReader(read)
		for {
			line, err := lines.ReadString('\n')
			g.mu.Lock()
			g.output.WriteString(line)
			g.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	go func() {
		g.exit = g.cmd.Wait()
		<-copied
		_ = read.Close()
		close(g.exited)
	}()
	return g, nil
}

func (g *gateway) findAddresses() bool {
	for _, m := range listening.FindAllStringSubmatch(g.log(), -1) {
		switch m[1] {
		case "thrift":
			g.thrift = m[2]
		case "http":
			g.http = m[2]
		case "rest":
			g.rest = m[2]
		case "metrics":
			g.metrics = m[2]
		}
	}
	return g.thrift != "" && g.rest != "" && g.metrics != ""
}

// stop sends SIGTERM and tells what was not right about the end: it must come in
// time, with exit code 0, and the log must hold no panic, race or leak.
func (g *gateway) stop() error {
	select {
	case <-g.exited:
		return fmt.Errorf("the gateway was gone before it was asked to stop: %w", errors.Join(g.exit, io.ErrUnexpectedEOF))
	default:
	}
	if err := g.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case <-g.exited:
	case <-time.After(60 * time.Second):
		_ = g.cmd.Process.Signal(syscall.SIGQUIT) // its goroutines go to the log
		<-g.exited
		return errors.New("the gateway did not end within a minute of SIGTERM")
	}
	if g.exit != nil {
		return fmt.Errorf("after SIGTERM: %w", g.exit)
	}
	for _, bad := range []string{"panic:", "DATA RACE", "leak", "goroutine "} {
		if strings.Contains(g.log(), bad) {
			return fmt.Errorf("its log holds %q", bad)
		}
	}
	return nil
}

// log is all that the gateway wrote so far.
func (g *gateway) log() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.output.String()
}

// tail is the end of the log.
func (g *gateway) tail() string {
	text := g.log()
	return text[max(0, len(text)-8000):]
}

// address splits the Thrift address.
func (g *gateway) address() (host, port string) {
	i := strings.LastIndexByte(g.thrift, ':')
	return g.thrift[:i], g.thrift[i+1:]
}

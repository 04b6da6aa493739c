// Package yarntest starts a real YARN cluster for tests: Hadoop's own daemons, in
// one process of Java.
//
// It is for tests alone, and must not know how the gateway asks a cluster.
package yarntest

import (
	"bufio"
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// startTime is how long a cluster may take to start.
const startTime = 2 * time.Minute

// Cluster is a YARN cluster of this machine: an active ResourceManager, one on
// standby, and one NodeManager with 4 GiB.
type Cluster struct {
	// Addresses are those of the ResourceManagers' REST APIs, the active one first.
	Addresses []string
	// Conf is the directory of its yarn-site.xml.
	Conf string

	paths []string // of Java's classes
}

// Start starts a cluster that ends with the test. It skips a short test, and fails
// a full one when Hadoop is not there.
func Start(tb testing.TB) *Cluster {
	tb.Helper()
	if testing.Short() {
		tb.Skip("needs a YARN cluster; run `make test`")
	}
	root := moduleRoot(tb)
	jars := filepath.Join(root, ".cache", "java", "yarn-3.5.0")
	if _, err := os.Stat(jars); err != nil {
		tb.Fatalf("no YARN is installed: %v; run `make clients`", err)
	}
	sources := filepath.Join(root, "test", "env", "java", "yarn")
	dir := tb.TempDir()
	files, err := filepath.Glob(filepath.Join(sources, "*.java"))
	require.NoError(tb, err)
	classes := filepath.Join(dir, "classes")
	out, err := exec.CommandContext(tb.Context(), "javac", append([]string{"-d", classes, "-cp", jars + "/*"}, files...)...).CombinedOutput()
	require.NoError(tb, err, string(out))

	c := &Cluster{Conf: filepath.Join(dir, "conf")}
	require.NoError(tb, os.Mkdir(c.Conf, 0o700))
	c.paths = []string{sources, classes, jars + "/*"}
	c.start(tb, dir)
	c.paths = append([]string{c.Conf}, c.paths...)
	return c
}

// moduleRoot is the directory of go.mod, above the one that tests run in.
func moduleRoot(tb testing.TB) string {
	tb.Helper()
	dir, err := os.Getwd()
	require.NoError(tb, err)
	for ; dir != "/"; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
	}
	tb.Fatal("no go.mod above the test's directory")
	return ""
}

func (c *Cluster) start(tb testing.TB, dir string) {
	tb.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(tb.Context()))
	args := c.run("-Xmx640m", "MiniYarn", c.Conf)
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir = dir
	var said bytes.Buffer
	cmd.Stderr = &said
	life, err := cmd.StdinPipe()
	require.NoError(tb, err)
	stdout, err := cmd.StdoutPipe()
	require.NoError(tb, err)
	require.NoError(tb, cmd.Start())
	tb.Cleanup(func() {
		_ = life.Close()
		force := time.AfterFunc(10*time.Second, cancel)
		_ = cmd.Wait()
		force.Stop()
		cancel()
	})
	limit := time.AfterFunc(startTime, cancel)
	defer limit.Stop()
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		if addresses, ok := strings.CutPrefix(lines.Text(), "ready "); ok {
			c.Addresses = strings.Fields(addresses)
			return
		}
	}
	cancel()
	_ = cmd.Wait()
	tb.Fatalf("the YARN cluster did not start:\n%s", said.String())
}

func (c *Cluster) run(args ...string) []string {
	return append([]string{
		"java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:-UsePerfData", "-cp", strings.Join(c.paths, ":"),
	}, args...)
}

// Submit is a command that submits an application, as spark-submit does: with a
// name, tags, the memory of its master in MiB, and the shell command that is its
// master.
func (c *Cluster) Submit(name, tags string, memory int, command string) []string {
	return c.run("-Xmx128m", "Submit", name, tags, strconv.Itoa(memory), command)
}

// Master is the shell command of an application master that registers, waits for a
// file, and ends with the final status that is the file's first word; the rest is
// its diagnostic.
func (c *Cluster) Master(file string) string {
	return "exec " + strings.Join(c.run("-Xmx128m", "Master", file), " ") + " >master.log 2>&1"
}

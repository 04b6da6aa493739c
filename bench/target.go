package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// target is a server under measurement.
type target struct {
	name    string
	dir     string // its state and its log
	rowsSQL string // 2 million rows of bigint, string, decimal, timestamp
	argv    func(dir, port string) []string
	starts  int    // at most; 0 is no limit
	user    string // who logs in; the driver's version is added
	port    string
	cmd     *exec.Cmd
	runs    int
	exited  chan struct{}
	ended   error // valid after exited is closed
}

const rowCount = 2_000_000

func nekomata(root, dir string) *target {
	program := os.Getenv("NEKOMATA_BIN")
	if program == "" {
		program = filepath.Join(root, "bin", "nekomata")
	}
	return &target{
		name: "Nekomata", dir: dir, user: "bench",
		rowsSQL: fmt.Sprintf("select i, i::varchar as s, i * 1.5 as d, make_timestamp(i * 1000000) as ts from range(%d) t(i)", rowCount),
		argv: func(dir, port string) []string {
			return []string{
				program, "serve", "--data-dir", dir, "--conf", "kyuubi.frontend.thrift.binary.bind.port=" + port,
				"--conf", "kyuubi.frontend.rest.bind.port=0", "--conf", "kyuubi.metrics.prometheus.port=0",
			}
		},
	}
}

// opens are the packages that Spark reaches into on a JDK of today.
var opens = []string{
	"java.base/java.lang", "java.base/java.lang.invoke", "java.base/java.lang.reflect", "java.base/java.io", "java.base/java.net",
	"java.base/java.nio", "java.base/java.util", "java.base/java.util.concurrent", "java.base/java.util.concurrent.atomic",
	"java.base/jdk.internal.ref", "java.base/sun.nio.ch", "java.base/sun.nio.cs", "java.base/sun.security.action",
	"java.base/sun.util.calendar", "java.security.jgss/sun.security.krb5",
}

// sparkThriftServer is Spark's server as pip's pyspark brings it, with its own
// warehouse and metastore, on as many cores as the machine has.
func sparkThriftServer(root, dir string) (*target, error) {
	jars, err := filepath.Glob(filepath.Join(root, ".cache/venv/lib/python3*/site-packages/pyspark/jars"))
	if err != nil || len(jars) != 1 {
		return nil, errors.New("no pyspark in .cache/venv; run `make clients`, or say -spark=false")
	}
	return &target{
		name: "Spark Thrift server", dir: dir, starts: 2, user: "bench",
		rowsSQL: fmt.Sprintf("select i, cast(i as string) as s, i * 1.5 as d, timestamp_micros(i * 1000000) as ts from range(%d) t(i)", rowCount),
		argv: func(dir, port string) []string {
			argv := []string{"java", "-Xmx4g", "-XX:+IgnoreUnrecognizedVMOptions", "-Djdk.reflect.useDirectMethodHandle=false"}
			for _, p := range opens {
				argv = append(argv, "--add-opens="+p+"=ALL-UNNAMED")
			}
			for _, kv := range []string{
				"spark.master=local[*]", "spark.app.name=bench", "spark.ui.enabled=false",
				"spark.driver.host=127.0.0.1", "spark.driver.bindAddress=127.0.0.1",
				"spark.sql.warehouse.dir=" + filepath.Join(dir, "warehouse"), "spark.local.dir=" + filepath.Join(dir, "local"),
				"spark.hadoop.javax.jdo.option.ConnectionURL=jdbc:derby:;databaseName=" + filepath.Join(dir, "metastore") + ";create=true",
				"spark.hadoop.hive.server2.thrift.bind.host=127.0.0.1", "spark.hadoop.hive.server2.thrift.port=" + port,
			} {
				argv = append(argv, "-D"+kv)
			}
			return append(argv, "-cp", filepath.Join(jars[0], "*"), "org.apache.spark.sql.hive.thriftserver.HiveThriftServer2")
		},
	}, nil
}

// start runs the server on a free port with fresh state and waits for its first
// session.
func (t *target) start(ctx context.Context) error {
	port, err := freePort()
	if err != nil {
		return err
	}
	t.port = port
	t.runs++
	dir := filepath.Join(t.dir, strconv.Itoa(t.runs))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	log, err := os.Create(filepath.Join(t.dir, strconv.Itoa(t.runs)+".log"))
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }() // the process has its own handle
	argv := t.argv(dir, port)
	t.cmd = exec.CommandContext(ctx, argv[0], argv[1:]...)
	t.cmd.Dir, t.cmd.Stdout, t.cmd.Stderr = dir, log, log
	t.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := t.cmd.Start(); err != nil {
		return err
	}
	t.exited = make(chan struct{})
	go func() {
		t.ended = t.cmd.Wait()
		close(t.exited)
	}()
	for deadline := time.Now().Add(2 * time.Minute); openSession(t.address()) != nil; time.Sleep(time.Millisecond) {
		select {
		case <-t.exited:
			return fmt.Errorf("it ended at once: %w\n%s", t.ended, tail(log.Name()))
		default:
		}
		if time.Now().After(deadline) {
			return errors.Join(errors.New("no session within two minutes:\n"+tail(log.Name())), t.stop())
		}
	}
	return nil
}

// startSelf starts this program again as a server of its own at a free address, so
// that what it stands beside is measured in the same way.
func startSelf(ctx context.Context, name string, args func(address string) []string) (*target, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	t := &target{name: name, port: port, exited: make(chan struct{})}
	t.cmd = exec.CommandContext(ctx, self, args(t.address())...)
	t.cmd.Stderr = os.Stderr
	t.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := t.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		t.ended = t.cmd.Wait()
		close(t.exited)
	}()
	return t, nil
}

// stop sends SIGTERM and waits.
func (t *target) stop() error {
	if t.exited == nil {
		return nil
	}
	_ = t.cmd.Process.Signal(syscall.SIGTERM) // it may be gone
	select {
	case <-t.exited:
	case <-time.After(30 * time.Second):
		_ = t.cmd.Process.Kill()
		<-t.exited
	}
	t.exited = nil
	return nil
}

func (t *target) address() string { return net.JoinHostPort("127.0.0.1", t.port) }

// cpu is the processor time that the server has had, in seconds.
func (t *target) cpu() float64 {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", t.cmd.Process.Pid))
	if err != nil {
		return -1
	}
	// The name in parentheses may have spaces; user and system time are fields 14 and 15.
	_, rest, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(rest)
	user, _ := strconv.ParseFloat(fields[11], 64)
	system, _ := strconv.ParseFloat(fields[12], 64)
	return (user + system) / 100
}

// rss is the resident memory in MB, or -1.
func (t *target) rss() float64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", t.cmd.Process.Pid))
	if err != nil {
		return -1
	}
	for line := range strings.Lines(string(status)) {
		if rest, found := strings.CutPrefix(line, "VmRSS:"); found {
			kb, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			if err == nil {
				return kb / 1024
			}
		}
	}
	return -1
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, errors.Join(err, l.Close())
}

func tail(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-4000):])
}

package metadatatest

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/go-sql-driver/mysql" // to make databases
	"github.com/stretchr/testify/require"
)

// MariaDB is a server of its own: a private directory, a free port on loopback,
// and a user root without a password.
type MariaDB struct {
	program string
	dir     string
	port    int
	log     *bytes.Buffer
	life    io.Closer // the server lives as long as this is open
	over    chan error
	made    atomic.Int64
}

// StartMariaDB starts a server that ends with the test. It skips a short test
// when no MariaDB is installed, and fails a full one.
func StartMariaDB(tb testing.TB) *MariaDB {
	tb.Helper()
	program, err := exec.LookPath("mariadbd")
	if err != nil { // Debian keeps it from people who are not root
		program, err = exec.LookPath("/usr/sbin/mariadbd")
	}
	if err != nil {
		if testing.Short() {
			tb.Skip("no MariaDB is installed: make clients")
		}
		tb.Fatal("no MariaDB is installed: make clients")
	}
	dir, err := os.MkdirTemp("", "nekomata-mariadb-") //nolint:usetesting // the paths of sockets must be short
	require.NoError(tb, err)
	tb.Cleanup(func() { _ = os.RemoveAll(dir) })
	m := &MariaDB{program: program, dir: dir, port: freePort(tb)}
	require.NoError(tb, os.Mkdir(m.temporary(), 0o700))
	out, err := exec.CommandContext(tb.Context(), "mariadb-install-db", "--no-defaults", "--user="+whoami(), "--datadir="+m.data(), "--tmpdir="+m.temporary(),
		"--auth-root-authentication-method=normal", "--skip-test-db", "--innodb-log-file-size=8M").CombinedOutput()
	require.NoError(tb, err, string(out))
	m.Start(tb)
	tb.Cleanup(func() { m.Stop(tb) })
	return m
}

func (m *MariaDB) data() string { return filepath.Join(m.dir, "data") }

// temporary is the server's own: one that starts removes all tables from there, those
// of others too.
func (m *MariaDB) temporary() string { return filepath.Join(m.dir, "tmp") }

func whoami() string {
	if os.Getuid() == 0 {
		return "root"
	}
	return strconv.Itoa(os.Getuid())
}

func freePort(tb testing.TB) int {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it ends at once
	require.NoError(tb, err)
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	require.NoError(tb, err)
	n, err := strconv.Atoi(port)
	require.NoError(tb, err)
	return n
}

// Start starts the server, again after a Stop, and waits until it answers.
func (m *MariaDB) Start(tb testing.TB) {
	tb.Helper()
	// The shell ends the server when the test's process is gone, whatever ended it.
	const leash = `"$@" </dev/null & server=$!; read -r _; kill -TERM $server; wait $server`
	cmd := exec.CommandContext(context.WithoutCancel(tb.Context()), "sh", "-c", leash, "sh", m.program, "--no-defaults", "--user="+whoami(),
		"--datadir="+m.data(), "--tmpdir="+m.temporary(), "--socket="+filepath.Join(m.dir, "s"), "--pid-file="+m.pidFile(), "--bind-address=127.0.0.1",
		"--port="+strconv.Itoa(m.port), "--innodb-buffer-pool-size=128M", "--innodb-log-file-size=8M", "--skip-log-bin", "--max-connections=300")
	m.log = &bytes.Buffer{}
	cmd.Stdout, cmd.Stderr = m.log, m.log
	stdin, err := cmd.StdinPipe()
	require.NoError(tb, err)
	require.NoError(tb, cmd.Start())
	m.life, m.over = stdin, make(chan error, 1)
	go func() { m.over <- cmd.Wait() }()
	require.Eventually(tb, func() bool {
		return m.exec(context.WithoutCancel(tb.Context()), "SELECT 1") == nil
	}, time.Minute, 20*time.Millisecond, "MariaDB does not answer")
}

// Stop stops the server and waits for it; a second call does nothing.
func (m *MariaDB) Stop(tb testing.TB) {
	tb.Helper()
	if m.life == nil {
		return
	}
	require.NoError(tb, m.life.Close())
	m.life = nil
	select {
	case err := <-m.over:
		if _, ended := errors.AsType[*exec.ExitError](err); err != nil && !ended {
			tb.Errorf("MariaDB: %v", err)
		}
	case <-time.After(time.Minute):
		tb.Fatalf("MariaDB (pid %d) does not stop:\n%s", m.PID(tb), m.log)
	}
}

func (m *MariaDB) pidFile() string { return filepath.Join(m.dir, "pid") }

// PID is the server's process, for signals.
func (m *MariaDB) PID(tb testing.TB) int {
	tb.Helper()
	text, err := os.ReadFile(m.pidFile())
	require.NoError(tb, err)
	n, err := strconv.Atoi(strings.TrimSpace(string(text)))
	require.NoError(tb, err)
	return n
}

// Port is the server's port on 127.0.0.1.
func (m *MariaDB) Port() int { return m.port }

// Open returns connections to a database, "" for none, that the test closes.
func (m *MariaDB) Open(tb testing.TB, database string) *sql.DB {
	tb.Helper()
	db, err := sql.Open("mysql", fmt.Sprintf("root@tcp(127.0.0.1:%d)/%s?interpolateParams=true", m.port, database))
	require.NoError(tb, err)
	db.SetMaxIdleConns(Clients)
	tb.Cleanup(func() { _ = db.Close() })
	return db
}

func (m *MariaDB) exec(ctx context.Context, query string) error {
	db, err := sql.Open("mysql", fmt.Sprintf("root@tcp(127.0.0.1:%d)/", m.port))
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.ExecContext(ctx, query)
	return err
}

// Database makes a new database and returns its name.
func (m *MariaDB) Database(tb testing.TB) string {
	tb.Helper()
	name := fmt.Sprintf("nekomata_%d", m.made.Add(1))
	require.NoError(tb, m.exec(tb.Context(), "CREATE DATABASE "+name+" DEFAULT CHARACTER SET utf8mb4"))
	return name
}

// URL is a database's JDBC URL, as people write it.
func (m *MariaDB) URL(database string) string {
	return fmt.Sprintf("jdbc:mysql://127.0.0.1:%d/%s?useSSL=false&serverTimezone=UTC&characterEncoding=utf8&useUnicode=true", m.port, database)
}

package metadata_test

import (
	"database/sql"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/metadata"
	"github.com/nekomata-sql/nekomata/metadata/metadatatest"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// requireRefused checks that a store does not start, and says enough about it.
func requireRefused(t *testing.T, o metadata.Options, kind sqlerr.Kind, words ...string) {
	t.Helper()
	_, _, err := metadatatest.TryOpen(t, o)
	require.ErrorIs(t, err, kind)
	message := sqlerr.From(err).Message
	for _, word := range append(words, "kyuubi.metadata.store.jdbc.") {
		require.Contains(t, message, word)
	}
	require.NotContains(t, message, "geheim")
}

// requireHeld makes a file of SQLite's that another program writes to for as long as the
// test runs.
func requireHeld(t *testing.T, path string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { _ = db.Close() })
	_, err = db.ExecContext(t.Context(), "BEGIN EXCLUSIVE")
	require.NoError(t, err)
}

func mariaDBRefusals(t *testing.T, m *metadatatest.MariaDB) {
	t.Helper()
	db := m.Database(t)
	exec := raw(t, m.Open(t, db))
	exec("CREATE USER someone@127.0.0.1 IDENTIFIED BY 'geheim'")
	requireRefused(t, metadata.Options{URL: m.URL(db), User: "someone", Password: "falsch"}, sqlerr.Invalid, db, "someone", "jdbc.user")
	requireRefused(t, metadata.Options{URL: m.URL(db), User: "someone", Password: "geheim"}, sqlerr.Invalid, db, "GRANT")
	requireRefused(t, metadata.Options{URL: m.URL("nowhere"), User: "root"}, sqlerr.Invalid, "nowhere", "CREATE DATABASE")
	shown := m.URL(db) + "&password=***"
	requireRefused(t, metadata.Options{URL: m.URL(db) + "&user=root&password=geheim", ShownURL: shown}, sqlerr.Invalid, shown)

	exec("GRANT ALL ON " + db + ".* TO someone@127.0.0.1")
	metadatatest.Open(t, metadata.Options{URL: m.URL(db) + "&user=someone&password=geheim"})

	old := m.Database(t)
	raw(t, m.Open(t, old))("CREATE TABLE metadata (key_id bigint PRIMARY KEY, identifier varchar(36))")
	requireRefused(t, metadata.Options{URL: m.URL(old), User: "root"}, sqlerr.Conflict, "Kyuubi 1.8")
	// A server that speaks no TLS, and a client that insists.
	requireRefused(t, metadata.Options{URL: strings.Replace(m.URL(db), "useSSL=false", "sslMode=VERIFY_IDENTITY", 1), User: "root"}, sqlerr.Internal, "TLS")
}

// goneAndBack stops the server under a store, starts it again, and makes it silent.
// goneAndBack stops a server, and then one that is only silent. How long the disk takes
// is of no account: who has little patience is the only one who meets the silence.
func goneAndBack(t *testing.T, m *metadatatest.MariaDB) {
	t.Helper()
	url := m.URL(m.Database(t))
	s := metadatatest.Open(t, metadata.Options{URL: url, User: "root"})
	hasty := metadatatest.Open(t, metadata.Options{URL: url + "&socketTimeout=300", User: "root"})
	ctx := t.Context()
	require.NoError(t, s.Insert(ctx, metadatatest.NewBatch()))
	m.Stop(t)
	for range 3 {
		err := s.Insert(ctx, metadatatest.NewBatch())
		require.ErrorIs(t, err, sqlerr.Unavailable)
		require.NotEqual(t, metadata.Never, metadata.RetryOf(err))
		_, err = s.Take(ctx, metadata.Taker{Owner: "a"}, 1)
		require.ErrorIs(t, err, sqlerr.Unavailable)
	}
	requireRefused(t, metadata.Options{URL: m.URL("any"), User: "root"}, sqlerr.Unavailable, strconv.Itoa(m.Port()), "start it")
	m.Start(t)
	require.NoError(t, s.Insert(ctx, metadatatest.NewBatch()), "no restart of ours is needed")

	require.Eventually(t, func() bool { return hasty.Insert(ctx, metadatatest.NewBatch()) == nil }, time.Minute, time.Millisecond, "has a connection")
	pid := m.PID(t)
	require.NoError(t, syscall.Kill(pid, syscall.SIGSTOP))
	began := time.Now()
	err := hasty.Insert(ctx, metadatatest.NewBatch())
	require.NoError(t, syscall.Kill(pid, syscall.SIGCONT))
	require.ErrorIs(t, err, sqlerr.Unavailable)
	require.Equal(t, metadata.Unsure, metadata.RetryOf(err), "it may have been stored")
	require.Less(t, time.Since(began), 20*time.Second)
	require.NoError(t, s.Insert(ctx, metadatatest.NewBatch()))
	require.Eventually(t, func() bool { return hasty.Insert(ctx, metadatatest.NewBatch()) == nil }, time.Minute, time.Millisecond)
}

func TestSQLiteRefusals(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	requireRefused(t, metadata.Options{URL: "jdbc:sqlite:" + dir + "/no/such.db"}, sqlerr.Invalid, dir, "make its directory")
	requireRefused(t, metadata.Options{URL: "jdbc:sqlite:" + dir}, sqlerr.Invalid, dir, "is a directory", "name another file")
	held := filepath.Join(dir, "held.db")
	requireHeld(t, held)
	requireRefused(t, metadata.Options{URL: "jdbc:sqlite:" + held + "?busy_timeout=10"}, sqlerr.Unavailable, held, "no other program holds the file")
	garbage := filepath.Join(dir, "garbage.db")
	require.NoError(t, os.WriteFile(garbage, []byte(strings.Repeat("not a database ", 1000)), 0o600))
	requireRefused(t, metadata.Options{URL: "jdbc:sqlite:" + garbage}, sqlerr.Internal, garbage)
	o, exec := sqliteFile(t)
	exec("CREATE TABLE metadata (key_id bigint PRIMARY KEY, identifier varchar(36))")
	requireRefused(t, o, sqlerr.Conflict, "Kyuubi 1.8")
}

func TestSQLiteFileIsPrivateAndLasts(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s.db")
	o := metadata.Options{URL: "jdbc:sqlite:" + path + "?synchronous=NORMAL&journal_mode=WAL"}
	s, stop := metadatatest.OpenUntil(t, o)
	b := metadatatest.NewBatch()
	require.NoError(t, s.Insert(t.Context(), b))
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode())
	stop()
	left, err := filepath.Glob(path + "*")
	require.NoError(t, err)
	require.Equal(t, []string{path}, left, "a clean stop leaves one file")
	s = metadatatest.Open(t, o)
	_, err = s.Get(t.Context(), b.ID)
	require.NoError(t, err)
}

func TestSQLiteInMemory(t *testing.T) {
	t.Parallel()
	s := metadatatest.Open(t, metadata.Options{URL: "jdbc:sqlite::memory:"})
	b := metadatatest.NewBatch()
	require.NoError(t, s.Insert(t.Context(), b))
	_, err := s.Get(t.Context(), b.ID)
	require.NoError(t, err)
}

func TestUnreachableMySQLIsRefused(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close()) // nobody listens there now
	requireRefused(t, metadata.Options{URL: "jdbc:mysql://" + l.Addr().String() + "/kyuubi"}, sqlerr.Unavailable, l.Addr().String(), "start it")
}

package e2e

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// root is the module's folder; tests run in their own.
var root = func() string {
	dir, err := filepath.Abs("../..")
	if err != nil {
		panic(err)
	}
	return dir
}()

// shared is the gateway of all tests that don't need one of their own.
var shared struct {
	once sync.Once
	*gateway
	err error
}

func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	if shared.gateway != nil && shared.cmd != nil {
		if err := shared.stop(); err != nil {
			fmt.Fprintf(os.Stderr, "FAIL: the shared gateway: %v\n%s\n", err, shared.tail())
			code = 1
		}
		if err := os.RemoveAll(shared.dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
	os.Exit(code)
}

// skipShort leaves a test out of `make test-short`.
func skipShort(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("needs the built program and its clients; run `make e2e`")
	}
}

// server is the shared gateway, started by the first test that asks.
func server(t *testing.T) *gateway {
	t.Helper()
	skipShort(t)
	shared.once.Do(func() {
		// Another HiveServer2 shows what a test expects of everybody, and what of us.
		if address := os.Getenv("E2E_THRIFT"); address != "" {
			shared.gateway = &gateway{thrift: address}
			return
		}
		var dir string
		dir, shared.err = os.MkdirTemp("", "nekomata-e2e-") //nolint:usetesting // it outlives the test that asks first
		if shared.err == nil {
			shared.gateway, shared.err = start(dir)
		}
	})
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.gateway
}

// ownServer is a gateway for one test, which stops it and checks how it ended.
func ownServer(t *testing.T, conf ...string) *gateway {
	t.Helper()
	skipShort(t)
	g, err := start(t.TempDir(), conf...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		select {
		case <-g.exited:
			return // the test saw to it
		default:
		}
		if err := g.stop(); err != nil {
			t.Errorf("%v\n%s", err, g.tail())
		}
	})
	return g
}

var built struct {
	once sync.Once
	path string
	err  error
}

// program is the program under test: $NEKOMATA_BIN, or built here.
func program() (string, error) {
	if path := os.Getenv("NEKOMATA_BIN"); path != "" {
		return path, nil
	}
	built.once.Do(func() {
		built.path = filepath.Join(root, "bin", "nekomata")
		cmd := exec.Command("make", "-C", root, "build")
		if out, err := cmd.CombinedOutput(); err != nil {
			built.err = fmt.Errorf("make build: %w\n%s", err, out)
		}
	})
	return built.path, built.err
}

// need is a path below the module's root that some make target leaves there.
func need(t *testing.T, target string, elem ...string) string {
	t.Helper()
	path := filepath.Join(append([]string{root}, elem...)...)
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("%v; run `make %s`", err, target)
	}
	return path
}

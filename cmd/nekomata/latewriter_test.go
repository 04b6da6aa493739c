package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/config"
)

// fullPipe is a pipe that takes no byte more until somebody reads it.
func fullPipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	require.NoError(t, err)
	t.Cleanup(func() { _, _ = r.Close(), w.Close() })
	require.NoError(t, w.SetWriteDeadline(time.Now().Add(100*time.Millisecond)))
	_, err = w.Write(make([]byte, 1<<20))
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	require.NoError(t, w.SetWriteDeadline(time.Time{}))
	return r, w
}

// requireEnd returns what comes from c. That it takes no more than a minute says that
// nothing waits for ever.
func requireEnd[T any](t *testing.T, c <-chan T) (got T) {
	t.Helper()
	select {
	case got = <-c:
	case <-time.After(time.Minute):
		t.Fatal("it does not end")
	}
	return got
}

// A gateway whose standard error nobody reads ends when it is told to.
func TestServeEndsThoughNobodyReadsTheLog(t *testing.T) {
	t.Parallel()
	_, full := fullPipe(t)
	for _, args := range [][]string{nil, {"--conf", "kyuubi.metadata.store.jdbc.url=jdbc:sqlite:/no/such/directory/x.db"}} {
		var out lockedBuffer
		signals, code := make(chan os.Signal), make(chan int, 1)
		p := &program{out: &out, err: full, environ: []string{"HOME=/home/neko"}, signals: signals}
		go func() {
			code <- p.run(context.WithoutCancel(t.Context()), append([]string{
				"serve", "--data-dir", t.TempDir(),
				"--conf", "kyuubi.frontend.thrift.binary.bind.port=0", "--conf", "kyuubi.frontend.rest.bind.port=0",
				"--conf", "kyuubi.metrics.prometheus.port=0",
			}, args...))
		}()
		if args != nil {
			require.Equal(t, exitFailure, requireEnd(t, code), "the error is for nobody")
			continue
		}
		require.Eventually(t, func() bool { return strings.Contains(out.String(), "is ready") }, time.Minute, 5*time.Millisecond)
		signals <- syscall.SIGTERM
		require.Equal(t, exitOK, requireEnd(t, code))
	}
}

// Lines that nobody reads are lost, which the first reader is told; they hold nobody up.
func TestLogThatIsReadTooLate(t *testing.T) {
	t.Parallel()
	c, err := config.Load(config.Sources{DataDir: t.TempDir()})
	require.NoError(t, err)
	r, w := fullPipe(t)
	log, _ := newLog(w, c)
	over, long := make(chan bool), strings.Repeat("x", 4000)
	go func() {
		defer close(over)
		for range 1000 {
			log.Info("nobody reads it", "text", long)
		}
		log.Warn("nor this")
	}()
	requireEnd(t, over)

	read := make(chan string)
	go func() {
		text, _ := io.ReadAll(r)
		read <- string(text)
	}()
	l := log.Handler().(*lateHandler).out
	require.Eventually(t, func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		return !l.writing
	}, time.Minute, time.Millisecond)
	log.Warn("and once more")
	require.NoError(t, w.Close())
	text := strings.Trim(requireEnd(t, read), "\x00")
	kept := strings.Count(text, long)
	require.Less(t, kept, 1000)
	require.Contains(t, strings.ReplaceAll(text, long, "x"),
		fmt.Sprintf(`level=WARN msg="lines of the log are lost: nobody has read it" lines=%d`, 1000-kept))
	require.True(t, strings.HasSuffix(text, "msg=\"and once more\"\n"))
}

package frontend

import (
	"context"
	"io"
	"log/slog"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/nekomata-sql/nekomata/service"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// handler makes a ConnHandler of a function.
type handler func(ctx context.Context, conn net.Conn)

func (h handler) ServeConn(ctx context.Context, conn net.Conn, done func()) {
	h(ctx, conn)
	done()
}

// echo sends back what it reads, until the client leaves or the connection is closed.
func echo(_ context.Context, conn net.Conn) { _, _ = io.Copy(conn, conn) }

// loopback is an address with a free port.
var loopback = Address{Host: "127.0.0.1", HostKey: "test.host", PortKey: "test.port"}

// start runs s until stop is called, which gives Run's error. It is stopped at
// the end of the test in any case.
func start(t *testing.T, s service.Service) (stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan struct{}), make(chan error, 1)
	go func() { done <- s.Run(ctx, func() { close(ready) }) }()
	select {
	case <-ready:
	case err := <-done:
		t.Fatal("not ready:", err)
	}
	stop = sync.OnceValue(func() error {
		cancel()
		return <-done
	})
	t.Cleanup(func() { _ = stop() })
	return stop
}

func dial(t *testing.T, addr net.Addr) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", addr.String())
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(30*time.Second)))
	return conn
}

func say(t *testing.T, conn net.Conn) {
	t.Helper()
	_, err := conn.Write([]byte("meow"))
	require.NoError(t, err)
	buf := make([]byte, 4)
	_, err = io.ReadFull(conn, buf)
	require.NoError(t, err)
	require.Equal(t, "meow", string(buf))
}

// requireClosed fails unless the server has closed conn.
func requireClosed(t *testing.T, conn net.Conn) {
	t.Helper()
	_, err := conn.Read(make([]byte, 1))
	require.Error(t, err)
	require.NotErrorIs(t, err, os.ErrDeadlineExceeded)
}

func TestServesAndStops(t *testing.T) {
	t.Parallel()
	s := NewThriftFrontendService(ThriftOptions{Address: loopback, Handler: handler(echo), Grace: time.Minute})
	require.Nil(t, s.Addr())
	stop := start(t, s)
	require.NotZero(t, s.Addr().(*net.TCPAddr).Port)
	conn := dial(t, s.Addr())
	say(t, conn)
	require.EqualValues(t, 1, s.Connections().Open())
	require.NoError(t, conn.Close())
	require.NoError(t, stop())
	require.EqualValues(t, 0, s.Connections().Open())
	require.EqualValues(t, 1, s.Connections().Total())
	_, err := net.Dial("tcp", s.Addr().String())
	require.Error(t, err, "the port is free again")
}

func TestDrainClosesAfterTheGracePeriod(t *testing.T) {
	t.Parallel()
	ended := make(chan error, 1)
	s := NewThriftFrontendService(ThriftOptions{
		Address: loopback, Grace: 50 * time.Millisecond,
		Handler: handler(func(ctx context.Context, conn net.Conn) {
			echo(ctx, conn)
			ended <- ctx.Err()
		}),
	})
	stop := start(t, s)
	conn := dial(t, s.Addr())
	say(t, conn)
	require.NoError(t, stop())
	require.ErrorIs(t, <-ended, context.Canceled, "the handler's context ended, and its read too")
	requireClosed(t, conn)
}

func TestConnectionsGoOnWhileDraining(t *testing.T) {
	t.Parallel()
	s := NewThriftFrontendService(ThriftOptions{Address: loopback, Handler: handler(echo), Grace: time.Minute})
	stop := start(t, s)
	conn := dial(t, s.Addr())
	say(t, conn)
	stopped := make(chan error, 1)
	go func() { stopped <- stop() }()
	require.Eventually(t, func() bool {
		c, err := net.Dial("tcp", s.Addr().String())
		if err == nil {
			_ = c.Close()
		}
		return err != nil
	}, 10*time.Second, time.Millisecond, "no new connections")
	say(t, conn)
	require.NoError(t, conn.Close())
	require.NoError(t, <-stopped)
}

func TestConnectionsBeyondTheLimitAreClosed(t *testing.T) {
	t.Parallel()
	s := NewThriftFrontendService(ThriftOptions{Address: loopback, Handler: handler(echo), MaxConnections: 2})
	start(t, s)
	a, b := dial(t, s.Addr()), dial(t, s.Addr())
	say(t, a)
	say(t, b)
	requireClosed(t, dial(t, s.Addr()))
	require.EqualValues(t, 1, s.Connections().Refused())
	say(t, a)
	require.NoError(t, b.Close())
	require.Eventually(t, func() bool { return s.Connections().Open() == 1 }, 10*time.Second, time.Millisecond)
	say(t, dial(t, s.Addr()))
	require.EqualValues(t, 3, s.Connections().Total())
}

// fullRefuser tells those beyond the limit so, once it may.
type fullRefuser struct {
	handler
	may chan struct{}
}

func (r fullRefuser) RefuseFull(ctx context.Context, conn net.Conn) {
	select {
	case <-r.may:
		_, _ = io.WriteString(conn, "full")
	case <-ctx.Done():
	}
}

func TestConnectionsBeyondTheLimitAreTold(t *testing.T) {
	t.Parallel()
	r := fullRefuser{handler(echo), make(chan struct{})}
	s := NewThriftFrontendService(ThriftOptions{Address: loopback, Handler: r, MaxConnections: 1})
	stop := start(t, s)
	say(t, dial(t, s.Addr()))
	var told []net.Conn
	for range maxTold {
		told = append(told, dial(t, s.Addr()))
	}
	requireClosed(t, dial(t, s.Addr())) // one too many even for that
	require.EqualValues(t, maxTold+1, s.Connections().Refused())
	close(r.may)
	for _, c := range told {
		text, err := io.ReadAll(c)
		require.NoError(t, err)
		require.Equal(t, "full", string(text))
	}
	requireClosed(t, told[0])
	require.NoError(t, stop())
}

func TestAPanicCostsOneConnection(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	s := NewThriftFrontendService(ThriftOptions{
		Address: loopback,
		Log:     slog.New(slog.NewTextHandler(&log, nil)),
		Handler: handler(func(_ context.Context, conn net.Conn) {
			buf := make([]byte, 4)
			_, _ = io.ReadFull(conn, buf)
			if string(buf) == "boom" {
				panic("whiskers")
			}
			_, _ = conn.Write(buf)
		}),
	})
	stop := start(t, s)
	bad, good := dial(t, s.Addr()), dial(t, s.Addr())
	_, err := bad.Write([]byte("boom"))
	require.NoError(t, err)
	requireClosed(t, bad)
	say(t, good)
	require.NoError(t, stop())
	require.Contains(t, log.String(), "panic=whiskers")
	require.Contains(t, log.String(), "thrift_test.go", "the log has the stack")
}

func TestPortClashNamesAddressSettingAndMend(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	port := taken.Addr().(*net.TCPAddr).Port
	a := loopback
	a.Port = port
	for _, s := range []service.Service{
		NewThriftFrontendService(ThriftOptions{Address: a, Handler: handler(echo)}),
		NewRestFrontendService(HTTPOptions{Address: a}),
	} {
		err := s.Run(t.Context(), func() { t.Error("ready") })
		require.ErrorIs(t, err, sqlerr.Unavailable)
		require.ErrorIs(t, err, syscall.EADDRINUSE)
		require.Equal(t, s.String()+" can't listen on 127.0.0.1:"+strconv.Itoa(port)+
			": the port is already in use; stop what uses it or set test.port to a free port (0 lets the system choose one)",
			sqlerr.From(err).Message)
	}
}

func TestForeignHostIsExplained(t *testing.T) {
	t.Parallel()
	a := loopback
	a.Host = "192.0.2.1" // reserved for documentation: nobody's
	_, err := a.listen(t.Context(), "x")
	require.ErrorContains(t, err, "the host is no address of this machine; set test.host to one")
}

// flaky is a listener whose Accept fails as told before it waits for its close.
type flaky struct {
	net.Listener
	errs   chan error
	closed chan struct{}
	once   sync.Once
}

func (f *flaky) Addr() net.Addr { return &net.TCPAddr{} }

func (f *flaky) Close() error {
	f.once.Do(func() { close(f.closed) })
	return nil
}

func (f *flaky) Accept() (net.Conn, error) {
	select {
	case err := <-f.errs:
		return nil, err
	case <-f.closed:
		return nil, net.ErrClosed
	}
}

func TestAcceptErrorsAreWaitedOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &flaky{errs: make(chan error), closed: make(chan struct{})}
		s := NewThriftFrontendService(ThriftOptions{Handler: handler(echo)})
		s.listen = func(context.Context) (net.Listener, error) { return l, nil }
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- s.Run(ctx, func() {}) }()
		begin := time.Now()
		for range 10 {
			l.errs <- syscall.EMFILE
		}
		// 5, 10, 20, ... 640 ms, then 1 s; the tenth pause is still to come.
		require.Equal(t, 1275*time.Millisecond+time.Second, time.Since(begin))
		cancel()
		require.NoError(t, <-done)
		require.Equal(t, 2275*time.Millisecond, time.Since(begin), "a pause ends when the service has to stop")
	})
}

func TestALostListenerEndsTheService(t *testing.T) {
	t.Parallel()
	l := &flaky{errs: make(chan error, 1), closed: make(chan struct{})}
	s := NewThriftFrontendService(ThriftOptions{Handler: handler(echo)})
	s.listen = func(context.Context) (net.Listener, error) { return l, nil }
	l.errs <- net.ErrClosed
	require.ErrorIs(t, s.Run(t.Context(), func() {}), net.ErrClosed)
}

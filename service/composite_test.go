package service_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/nekomata-sql/nekomata/service"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// journal notes what happened, in order.
type journal struct {
	mu    sync.Mutex
	lines []string
}

func (j *journal) add(format string, args ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, fmt.Sprintf(format, args...))
}

// part is a service that takes its time and notes what it does.
type part struct {
	name                string
	journal             *journal
	startTime, stopTime time.Duration
	startErr, stopErr   error
	leave               chan error // a value makes Run return it early
}

func (p *part) String() string { return p.name }

func (p *part) Run(ctx context.Context, ready func()) error {
	p.journal.add("%s starts", p.name)
	select {
	case <-time.After(p.startTime):
	case <-ctx.Done():
		p.journal.add("%s gives up", p.name)
		return p.stopErr
	}
	if p.startErr != nil {
		return p.startErr
	}
	p.journal.add("%s ready", p.name)
	ready()
	ready() // a second call must do no harm
	select {
	case err := <-p.leave:
		p.journal.add("%s leaves", p.name)
		return err
	case <-ctx.Done():
	}
	time.Sleep(p.stopTime)
	p.journal.add("%s stopped", p.name)
	return p.stopErr
}

func parts(j *journal, names ...string) []*part {
	out := make([]*part, len(names))
	for i, n := range names {
		out[i] = &part{name: n, journal: j, startTime: time.Second, stopTime: time.Second, leave: make(chan error, 1)}
	}
	return out
}

func composite(name string, ps ...*part) *service.CompositeService {
	services := make([]service.Service, len(ps))
	for i, p := range ps {
		services[i] = p
	}
	return service.NewCompositeService(name, services...)
}

// run runs s in the background; stop cancels it and returns its error.
func run(t *testing.T, s service.Service) (ready chan struct{}, stop func() error, done chan error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ready, done = make(chan struct{}), make(chan error, 1)
	go func() { done <- s.Run(ctx, func() { close(ready) }) }()
	return ready, func() error {
		cancel()
		return <-done
	}, done
}

func TestStartsInOrderAndStopsInReverse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j := &journal{}
		begin := time.Now()
		ready, stop, _ := run(t, composite("all", parts(j, "a", "b", "c")...))
		<-ready
		require.Equal(t, 3*time.Second, time.Since(begin), "each starts after the one before is ready")
		require.NoError(t, stop())
		require.Equal(t, []string{
			"a starts", "a ready", "b starts", "b ready", "c starts", "c ready",
			"c stopped", "b stopped", "a stopped",
		}, j.lines)
		require.Equal(t, 6*time.Second, time.Since(begin), "each stops after the later one has returned")
	})
}

func TestStartFailureUnwinds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j := &journal{}
		ps := parts(j, "a", "b", "c")
		ps[1].startErr = errors.New("port taken")
		ps[0].stopErr = errors.New("flush failed")
		ready, _, done := run(t, composite("all", ps...))
		err := <-done
		require.ErrorIs(t, err, ps[1].startErr)
		require.EqualError(t, err, "b: port taken\na: flush failed")
		require.Equal(t, []string{"a starts", "a ready", "b starts", "a stopped"}, j.lines)
		select {
		case <-ready:
			t.Fatal("the composite must not have been ready")
		default:
		}
	})
}

func TestEarlyReturnStopsAllAndIsTheError(t *testing.T) {
	t.Parallel()
	broken := errors.New("listener broke")
	for _, tc := range []struct {
		name string
		err  error
		want string
	}{
		{"with an error", broken, "b: listener broke"},
		{"with nil", nil, "b: ended before it was told to stop"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				j := &journal{}
				ps := parts(j, "a", "b", "c")
				ready, _, done := run(t, composite("all", ps...))
				<-ready
				ps[1].leave <- tc.err
				require.EqualError(t, <-done, tc.want)
				require.Equal(t, []string{"b leaves", "c stopped", "a stopped"}, j.lines[6:])
			})
		})
	}
}

func TestEarlyReturnWhileALaterOneStarts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j := &journal{}
		ps := parts(j, "a", "b", "c")
		ps[1].startTime = time.Hour
		_, _, done := run(t, composite("all", ps...))
		time.Sleep(2 * time.Second)
		ps[0].leave <- nil
		require.ErrorIs(t, <-done, service.ErrReturned)
		require.Equal(t, []string{"a starts", "a ready", "b starts", "a leaves", "b gives up"}, j.lines)
	})
}

func TestEarlyReturnWhileALaterOneStops(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j := &journal{}
		ps := parts(j, "a", "b")
		ready, stop, _ := run(t, composite("all", ps...))
		<-ready
		ps[1].stopTime = time.Minute
		time.AfterFunc(time.Second, func() { ps[0].leave <- nil })
		require.ErrorIs(t, stop(), service.ErrReturned, "b may have needed a until its end")
	})
}

func TestStopWhileStarting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j := &journal{}
		ps := parts(j, "a", "b", "c")
		ps[1].startTime = time.Hour
		_, stop, _ := run(t, composite("all", ps...))
		time.Sleep(2 * time.Second)
		require.NoError(t, stop())
		require.Equal(t, []string{"a starts", "a ready", "b starts", "b gives up", "a stopped"}, j.lines)
	})
}

func TestStopErrorsAreJoined(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ps := parts(&journal{}, "a", "b", "c")
		ps[0].stopErr, ps[2].stopErr = errors.New("one"), errors.New("three")
		ready, stop, _ := run(t, composite("all", ps...))
		<-ready
		require.EqualError(t, stop(), "c: three\na: one")
	})
}

func TestCompositesNest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j := &journal{}
		inner := parts(j, "x", "y")
		outer := parts(j, "a", "z")
		all := service.NewCompositeService("all", outer[0], composite("inner", inner...), outer[1])
		ready, _, done := run(t, all)
		<-ready
		inner[0].leave <- errors.New("broke")
		require.EqualError(t, <-done, "inner: x: broke")
		require.Equal(t, []string{"x leaves", "y stopped", "z stopped", "a stopped"}, j.lines[8:])
	})
}

func TestEmptyCompositeWaits(t *testing.T) {
	t.Parallel()
	ready, stop, _ := run(t, service.NewCompositeService("none"))
	<-ready
	require.NoError(t, stop())
}

func TestNothingStartsOnceStopped(t *testing.T) {
	t.Parallel()
	j := &journal{}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.NoError(t, composite("all", parts(j, "a")...).Run(ctx, func() { t.Error("ready") }))
	require.Empty(t, j.lines)
}

// exiting ends its goroutine from inside, as a failed assertion would.
type exiting struct{}

func (exiting) String() string { return "exiting" }

func (exiting) Run(context.Context, func()) error {
	runtime.Goexit()
	return nil
}

func TestAGoroutineThatExitsCountsAsReturned(t *testing.T) {
	t.Parallel()
	err := service.NewCompositeService("all", exiting{}).Run(t.Context(), func() { t.Error("ready") })
	require.ErrorIs(t, err, service.ErrReturned)
}

// balance counts starts against returns and checks that a service runs only
// while the one before it does.
type balance struct {
	i       int
	running []bool
	mu      *sync.Mutex
	fail    bool
}

func (b *balance) String() string { return fmt.Sprint("part ", b.i) }

func (b *balance) Run(ctx context.Context, ready func()) error {
	b.set(true)
	defer b.set(false)
	if b.fail {
		return errors.New("failed")
	}
	ready()
	<-ctx.Done()
	return nil
}

func (b *balance) set(on bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.i > 0 && !b.running[b.i-1] {
		panic("the service before is not there")
	}
	b.running[b.i] = on
}

func TestStartStopStress(t *testing.T) {
	t.Parallel()
	for round := range 300 {
		n := 1 + rand.IntN(8)
		running, mu := make([]bool, n), &sync.Mutex{}
		failing := rand.IntN(2 * n) // half the rounds have no failure
		services := make([]service.Service, n)
		for i := range services {
			services[i] = &balance{i: i, running: running, mu: mu, fail: i == failing}
		}
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			for range rand.IntN(200) {
				runtime.Gosched()
			}
			cancel()
		}()
		wasReady := false
		err := service.NewCompositeService("all", services...).Run(ctx, func() { wasReady = true })
		if failing >= n {
			require.NoError(t, err, "round %d", round)
		} else {
			require.False(t, wasReady, "round %d", round)
		}
		require.NotContains(t, running, true, "round %d: all have returned", round)
		cancel()
	}
}

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/nekomata-sql/nekomata/frontend/hs2/hs2test"
	"github.com/nekomata-sql/nekomata/thrift/hive"
)

// How many are in the crowd.
const (
	busySessions   = 1_000
	busyStatements = 10 // of each
	idleSessions   = 10_000
	dialAtOnce     = 64
	settle         = 10 * time.Second
)

// crowd is connections with a session each.
type crowd struct {
	members []*member
}

type member struct {
	client  *hs2test.Client
	session *hive.TSessionHandle
}

// measureCrowd measures one large result, and many sessions at once: that work all
// together, and that do nothing. The client is this program, which takes its part of the machine.
func measureCrowd(ctx context.Context, o options, work string) error {
	var b strings.Builder
	fmt.Fprintf(&b, "\nA large result and many sessions, the client (in Go) on the same cores.\n\n| | |\n|---|---:|\n")
	for i, measure := range []func(context.Context, *target, *strings.Builder) error{stream, busy, idle} {
		gateway := nekomata(o.root, filepath.Join(work, fmt.Sprintf("crowd%d", i)))
		if err := gateway.start(ctx); err != nil {
			return err
		}
		err := measure(ctx, gateway, &b)
		if err = errors.Join(err, gateway.stop()); err != nil {
			return err
		}
	}
	return o.print(b.String())
}

// busy lets each of many sessions run some statements, all at once.
func busy(ctx context.Context, gateway *target, b *strings.Builder) (err error) {
	fmt.Fprintf(os.Stderr, "crowd: %d sessions, %d statements each\n", busySessions, busyStatements)
	began := time.Now()
	c, err := gather(ctx, gateway, busySessions)
	defer func() { err = errors.Join(err, c.leave()) }()
	if err != nil {
		return err
	}
	opened := time.Since(began)
	began = time.Now()
	took, err := c.all(func(m *member) error { return m.selectOne(ctx) }, busySessions, busyStatements)
	if err != nil {
		return err
	}
	fmt.Fprintf(b, "| %d sessions open on connections of their own within (s) | %s |\n", busySessions, number(opened.Seconds()))
	fmt.Fprintf(b, "| %d sessions × %d statements at once (statements per second) | %s |\n",
		busySessions, busyStatements, number(float64(len(took))/time.Since(began).Seconds()))
	fmt.Fprintf(b, "| the same, p50 / p99 of a statement (ms) | %s / %s |\n", quantile(took, 0.5), quantile(took, 0.99))
	fmt.Fprintf(b, "| the same, errors | 0 |\n| RSS after it (MB) | %s |\n", number(gateway.rss()))
	return nil
}

// idle opens many sessions that do nothing.
func idle(ctx context.Context, gateway *target, b *strings.Builder) (err error) {
	want := idleSessions
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err != nil {
		return err
	}
	// The runtime has raised the soft limit to the hard one, here and in the gateway.
	if most := int(min(files.Max, 1<<30)) - 500; most < want {
		fmt.Fprintf(os.Stderr, "crowd: `ulimit -Hn` is %d, so there are %d idle connections instead of %d\n", files.Max, most, want)
		want = most
	}
	fmt.Fprintf(os.Stderr, "crowd: %d idle connections\n", want)
	one, err := gather(ctx, gateway, 1)
	defer func() { err = errors.Join(err, one.leave()) }()
	if err != nil {
		return err
	}
	if _, err := one.all(func(m *member) error { return m.selectOne(ctx) }, 1, 2000); err != nil {
		return err
	}
	before := gateway.rss()
	began := time.Now()
	c, err := gather(ctx, gateway, want)
	defer func() { err = errors.Join(err, c.leave()) }()
	if err != nil {
		return err
	}
	opened := time.Since(began)
	peak := gateway.rss()
	select {
	case <-time.After(settle):
	case <-ctx.Done():
		return ctx.Err()
	}
	settled := gateway.rss()
	took, err := one.all(func(m *member) error { return m.selectOne(ctx) }, 1, 2000)
	if err != nil {
		return err
	}
	each := func(mb float64) string { return number((mb - before) * 1024 / float64(want)) }
	fmt.Fprintf(b, "| %d idle connections with a session, opened (per second) | %s |\n", want, number(float64(want)/opened.Seconds()))
	fmt.Fprintf(b, "| RSS before / with them / %d s later (MB) | %s / %s / %s |\n", int(settle.Seconds()), number(before), number(peak), number(settled))
	fmt.Fprintf(b, "| an idle connection with its session, at once / later (KB) | %s / %s |\n", each(peak), each(settled))
	fmt.Fprintf(b, "| `select 1` beside them, p50 / p99 (ms) | %s / %s |\n", quantile(took, 0.5), quantile(took, 0.99))
	return nil
}

// gather connects so many and opens their sessions.
func gather(ctx context.Context, gateway *target, n int) (*crowd, error) {
	c := &crowd{members: make([]*member, n)}
	for i := range c.members {
		c.members[i] = &member{}
	}
	_, err := c.all(func(m *member) error {
		client, err := hs2test.Dial(ctx, hs2test.Options{Address: gateway.address(), User: gateway.user, Password: "bench"})
		if err != nil {
			return err
		}
		m.client = client
		r, err := client.OpenSession(ctx, &hive.TOpenSessionReq{ClientProtocol: hive.TProtocolVersion_HIVE_CLI_SERVICE_PROTOCOL_V10})
		if err != nil {
			return err
		}
		m.session = r.SessionHandle
		return succeeded(r.Status)
	}, dialAtOnce, 1)
	return c, err
}

// all lets every member do something so many times, a number of them at once, and
// returns the sorted times.
func (c *crowd) all(do func(*member) error, atOnce, times int) ([]time.Duration, error) {
	took := make([]time.Duration, len(c.members)*times)
	var next atomic.Int64
	var failed atomic.Pointer[error]
	var wg sync.WaitGroup
	for range min(atOnce, len(c.members)) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(c.members) && failed.Load() == nil; i = int(next.Add(1)) - 1 {
				for k := range times {
					began := time.Now()
					if err := do(c.members[i]); err != nil {
						failed.CompareAndSwap(nil, &err)
						return
					}
					took[i*times+k] = time.Since(began)
				}
			}
		})
	}
	wg.Wait()
	if err := failed.Load(); err != nil {
		return nil, *err
	}
	slices.Sort(took)
	return took, nil
}

// leave closes the sessions and hangs up.
func (c *crowd) leave() error {
	_, err := c.all(func(m *member) error {
		if m.client == nil {
			return nil
		}
		return m.client.Close()
	}, dialAtOnce, 1)
	return err
}

// selectOne runs a statement as Hive JDBC does.
func (m *member) selectOne(ctx context.Context) error {
	r, err := m.client.ExecuteStatement(ctx, &hive.TExecuteStatementReq{SessionHandle: m.session, Statement: "select 1", RunAsync: true})
	if err != nil {
		return err
	}
	if err := succeeded(r.Status); err != nil {
		return err
	}
	for {
		s, err := m.client.GetOperationStatus(ctx, &hive.TGetOperationStatusReq{OperationHandle: r.OperationHandle})
		if err != nil {
			return err
		}
		if state := s.GetOperationState(); state == hive.TOperationState_FINISHED_STATE {
			break
		} else if state >= hive.TOperationState_CANCELED_STATE && state <= hive.TOperationState_ERROR_STATE {
			return fmt.Errorf("select 1 ended as %s: %s", state, s.GetErrorMessage())
		}
	}
	if _, err := m.client.GetResultSetMetadata(ctx, &hive.TGetResultSetMetadataReq{OperationHandle: r.OperationHandle}); err != nil {
		return err
	}
	f, err := m.client.FetchResults(ctx, &hive.TFetchResultsReq{OperationHandle: r.OperationHandle, MaxRows: 1000})
	if err != nil {
		return err
	}
	if columns := f.GetResults().GetColumns(); len(columns) != 1 || len(columns[0].GetI32Val().GetValues()) != 1 {
		return errors.New("select 1 is not 1")
	}
	_, err = m.client.CloseOperation(ctx, &hive.TCloseOperationReq{OperationHandle: r.OperationHandle})
	return err
}

func succeeded(status *hive.TStatus) error {
	if status.GetStatusCode() != hive.TStatusCode_SUCCESS_STATUS {
		return fmt.Errorf("refused: %s", status.GetErrorMessage())
	}
	return nil
}

func quantile(sorted []time.Duration, q float64) string {
	return number(float64(sorted[int(q*float64(len(sorted)-1))].Microseconds()) / 1000)
}

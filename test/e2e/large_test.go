package e2e

import (
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nekomata-sql/nekomata/frontend/hs2/hs2test"
	"github.com/nekomata-sql/nekomata/thrift/hive"
)

// rss is the gateway's resident memory in MB.
func (g *gateway) rss(t *testing.T) float64 {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", g.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	kb, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
	if err != nil {
		t.Fatal(err)
	}
	return kb / 1024
}

// highest samples the gateway's memory until the returned function is called, which
// tells the most it saw.
func (g *gateway) highest(t *testing.T) (stop func() float64) {
	t.Helper()
	var done atomic.Bool
	most := make(chan float64)
	go func() {
		top := 0.0
		for !done.Load() {
			status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", g.cmd.Process.Pid))
			if _, rest, found := strings.Cut(string(status), "VmRSS:"); found {
				kb, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
				top = max(top, kb/1024)
			}
			time.Sleep(20 * time.Millisecond)
		}
		most <- top
	}()
	return func() float64 {
		done.Store(true)
		return <-most
	}
}

// spools are the sizes of the files without a name that the gateway has results in.
func (g *gateway) spools(t *testing.T) (sizes []int64) {
	t.Helper()
	dir := fmt.Sprintf("/proc/%d/fd", g.cmd.Process.Pid)
	fds, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range fds {
		link := filepath.Join(dir, fd.Name())
		if to, err := os.Readlink(link); err == nil && strings.Contains(to, "/result-") && strings.HasSuffix(to, " (deleted)") {
			if info, err := os.Stat(link); err == nil {
				sizes = append(sizes, info.Size())
			}
		}
	}
	return sizes
}

// thriftClient is a session of the client that can throw rows away as they come.
func thriftClient(t *testing.T, g *gateway) (*hs2test.Client, *hive.TSessionHandle) {
	t.Helper()
	c, err := hs2test.Dial(t.Context(), hs2test.Options{Address: g.thrift, User: "large", Password: "x"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	s, err := c.OpenSession(t.Context(), &hive.TOpenSessionReq{ClientProtocol: hive.TProtocolVersion_HIVE_CLI_SERVICE_PROTOCOL_V10})
	if err != nil {
		t.Fatal(err)
	}
	return c, s.SessionHandle
}

func statement(t *testing.T, c *hs2test.Client, s *hive.TSessionHandle, sql string) *hive.TOperationHandle {
	t.Helper()
	r, err := c.ExecuteStatement(t.Context(), &hive.TExecuteStatementReq{SessionHandle: s, Statement: sql})
	if err != nil {
		t.Fatal(err)
	}
	if r.OperationHandle == nil {
		t.Fatal(r.Status.GetErrorMessage())
	}
	return r.OperationHandle
}

// TestFiftyMillionRows streams them through a gateway whose memory stays as it is. The
// result is larger than its file may be, so it also goes on when that is given up.
func TestFiftyMillionRows(t *testing.T) {
	const rows, fileMB = 50_000_000, 128
	g := ownServer(t, fmt.Sprintf("kyuubi.operation.result.spill.max.size=%dm", fileMB))
	c, s := thriftClient(t, g)
	op := statement(t, c, s, fmt.Sprintf("select i from range(%d) t(i)", rows))
	fetch := &hive.TFetchResultsReq{OperationHandle: op, MaxRows: 50_000}
	at, bytes, largest := int64(0), 0, int64(0)
	var before float64
	var highest func() float64
	began := time.Now()
	for more := true; more; {
		p, err := c.Skim(t.Context(), fetch)
		if err != nil {
			t.Fatal(err)
		}
		if p.Start != at || p.Rows == 0 && p.More {
			t.Fatalf("%d rows from %d where %d is next", p.Rows, p.Start, at)
		}
		at, bytes, more = at+int64(p.Rows), bytes+p.Bytes, p.More
		switch {
		case highest == nil:
			before = g.rss(t)
			highest = g.highest(t)
		case at%2_000_000 == 0:
			for _, size := range g.spools(t) {
				largest = max(largest, size)
			}
		}
	}
	took := time.Since(began)
	most := highest()
	t.Logf("%d rows, %d MB in %.1f s (%.1f M rows/s); RSS %.0f MB after the first page, %.0f MB at most; file of %d MB at most",
		at, bytes>>20, took.Seconds(), float64(at)/1e6/took.Seconds(), before, most, largest>>20)
	if at != rows {
		t.Errorf("%d rows", at)
	}
	if most > before+100 {
		t.Errorf("RSS rose by %.0f MB", most-before)
	}
	if largest == 0 || largest > (fileMB+8)<<20 {
		t.Errorf("a file of %d MB at most", largest>>20)
	}
	if left := g.spools(t); len(left) > 0 {
		t.Errorf("files left: %v", left)
	}
}

// TestSlowReaders ask for the next page before they have read the one before, and then
// read nothing. The gateway holds a window for each, and not what its engine could
// make in the time.
func TestSlowReaders(t *testing.T) {
	const readers = 4
	g := ownServer(t, "kyuubi.operation.result.memory.max.size=4m", "kyuubi.operation.result.spill.max.size=16m")
	for range readers {
		c, s := thriftClient(t, g)
		op := statement(t, c, s, "select i, repeat('x', 100) as s from range(100000000) t(i)")
		if _, err := c.Skim(t.Context(), &hive.TFetchResultsReq{OperationHandle: op, MaxRows: 10_000}); err != nil {
			t.Fatal(err)
		}
	}
	before := g.rss(t)
	highest := g.highest(t)
	time.Sleep(1500 * time.Millisecond) // in which the engine could make millions
	most := highest()
	t.Logf("%d slow readers: RSS %.0f MB, %.0f MB at most; files %v", readers, before, most, g.spools(t))
	if most > before+readers*16 {
		t.Errorf("RSS rose by %.0f MB", most-before)
	}
	for _, size := range g.spools(t) {
		if size > 8<<20 {
			t.Errorf("%d bytes were read ahead into a file", size)
		}
	}
}

// TestReaderWhoReadsNothing sends calls and leaves the answers in the socket: the
// gateway stops at the first that does not fit there.
func TestReaderWhoReadsNothing(t *testing.T) {
	g := ownServer(t)
	conn, err := net.Dial("tcp", g.thrift)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	c, err := hs2test.NewClient(conn, hs2test.Options{User: "large", Password: "x"})
	if err != nil {
		t.Fatal(err)
	}
	s, err := c.OpenSession(t.Context(), &hive.TOpenSessionReq{ClientProtocol: hive.TProtocolVersion_HIVE_CLI_SERVICE_PROTOCOL_V10})
	if err != nil {
		t.Fatal(err)
	}
	op := statement(t, c, s.SessionHandle, "select i, repeat('x', 100) as s from range(100000000) t(i)")
	before := g.rss(t)
	highest := g.highest(t)
	call := fetchCall(op, 50_000)
	for range 200 { // a gigabyte of answers
		if _, err := conn.Write(call); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(1500 * time.Millisecond)
	most := highest()
	t.Logf("RSS %.0f MB, %.0f MB at most", before, most)
	if most > before+64 {
		t.Errorf("RSS rose by %.0f MB", most-before)
	}
}

// fetchCall is a call of FetchResults as it stands on the wire.
func fetchCall(op *hive.TOperationHandle, rows int64) []byte {
	text := func(b []byte) string { return string(binary.BigEndian.AppendUint32(nil, uint32(len(b)))) + string(b) }
	field := func(kind, id byte, value string) string { return string([]byte{kind, 0, id}) + value }
	const flag, i32, i64, bytes, group, zero, stop = 2, 8, 10, 11, 12, "\x00\x00\x00\x00", "\x00"
	handle := field(group, 1, field(bytes, 1, text(op.OperationId.GUID))+field(bytes, 2, text(op.OperationId.Secret))+stop) +
		field(i32, 2, zero) + field(flag, 3, "\x01") + stop
	request := field(group, 1, handle) + field(i32, 2, zero) + field(i64, 3, string(binary.BigEndian.AppendUint64(nil, uint64(rows)))) + stop
	return []byte(text([]byte("\x80\x01\x00\x01" + text([]byte("FetchResults")) + zero + field(group, 1, request) + stop)))
}

// TestResultsAfterACrash: a gateway that dies in the middle of a result leaves no file
// with it, and the next one starts where it was.
func TestResultsAfterACrash(t *testing.T) {
	skipShort(t)
	dir := t.TempDir()
	g, err := start(dir, "kyuubi.operation.result.memory.max.size=64k")
	if err != nil {
		t.Fatal(err)
	}
	c, s := thriftClient(t, g)
	op := statement(t, c, s, "select i, repeat('x', 100) as s from range(10000000) t(i)")
	for range 20 {
		if _, err := c.Skim(t.Context(), &hive.TFetchResultsReq{OperationHandle: op, MaxRows: 10_000}); err != nil {
			t.Fatal(err)
		}
	}
	if files := g.spools(t); len(files) != 1 || files[0] < 1<<20 {
		t.Errorf("files %v: the result should be in one", files)
	}
	if err := g.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-g.exited
	if _, err := c.Skim(t.Context(), &hive.TFetchResultsReq{OperationHandle: op, MaxRows: 10_000}); err == nil {
		t.Error("who answered?")
	}
	err = filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if strings.Contains(filepath.Base(path), "result-") {
			t.Errorf("%s is left", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	g, err = start(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := g.stop(); err != nil {
		t.Error(err)
	}
}

package batch_test

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/batch"
	"github.com/nekomata-sql/nekomata/metadata"
	"github.com/nekomata-sql/nekomata/metadata/metadatatest"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// start makes a batch run under a lease.
func (d *desk) start(t *testing.T, id string) metadata.Lease {
	t.Helper()
	taken, err := d.store.Take(t.Context(), metadata.Taker{Owner: "gw2", Instance: "gw2:10099", Host: "there", Lease: time.Minute}, 1)
	require.NoError(t, err)
	require.Len(t, taken, 1)
	require.Equal(t, id, taken[0].ID)
	l := taken[0].Lease
	require.NoError(t, d.store.ClaimStart(t.Context(), l, metadata.Start{Host: "there", LogLocation: "/elsewhere/log/" + id + ".log"}))
	require.NoError(t, d.store.MarkRunning(t.Context(), l, metadata.Application{ID: "1", State: "RUNNING"}))
	return l
}

func TestCancel(t *testing.T) {
	t.Parallel()
	end := make(chan string, 1)
	d := newDesk(t, func(o *batch.ManagerOptions) { o.Nudge = func(id string) { end <- id } })
	submit := func() string {
		i, err := d.Submit(as(t, "ann"), job(""), nil)
		require.NoError(t, err)
		return i.ID
	}
	waiting := submit()
	c, err := d.Cancel(as(t, "ann"), waiting)
	require.NoError(t, err)
	require.True(t, c.Done, c.Message)
	c, err = d.Cancel(as(t, "root"), waiting)
	require.NoError(t, err)
	require.Equal(t, batch.Canceled{Message: "batch " + waiting + " is already terminal so can not kill it."}, c)

	var runner sync.WaitGroup
	defer runner.Wait()
	for state, finish := range map[metadata.State]func(l metadata.Lease) error{
		metadata.Canceled: func(l metadata.Lease) error {
			return d.store.Cancel(t.Context(), l, metadata.Application{ID: "1", State: "KILLED", Diagnostic: "Killed it."})
		},
		metadata.Finished: func(l metadata.Lease) error {
			return d.store.Finish(t.Context(), l, metadata.Application{ID: "1", State: "FINISHED"})
		},
	} {
		id := submit()
		l := d.start(t, id)
		runner.Go(func() {
			if <-end == id {
				_ = finish(l) // the test looks at what it did
			}
		})
		c, err = d.Cancel(as(t, "ann"), id)
		require.NoError(t, err)
		require.Equal(t, state == metadata.Canceled, c.Done)
		if c.Done {
			require.Equal(t, "Killed it.", c.Message)
		} else {
			require.Contains(t, c.Message, "already terminal")
		}
		b, err := d.Get(as(t, "ann"), id)
		require.NoError(t, err)
		require.Equal(t, state, b.State)
	}
	_, err = d.Cancel(as(t, "ann"), uuid.NewString())
	require.ErrorIs(t, err, sqlerr.NotFound)
}

func TestCancelThatTakesLong(t *testing.T) {
	t.Parallel()
	d := newDesk(t, func(o *batch.ManagerOptions) { o.CancelWait = 50 * time.Millisecond })
	i, err := d.Submit(as(t, "ann"), job(""), nil)
	require.NoError(t, err)
	d.start(t, i.ID)
	c, err := d.Cancel(as(t, "ann"), i.ID)
	require.NoError(t, err)
	require.False(t, c.Done)
	require.Contains(t, c.Message, "still RUNNING after 50ms. The gateway gw2:10099 has been told")
	b, err := d.Get(as(t, "ann"), i.ID)
	require.NoError(t, err)
	require.True(t, b.CancelRequested)
}

func TestLocalLog(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	i, err := d.Submit(as(t, "ann"), job(""), nil)
	require.NoError(t, err)
	read := func(from int64, size int) []string {
		lines, err := d.LocalLog(as(t, "ann"), i.ID, from, size)
		require.NoError(t, err)
		return lines
	}
	require.Equal(t, []string{}, read(0, 10), "it has not begun")
	require.NoError(t, os.MkdirAll(d.dir+"/log", 0o700))
	f, err := os.Create(i.LogLocation)
	require.NoError(t, err)
	defer f.Close()
	write := func(text string) {
		_, err := f.WriteString(text)
		require.NoError(t, err)
	}
	require.Equal(t, []string{}, read(-1, 10))
	var all []string
	for n := range 30_000 {
		all = append(all, "line "+strconv.Itoa(n)+strings.Repeat("x", n%50))
	}
	write(strings.Join(all, "\n") + "\n")
	require.Equal(t, all[:100], read(0, 100))
	require.Equal(t, all[100:200], read(100, 100))
	require.Equal(t, all[50:60], read(50, 10))
	require.Equal(t, all[29_990:], read(29_990, 100))
	require.Equal(t, []string{}, read(30_000, 100))
	require.Equal(t, []string{}, read(99_999, 100))
	require.Equal(t, all[29_900:], read(-1, 100))
	require.Equal(t, all[10_000:], read(-5, 20_000))
	require.Equal(t, all, read(-1, 100_000))
	require.Equal(t, all, read(0, 100_000))

	// A line that is still being written is seen as the last, and whole by those who count.
	write("beg")
	require.Equal(t, []string{}, read(30_000, 10))
	page, total, err := d.LogPage(as(t, "ann"), i.ID, 30_000, 10)
	require.NoError(t, err)
	require.Empty(t, page)
	require.EqualValues(t, 30_000, total)
	require.Equal(t, []string{"beg"}, read(-1, 1))
	write("un\r\n--password geheim\n\xff\n")
	require.Equal(t, []string{"begun", "--password ***", "\uFFFD"}, read(30_000, 10))
	require.Equal(t, []string{"begun", "--password ***", "\uFFFD"}, read(-1, 3))
	write(strings.Repeat("y", 3<<20) + "\nend\n")
	long := read(30_003, 10)
	require.Len(t, long, 2)
	require.Len(t, long[0], 1<<20)
	require.Equal(t, "end", long[1])

	_, total, err = d.LogPage(as(t, "ann"), i.ID, 0, 10)
	require.NoError(t, err)
	require.EqualValues(t, 30_005, total)
	gone, hangUp := context.WithCancel(as(t, "ann"))
	hangUp()
	_, err = d.LocalLog(gone, i.ID, 0, 10)
	require.ErrorIs(t, err, context.Canceled)

	// Nothing comes after the end of a job.
	write("last")
	require.Equal(t, []string{}, read(30_005, 10))
	_, err = d.Cancel(as(t, "ann"), i.ID)
	require.NoError(t, err)
	require.Equal(t, []string{"last"}, read(30_005, 10))
	_, total, err = d.LogPage(as(t, "ann"), i.ID, 0, 10)
	require.NoError(t, err)
	require.EqualValues(t, 30_006, total)

	// Another file of that name, as after a clean-up.
	require.NoError(t, os.Rename(i.LogLocation, i.LogLocation+".old"))
	require.NoError(t, os.WriteFile(i.LogLocation, []byte("new\n"), 0o600))
	require.Equal(t, []string{"new"}, read(0, 10))
}

func TestASecretThatBeginsLikeAnother(t *testing.T) {
	t.Parallel()
	d := newDesk(t, func(o *batch.ManagerOptions) { o.Redact = func(string, string) string { return "***" } })
	conf := map[string]string{}
	for n := range 8 {
		conf["spark.s"+strconv.Itoa(n)] = strings.Repeat("geheim", n+1)
	}
	i, err := d.Submit(as(t, "ann"), job("", func(r *batch.Request) { r.Conf = conf }), nil)
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(d.dir+"/log", 0o700))
	require.NoError(t, os.WriteFile(i.LogLocation, []byte("a "+conf["spark.s7"]+" b\n"), 0o600))
	lines, err := d.LocalLog(as(t, "ann"), i.ID, 0, 10)
	require.NoError(t, err)
	require.Equal(t, []string{"a *** b"}, lines)
}

func TestLogsElsewhere(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	i, err := d.Submit(as(t, "ann"), job(""), nil)
	require.NoError(t, err)
	l := d.start(t, i.ID)
	_, err = d.LocalLog(as(t, "ann"), i.ID, 0, 10)
	require.ErrorIs(t, err, sqlerr.NotFound)
	require.ErrorContains(t, err, "No local log found for batch: "+i.ID)
	require.ErrorContains(t, err, "/elsewhere/log/"+i.ID+".log of the host there")
	require.NoError(t, d.store.Finish(t.Context(), l, metadata.Application{State: "FINISHED"}))

	here := newDesk(t, func(o *batch.ManagerOptions) { o.Host = "there" })
	i, err = here.Submit(as(t, "ann"), job(""), nil)
	require.NoError(t, err)
	here.start(t, i.ID)
	_, err = here.LocalLog(as(t, "ann"), i.ID, 0, 10)
	require.ErrorContains(t, err, "of this host and is gone")
	_, err = here.LocalLog(as(t, "ann"), uuid.NewString(), 0, 10)
	require.ErrorContains(t, err, "Invalid batchId")

	// A row can't make the gateway read any file.
	b := metadatatest.NewBatch(func(b *metadata.Batch) { b.User, b.LogLocation = "ann", filepath.Join(d.dir, "other.log") })
	require.NoError(t, os.WriteFile(b.LogLocation, []byte("secret"), 0o600))
	require.NoError(t, d.store.Insert(t.Context(), b))
	lines, err := d.LocalLog(as(t, "ann"), b.ID, 0, 10)
	require.NoError(t, err)
	require.Empty(t, lines)
}

func TestLimits(t *testing.T) {
	t.Parallel()
	d := newDesk(t, func(o *batch.ManagerOptions) {
		o.Limits = batch.Limits{PerUser: 3, PerAddress: 4, PerUserAddress: 2, Unlimited: []string{"free"}}
	})
	submit := func(user, address, id string) error {
		_, err := d.Submit(as(t, user), job(id, func(r *batch.Request) { r.User, r.RealUser, r.ClientAddress = user, user, address }), nil)
		return err
	}
	id := uuid.NewString()
	require.NoError(t, submit("ann", "a", id))
	require.NoError(t, submit("ann", "a", ""))
	err := submit("ann", "a", "")
	require.ErrorIs(t, err, sqlerr.Exhausted)
	require.ErrorContains(t, err, "Connection limit per user:ipaddress reached (user:ipaddress: ann:a limit: 2)")
	require.NoError(t, submit("ann", "a", id), "it is there already")
	require.NoError(t, submit("ann", "b", ""))
	require.ErrorContains(t, submit("ann", "b", ""), "Connection limit per user reached (user: ann limit: 3)")
	require.NoError(t, submit("bob", "a", ""))
	require.NoError(t, submit("free", "a", ""))
	require.ErrorContains(t, submit("eve", "a", ""), "Connection limit per ipaddress reached (ipaddress: a limit: 4)")
	require.NoError(t, submit("free", "a", ""))

	_, err = d.Cancel(as(t, "ann"), id)
	require.NoError(t, err)
	require.NoError(t, submit("ann", "b", ""), "what has ended doesn't count")
	d.ChangeLimits(func(l *batch.Limits) { l.DenyUsers = []string{"bob"} })
	require.ErrorIs(t, submit("bob", "c", ""), sqlerr.Denied)

	// At once, a limit is a limit.
	var accepted atomic.Int64
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if submit("zoe", "z", "") == nil {
				accepted.Add(1)
			}
		})
	}
	all.Wait()
	require.EqualValues(t, 2, accepted.Load())
}

func TestAdminOfBatches(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	i, err := d.Submit(as(t, "ann"), job(""), nil)
	require.NoError(t, err)
	_, err = d.Adopt(as(t, "ann"), i.ID)
	require.ErrorIs(t, err, sqlerr.Denied)
	_, err = d.Adopt(as(t, "root"), i.ID)
	require.ErrorIs(t, err, sqlerr.Conflict)
	_, err = d.Adopt(as(t, "root"), "x")
	require.ErrorIs(t, err, sqlerr.NotFound)
	_, err = d.Reassign(as(t, "ann"), "gw9:1")
	require.ErrorIs(t, err, sqlerr.Denied)
	_, err = d.Reassign(as(t, "root"), "gw1:10099")
	require.ErrorContains(t, err, "KyuubiInstance is alive")
	_, err = d.Reassign(as(t, "root"), "")
	require.ErrorIs(t, err, sqlerr.Invalid)
	text, err := d.Reassign(as(t, "root"), "gw9:1")
	require.NoError(t, err)
	require.Contains(t, text, "gw9:1")
}

package batch_test

import (
	"context"
	"os"
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

// shaky is a store whose answers get lost.
type shaky struct {
	*metadata.Store

	// insert is asked before each Insert: do says whether it happens, answer whether its
	// answer comes.
	insert func(n int64) (do, answer bool)
	// away fails every Get.
	away    atomic.Bool
	inserts atomic.Int64
}

// unsure is an error of a statement that may have been executed.
func (s *shaky) unsure(ctx context.Context) error {
	over, cancel := context.WithCancel(ctx)
	cancel()
	_, err := s.Store.Get(over, "x")
	return err
}

func (s *shaky) Insert(ctx context.Context, b metadata.Batch) error {
	do, answer := s.insert(s.inserts.Add(1))
	var err error
	if do {
		err = s.Store.Insert(ctx, b)
	}
	if !answer {
		return s.unsure(ctx)
	}
	return err
}

func (s *shaky) Get(ctx context.Context, id string) (metadata.Batch, error) {
	if s.away.Load() {
		return metadata.Batch{}, sqlerr.New(sqlerr.Unavailable, "away")
	}
	return s.Store.Get(ctx, id)
}

func TestSubmitSettlesLostAnswers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		insert func(n int64) (do, answer bool)
		tries  int64
	}{
		"stored, answer lost":           {func(n int64) (bool, bool) { return true, n > 1 }, 1},
		"not stored, answer lost":       {func(n int64) (bool, bool) { return n > 1, n > 1 }, 2},
		"not stored, then stored, lost": {func(n int64) (bool, bool) { return n > 1, n > 2 }, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &shaky{insert: c.insert}
			d := newDesk(t, func(o *batch.ManagerOptions) {
				s.Store, _ = o.Store.(*metadata.Store)
				o.Store = s
			})
			id := uuid.NewString()
			i, err := d.Submit(as(t, "ann"), job(id), nil)
			require.NoError(t, err)
			require.False(t, i.Duplicated, "it is this request's own")
			require.Equal(t, c.tries, s.inserts.Load())
			again, err := d.Submit(as(t, "ann"), job(id), nil)
			require.NoError(t, err)
			require.True(t, again.Duplicated)
			require.Equal(t, i.Created, again.Created)
		})
	}
}

// TestSubmitLosesAfterALostAnswer: the same request came by another gateway in
// between, so this one's answer must be flagged.
func TestSubmitLosesAfterALostAnswer(t *testing.T) {
	t.Parallel()
	s := &shaky{}
	d := newDesk(t, func(o *batch.ManagerOptions) {
		s.Store, _ = o.Store.(*metadata.Store)
		o.Store = s
	})
	other := batch.NewManager(batch.ManagerOptions{Store: d.store, Dir: t.TempDir()})
	id := uuid.NewString()
	s.insert = func(int64) (bool, bool) {
		_, err := other.Submit(as(t, "ann"), job(id), nil)
		require.NoError(t, err)
		return false, false
	}
	i, err := d.Submit(as(t, "ann"), job(id), nil)
	require.NoError(t, err)
	require.True(t, i.Duplicated)
	require.False(t, i.Differs)
}

func TestSubmitWhileTheStoreIsAway(t *testing.T) {
	t.Parallel()
	s := &shaky{insert: func(int64) (bool, bool) { return true, false }}
	d := newDesk(t, func(o *batch.ManagerOptions) {
		s.Store, _ = o.Store.(*metadata.Store)
		o.Store = s
	})
	s.away.Store(true)
	files := d.NewUpload()
	require.NoError(t, files.Receive(t.Context(), "a.jar", true, strings.NewReader("jar")))
	req := job(uuid.NewString(), func(r *batch.Request) { r.Uploaded, r.Resource = true, "" })
	_, err := d.Submit(as(t, "ann"), req, files)
	require.ErrorIs(t, err, sqlerr.Unavailable)
	files.Discard()
	s.away.Store(false)
	i, err := d.Submit(as(t, "ann"), job(req.Conf["kyuubi.batch.id"]), nil)
	require.NoError(t, err)
	require.True(t, i.Duplicated, "it was stored after all")
	text, err := os.ReadFile(i.Resource)
	require.NoError(t, err, "and so its files must be there")
	require.Equal(t, "jar", string(text))

	stopped, stop := metadatatest.OpenUntil(t, metadata.Options{URL: "jdbc:sqlite:" + t.TempDir() + "/s.db"})
	stop()
	m := batch.NewManager(batch.ManagerOptions{Store: stopped, Dir: t.TempDir()})
	began := time.Now()
	_, err = m.Submit(as(t, "ann"), job(""), nil)
	require.ErrorIs(t, err, sqlerr.Unavailable)
	require.Less(t, time.Since(began), 10*time.Second)
}

// TestTwoGatewaysOneID: on a real MariaDB, every id has one winner and everybody
// is told of the same batch.
func TestTwoGatewaysOneID(t *testing.T) {
	t.Parallel()
	db := metadatatest.StartMariaDB(t)
	name := db.Database(t)
	var gateways [2]*batch.Manager
	var dirs [2]string
	for i := range gateways {
		dirs[i] = t.TempDir()
		gateways[i] = batch.NewManager(batch.ManagerOptions{
			Store: metadatatest.Open(t, metadata.Options{URL: db.URL(name), User: "root"}),
			Host:  dirs[i], Dir: dirs[i],
		})
	}
	const ids, clients = 20, 50
	type answer struct {
		batch.Info

		err error
	}
	var answers [ids][clients]answer
	var all sync.WaitGroup
	for i := range ids {
		id := uuid.NewString()
		start := make(chan struct{})
		for c := range clients {
			all.Go(func() {
				g := gateways[c%2]
				req := job(id)
				var files *batch.Upload
				if i%4 == 0 { // with a file each
					req.Uploaded, req.Resource = true, ""
					files = g.NewUpload()
					defer files.Discard()
					answers[i][c].err = files.Receive(t.Context(), "a.jar", true, strings.NewReader("jar"))
				}
				<-start
				if answers[i][c].err == nil {
					answers[i][c].Info, answers[i][c].err = g.Submit(as(t, "ann"), req, files)
				}
			})
		}
		close(start)
	}
	all.Wait()
	for i := range ids {
		firsts := 0
		for _, a := range answers[i] {
			require.NoError(t, a.err)
			require.False(t, a.Differs)
			require.Equal(t, answers[i][0].Created, a.Created)
			require.Equal(t, answers[i][0].Digest, a.Digest)
			if !a.Duplicated {
				firsts++
			}
		}
		require.Equal(t, 1, firsts)
		if i%4 == 0 {
			text, err := os.ReadFile(answers[i][0].Resource)
			require.NoError(t, err)
			require.Equal(t, "jar", string(text))
			require.True(t, strings.HasPrefix(answers[i][0].Resource, answers[i][0].Host), "it is bound to where its file is")
		}
	}
	left := 0
	for _, dir := range dirs {
		left += count(t, dir)
	}
	require.Equal(t, ids/4, left, "only the winners' files are left")
}

// count is how many files are below a directory.
func count(t *testing.T, dir string) int {
	t.Helper()
	n := 0
	require.NoError(t, walkFiles(dir, func(string) { n++ }))
	return n
}

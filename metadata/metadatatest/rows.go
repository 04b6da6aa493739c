package metadatatest

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/metadata"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// NewBatch is a batch as a client may submit it.
func NewBatch(change ...func(*metadata.Batch)) metadata.Batch {
	b := metadata.Batch{
		ID: uuid.NewString(), User: "ann", RealUser: "root", Address: "10.1.2.3", Type: "SPARK", Name: "count",
		Resource: "/jobs/count.jar", ClassName: "jobs.Count", Conf: map[string]string{"spark.a": "1"}, Args: []string{"x", ""},
		Priority: 10, Instance: "gw1:10099", Digest: "d", Created: time.Now().Truncate(time.Millisecond),
	}
	for _, c := range change {
		c(&b)
	}
	return b
}

func (s *suite) insert(t *testing.T, change ...func(*metadata.Batch)) metadata.Batch {
	t.Helper()
	b := NewBatch(change...)
	require.NoError(t, s.store.Insert(t.Context(), b))
	return b
}

func (s *suite) get(t *testing.T, id string) metadata.Batch {
	t.Helper()
	b, err := s.store.Get(t.Context(), id)
	require.NoError(t, err)
	return b
}

// largeTexts has arguments that a column holds, but no statement in which each quote is
// written as two: a MariaDB takes 16 MiB at a time unless it is told otherwise.
func (s *suite) largeTexts(t *testing.T) {
	for _, text := range []string{strings.Repeat("'", 12<<20), strings.Repeat(`"`, 7<<20)} {
		b := s.insert(t, func(b *metadata.Batch) { b.Args = []string{text} })
		require.True(t, s.get(t, b.ID).Args[0] == text, "%d of %s", len(text), text[:1]) //nolint:testifylint // who reads a difference of this size
	}
}

func (s *suite) insertAtOnce(t *testing.T, id string) {
	t.Helper()
	const clients = 8
	var (
		won   atomic.Int64
		group sync.WaitGroup
	)
	for i := range clients {
		group.Go(func() {
			err := s.store.Insert(t.Context(), NewBatch(func(b *metadata.Batch) { b.ID, b.Name = id, strconv.Itoa(i) }))
			if err == nil {
				won.Add(1)
			} else if !errors.Is(err, sqlerr.Exists) {
				t.Errorf("neither stored nor there already: %v", err)
			}
		})
	}
	group.Wait()
	require.Equal(t, int64(1), won.Load(), "the unique key decides")
}

func (s *suite) insertOnce(t *testing.T) {
	for range 5 {
		s.insertAtOnce(t, uuid.NewString())
	}
	n, err := s.store.Count(t.Context(), metadata.Filter{})
	require.NoError(t, err)
	require.Equal(t, int64(5), n)
}

func (s *suite) values(t *testing.T) {
	text := "naïve 雪 🐈 'quoted\" \\back\\slash % \x01 \r\n\t"
	b := s.insert(t, func(b *metadata.Batch) {
		b.Name, b.ClassName, b.User = text, strings.Repeat("雪", 1024), strings.Repeat("🐈", 255)
		b.Conf = map[string]string{text: strings.Repeat(text, 20_000)} // 1 MB
		b.Args = []string{text, "", "--"}
		b.Host, b.LogLocation, b.ClusterManager, b.Priority = "host", "file:/x", "yarn", -3
	})
	got := s.get(t, b.ID)
	require.Positive(t, got.Key)
	require.Equal(t, b.Created.UnixMilli(), got.Created.UnixMilli())
	b.Key, b.State, got.Created = got.Key, metadata.Pending, b.Created
	require.Equal(t, b, got)

	bare := metadata.Batch{ID: uuid.NewString(), User: "u", Type: "SQL", Created: b.Created}
	require.NoError(t, s.store.Insert(t.Context(), bare))
	got = s.get(t, bare.ID)
	bare.Key, bare.State, bare.RealUser, bare.Created = got.Key, metadata.Pending, "u", got.Created
	bare.Conf, bare.Args = map[string]string{}, []string{}
	require.Equal(t, bare, got)

	_, err := s.store.Get(t.Context(), uuid.NewString())
	require.ErrorIs(t, err, sqlerr.NotFound)
}

func (s *suite) refusals(t *testing.T) {
	for name, change := range map[string]func(*metadata.Batch){
		"long id":   func(b *metadata.Batch) { b.ID += "x" },
		"no id":     func(b *metadata.Batch) { b.ID = "" },
		"long user": func(b *metadata.Batch) { b.User = strings.Repeat("x", 256) },
		"long name": func(b *metadata.Batch) { b.Name = strings.Repeat("x", 1025) },
		"no text":   func(b *metadata.Batch) { b.Name = "\xff" },
		"no type":   func(b *metadata.Batch) { b.Type = "" },
	} {
		err := s.store.Insert(t.Context(), NewBatch(change))
		require.ErrorIs(t, err, sqlerr.Invalid, name)
		require.Equal(t, metadata.Never, metadata.RetryOf(err), name)
	}
	err := s.store.Insert(t.Context(), NewBatch(func(b *metadata.Batch) { b.Args = []string{strings.Repeat("x", 17<<20)} }))
	require.ErrorIs(t, err, sqlerr.TooLarge)
	n, err := s.store.Count(t.Context(), metadata.Filter{})
	require.NoError(t, err)
	require.Zero(t, n)
}

// namesAreExact: a database that folds case would show one user another's batches.
func (s *suite) namesAreExact(t *testing.T) {
	b := s.insert(t, func(b *metadata.Batch) { b.User, b.Name = "ann", "résumé" })
	s.insert(t, func(b *metadata.Batch) { b.ID, b.User, b.Name = strings.ToUpper(b.ID), "ANN", "resume" })
	for _, f := range []metadata.Filter{{User: "ann"}, {Name: "résumé"}} {
		list, err := s.store.List(t.Context(), f, metadata.Page{Size: 10})
		require.NoError(t, err)
		require.Len(t, list, 1)
		require.Equal(t, b.ID, list[0].ID)
	}
	_, err := s.store.Get(t.Context(), strings.ToUpper(b.ID))
	require.ErrorIs(t, err, sqlerr.NotFound)
	require.NoError(t, s.store.Insert(t.Context(), NewBatch(func(x *metadata.Batch) { x.ID = strings.ToUpper(b.ID) })))
}

func (s *suite) canceledContexts(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, s.store.Insert(ctx, NewBatch()), sqlerr.Canceled)
	_, err := s.store.List(ctx, metadata.Filter{}, metadata.Page{Size: 1})
	require.ErrorIs(t, err, sqlerr.Canceled)
	ctx, cancel = context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	_, err = s.store.Take(ctx, metadata.Taker{Owner: "a"}, 1)
	require.ErrorIs(t, err, sqlerr.Timeout)
}

package metadatatest

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/metadata"
)

func (s *suite) names(t *testing.T, f metadata.Filter, p metadata.Page) []string {
	t.Helper()
	list, err := s.store.List(t.Context(), f, p)
	require.NoError(t, err)
	names := make([]string, len(list))
	for i, b := range list {
		require.Nil(t, b.Conf)
		names[i] = b.Name
	}
	return names
}

// lists works on 0 to 9: the even ones are Ann's, 5 to 9 are PYSPARK; 0 has been
// canceled and 1 runs.
func (s *suite) lists(t *testing.T) {
	start := time.Now().Add(-time.Hour).Truncate(time.Millisecond)
	var all []metadata.Batch
	for i := range 10 {
		all = append(all, s.insert(t, func(b *metadata.Batch) {
			b.Name, b.User, b.Created = strconv.Itoa(i), []string{"ann", "bob"}[i%2], start.Add(time.Duration(i)*time.Minute)
			if i >= 5 {
				b.Type = "PYSPARK"
			}
		}))
	}
	require.NoError(t, s.store.CancelWaiting(t.Context(), all[0].ID))
	taken, err := s.store.Take(t.Context(), taker("g"), 1)
	require.NoError(t, err)
	require.NoError(t, s.store.MarkRunning(t.Context(), taken[0].Lease, metadata.Application{ID: "app"}))

	third, err := s.store.Get(t.Context(), all[2].ID)
	require.NoError(t, err)
	for _, test := range []struct {
		filter metadata.Filter
		page   metadata.Page
		want   []string
	}{
		{metadata.Filter{}, metadata.Page{Size: 3}, []string{"0", "1", "2"}},
		{metadata.Filter{}, metadata.Page{Size: 2, Desc: true}, []string{"9", "8"}},
		{metadata.Filter{}, metadata.Page{From: 8, Size: 5}, []string{"8", "9"}},
		{metadata.Filter{}, metadata.Page{From: 8, Size: 5, Desc: true}, []string{"1", "0"}},
		{metadata.Filter{}, metadata.Page{From: 10, Size: 5}, []string{}},
		{metadata.Filter{}, metadata.Page{Size: 0}, []string{}},
		{metadata.Filter{}, metadata.Page{After: third.Cursor(), Size: 2}, []string{"3", "4"}},
		{metadata.Filter{}, metadata.Page{After: third.Cursor(), Size: 9, Desc: true}, []string{"1", "0"}},
		{metadata.Filter{}, metadata.Page{After: third.Cursor(), From: 1, Size: 1}, []string{"4"}},
		{metadata.Filter{CreatedFrom: start}, metadata.Page{After: third.Cursor(), Size: 2}, []string{"3", "4"}},
		{metadata.Filter{CreatedFrom: start}, metadata.Page{After: third.Cursor(), Size: 9, Desc: true}, []string{"1", "0"}},
		{metadata.Filter{CreatedFrom: start}, metadata.Page{After: third.Cursor(), From: 1, Size: 1}, []string{"4"}},
		{metadata.Filter{CreatedFrom: start}, metadata.Page{From: 8, Size: 5, Desc: true}, []string{"1", "0"}},
		{metadata.Filter{User: "bob"}, metadata.Page{Size: 9}, []string{"1", "3", "5", "7", "9"}},
		{metadata.Filter{User: "bob", Type: "PYSPARK"}, metadata.Page{From: 1, Size: 9}, []string{"7", "9"}},
		{metadata.Filter{Name: "4"}, metadata.Page{Size: 9}, []string{"4"}},
		{metadata.Filter{State: metadata.Canceled}, metadata.Page{Size: 9}, []string{"0"}},
		{metadata.Filter{State: metadata.Running}, metadata.Page{Size: 9}, []string{"1"}},
		{metadata.Filter{State: metadata.Pending}, metadata.Page{Size: 2}, []string{"2", "3"}},
		{metadata.Filter{CreatedFrom: start.Add(7 * time.Minute)}, metadata.Page{Size: 9}, []string{"7", "8", "9"}},
		{metadata.Filter{EndedBy: time.Now().Add(time.Hour)}, metadata.Page{Size: 9}, []string{"0"}},
		{metadata.Filter{EndedBy: start}, metadata.Page{Size: 9}, []string{}},
		{metadata.Filter{User: "nobody"}, metadata.Page{Size: 9}, []string{}},
	} {
		require.Equal(t, test.want, s.names(t, test.filter, test.page), "%+v %+v", test.filter, test.page)
	}
	list, err := s.store.List(t.Context(), metadata.Filter{State: metadata.Running}, metadata.Page{Size: 9})
	require.NoError(t, err)
	whole := s.get(t, all[1].ID)
	require.Equal(t, []metadata.Batch{{
		Key: whole.Key, ID: whole.ID, User: "bob", RealUser: "root", Address: whole.Address, Type: "SPARK", Name: "1", Priority: 10,
		Instance: "g:10099", State: metadata.Running, Created: whole.Created, App: whole.App, LeaseExpires: whole.LeaseExpires,
	}}, list)
	require.False(t, whole.App.Opened.IsZero())
	list, err = s.store.List(t.Context(), metadata.Filter{State: metadata.Running}, metadata.Page{Size: 9, Brief: true})
	require.NoError(t, err)
	require.Equal(t, []metadata.Batch{{
		Key: whole.Key, ID: whole.ID, User: "bob", Type: "SPARK", Name: "1", Instance: "g:10099", State: metadata.Running, Created: whole.Created,
		App: metadata.Application{ID: "app", Opened: whole.App.Opened},
	}}, list)
	states, err := s.store.CountByState(t.Context(), metadata.Filter{})
	require.NoError(t, err)
	require.Equal(t, map[metadata.State]int64{metadata.Canceled: 1, metadata.Running: 1, metadata.Pending: 8}, states)
}

// waiting has batches that wait in our word and in Kyuubi's, in turn.
func (s *suite) waiting(t *testing.T) {
	start := time.Now().Add(-time.Hour).Truncate(time.Millisecond)
	var third metadata.Batch
	for i := range 8 {
		b := s.insert(t, func(b *metadata.Batch) {
			b.Name, b.Created = strconv.Itoa(i), start.Add(time.Duration(i)*time.Minute)
			b.User = []string{"ann", "bob"}[i/4]
		})
		if i%2 == 1 {
			s.raw("UPDATE metadata SET state = 'INITIALIZED', lease_expires = -1 WHERE identifier = '" + b.ID + "'")
		}
		if i == 2 {
			third = s.get(t, b.ID)
		}
	}
	s.raw("UPDATE metadata SET state = 'FINISHED', end_time = 1 WHERE request_name = '5'")
	list := func(f metadata.Filter, p metadata.Page, want ...string) {
		t.Helper()
		f.State = metadata.Pending
		for _, from := range []time.Time{{}, start} {
			f.CreatedFrom = from
			require.Equal(t, want, s.names(t, f, p), "%+v %+v", f, p)
		}
	}
	all := metadata.Filter{}
	list(all, metadata.Page{Size: 9}, "0", "1", "2", "3", "4", "6", "7")
	list(all, metadata.Page{Size: 3, Desc: true}, "7", "6", "4")
	list(all, metadata.Page{Size: 3, From: 2}, "2", "3", "4")
	list(all, metadata.Page{Size: 3, From: 2, Desc: true}, "4", "3", "2")
	list(all, metadata.Page{Size: 3, After: third.Cursor()}, "3", "4", "6")
	list(all, metadata.Page{Size: 3, From: 1, After: third.Cursor()}, "4", "6", "7")
	list(all, metadata.Page{Size: 3, After: third.Cursor(), Desc: true}, "1", "0")
	list(metadata.Filter{User: "bob", Type: "SPARK"}, metadata.Page{Size: 2}, "4", "6")
	n, err := s.store.Count(t.Context(), metadata.Filter{State: metadata.Pending, Type: "SPARK"})
	require.NoError(t, err)
	require.Equal(t, int64(7), n)
}

// shapes asks in more ways than there are statements that the store keeps.
func (s *suite) shapes(t *testing.T) {
	b := s.insert(t)
	at := b.Created.Add(-time.Second)
	for i := range 1 << 7 {
		bit := func(n int) bool { return i&(1<<n) != 0 }
		f, p := metadata.Filter{}, metadata.Page{Size: 2, Desc: bit(0), Brief: bit(1)}
		if bit(2) {
			f.Type = b.Type
		}
		if bit(3) {
			f.User = b.User
		}
		if bit(4) {
			f.Name = b.Name
		}
		if bit(5) {
			f.State = metadata.Pending
		}
		if bit(6) {
			f.CreatedFrom = at
		}
		require.Equal(t, []string{b.Name}, s.names(t, f, p), "%+v %+v", f, p)
		n, err := s.store.Count(t.Context(), f)
		require.NoError(t, err)
		require.Equal(t, int64(1), n, "%+v", f)
	}
}

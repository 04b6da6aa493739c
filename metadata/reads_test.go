package metadata_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/metadata"
	"github.com/nekomata-sql/nekomata/metadata/metadatatest"
)

// littleIsRead holds lists and counts to how many rows and entries of indexes MariaDB
// looks at, where 2,000 batches of each of ten users come after 20,000 of another.
func littleIsRead(t *testing.T, m *metadatatest.MariaDB) {
	t.Helper()
	const others, rows, each, page = 20_000, 40_000, 2000, 10
	name := m.Database(t)
	store, db := metadatatest.Open(t, metadata.Options{URL: m.URL(name), User: "root", ExactCount: each}), m.Open(t, name)
	change := func(statement string) {
		_, err := db.ExecContext(t.Context(), statement)
		require.NoError(t, err)
	}
	metadatatest.Fill(t, db, others, metadata.Finished)
	change("UPDATE metadata SET user_name = 'ann', engine_type = 'SQL'")
	last := time.Now() // is the last one accepted
	metadatatest.Fill(t, db, rows, metadata.Pending)
	change("UPDATE metadata SET user_name = CONCAT('u', key_id % 10) WHERE state = 'PENDING'")
	change("ANALYZE TABLE metadata")
	reads := func(work func()) int64 {
		read := func() (n int64) {
			require.NoError(t, db.QueryRowContext(t.Context(), `SELECT SUM(variable_value) FROM information_schema.global_status
				WHERE variable_name IN ('Handler_read_key', 'Handler_read_next', 'Handler_read_prev', 'Handler_read_rnd_next')`).Scan(&n))
			return n
		}
		before := read()
		work()
		return read() - before
	}
	for name, f := range map[string]metadata.Filter{
		"all": {}, "user": {User: "u7"}, "state": {State: metadata.Pending}, "type": {Type: "SPARK"},
		"user and state": {User: "u7", State: metadata.Pending}, "user and type": {User: "u7", Type: "SPARK"},
		"type and state": {Type: "SPARK", State: metadata.Pending}, "time": {CreatedFrom: last.Add(-10 * time.Second)},
	} {
		for _, desc := range []bool{false, true} {
			for _, from := range []int{0, page} {
				require.Less(t, reads(func() {
					list, err := store.List(t.Context(), f, metadata.Page{Size: page, From: from, Desc: desc})
					require.NoError(t, err)
					require.Len(t, list, page, name)
				}), int64(1000), "%s, desc %v, from %d", name, desc, from)
			}
		}
		if f.User == "" {
			continue
		}
		count := func() {
			n, err := store.Count(t.Context(), f)
			require.NoError(t, err)
			require.Equal(t, int64(each), n)
		}
		require.Less(t, reads(count), int64(2*each), "%s, counted", name)
		if f.State == "" {
			require.Less(t, reads(count), int64(each/2), "%s, counted again", name)
		}
	}

	change("UPDATE metadata SET host_id = 'host-a' WHERE state = 'PENDING'")
	lost := func(n int, want int) func() {
		return func() {
			taken, err := store.TakeLost(t.Context(), metadata.Taker{Owner: "o", Host: "host-b", Lease: time.Hour}, time.Second, n)
			require.NoError(t, err)
			require.Len(t, taken, want)
		}
	}
	require.Less(t, reads(lost(page, page)), int64(6000), "the first of many batches that a machine has left")
	change("UPDATE metadata SET host_id = 'host-b' WHERE state = 'PENDING'")
	require.Less(t, reads(lost(page, 0)), int64(3*rows), "none of many that wait")

	ended := metadata.Filter{User: "u8", State: metadata.Finished}
	change("UPDATE metadata SET state = 'FINISHED', end_time = create_time WHERE user_name = 'u8'")
	for i, most := range []int64{2 * each, each / 2} {
		require.Less(t, reads(func() {
			n, err := store.Count(t.Context(), ended)
			require.NoError(t, err)
			require.Equal(t, int64(each), n)
		}), most, "user and end, counted %d times before", i)
	}
}

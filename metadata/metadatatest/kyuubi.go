package metadatatest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/metadata"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// kyuubiColumns are those of Kyuubi 1.8's table after its key, in its order.
const kyuubiColumns = `identifier varchar(36) NOT NULL, session_type varchar(32) NOT NULL, real_user varchar(255) NOT NULL,
	user_name varchar(255) NOT NULL, ip_address varchar(128), kyuubi_instance varchar(1024), state varchar(128) NOT NULL,
	resource varchar(1024), class_name varchar(1024), request_name varchar(1024), request_conf mediumtext, request_args mediumtext,
	create_time bigint NOT NULL, engine_type varchar(32) NOT NULL, cluster_manager varchar(128), engine_open_time bigint,
	engine_id varchar(128), engine_name mediumtext, engine_url varchar(1024), engine_state varchar(32), engine_error mediumtext,
	end_time bigint, priority int DEFAULT 10 NOT NULL, peer_instance_closed boolean DEFAULT '0'`

// kyuubiTable is how Kyuubi 1.8 makes its table.
func kyuubiTable(o metadata.Options) []string {
	if strings.HasPrefix(o.URL, "jdbc:mysql:") {
		return []string{"CREATE TABLE metadata (key_id bigint PRIMARY KEY AUTO_INCREMENT, " + kyuubiColumns + `,
			UNIQUE INDEX unique_identifier_index (identifier), INDEX user_name_index (user_name),
			INDEX engine_type_index (engine_type), INDEX create_time_index (create_time),
			INDEX priority_create_time_index (priority DESC, create_time ASC)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`}
	}
	return []string{
		"CREATE TABLE metadata (key_id INTEGER PRIMARY KEY AUTOINCREMENT, " + kyuubiColumns + ")",
		"CREATE UNIQUE INDEX metadata_unique_identifier_index ON metadata (identifier)",
		"CREATE INDEX metadata_user_name_index ON metadata (user_name)",
		"CREATE INDEX metadata_engine_type_index ON metadata (engine_type)",
		"CREATE INDEX metadata_create_time_index ON metadata (create_time)",
		"CREATE INDEX metadata_priority_create_time_index ON metadata (priority, create_time)",
	}
}

func kyuubiID(n int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", n) }

// kyuubiRow inserts a row with what Kyuubi writes when it accepts a batch.
func kyuubiRow(n int, state string) string {
	return fmt.Sprintf(`INSERT INTO metadata (identifier, session_type, real_user, user_name, ip_address, state, resource,
		class_name, request_name, request_conf, request_args, create_time, engine_type, cluster_manager, priority) VALUES
		('%s', 'BATCH', 'root', 'ann', '10.0.0.1', '%s', 'hdfs:/a.jar', 'a.B', 'batch %d', '{"spark.x":"1"}', '["a"]', %d, 'SPARK', NULL, 10)`,
		kyuubiID(n), state, n, 1_700_000_000_000+n)
}

// kyuubisDatabase starts on what Kyuubi has left behind: batches in all states.
func (s *suite) kyuubisDatabase(t *testing.T) {
	ctx := t.Context()
	o, raw := s.database(t)
	for _, statement := range kyuubiTable(o) {
		raw(statement)
	}
	for i, state := range []string{"INITIALIZED", "PENDING", "RUNNING", "FINISHED", "ERROR", "CANCELED"} {
		raw(kyuubiRow(i, state))
	}
	raw("UPDATE metadata SET kyuubi_instance = 'old:10099' WHERE state <> 'INITIALIZED'")
	raw(`UPDATE metadata SET engine_id = 'app_1', engine_name = 'n', engine_url = 'http://rm/app_1', engine_state = 'FINISHED',
		engine_open_time = 1700000000500, end_time = 1700000001000 WHERE state = 'FINISHED'`)

	store := Open(t, o)
	list, err := store.List(ctx, metadata.Filter{}, metadata.Page{Size: 100})
	require.NoError(t, err)
	var states []metadata.State
	for i, b := range list {
		require.Equal(t, kyuubiID(i), b.ID)
		require.True(t, b.Foreign)
		require.Equal(t, b.State.Terminal(), !b.Ended.IsZero(), "what has ended has an end")
		states = append(states, b.State)
	}
	require.Equal(t, []metadata.State{"PENDING", "PENDING", "RUNNING", "FINISHED", "ERROR", "CANCELED"}, states)
	got, err := store.Get(ctx, kyuubiID(3))
	require.NoError(t, err)
	ms := func(n int64) time.Time { return time.UnixMilli(n) }
	require.Equal(t, metadata.Batch{
		Key: 4, ID: kyuubiID(3), User: "ann", RealUser: "root", Address: "10.0.0.1", Type: "SPARK", Name: "batch 3", Resource: "hdfs:/a.jar",
		ClassName: "a.B", Conf: map[string]string{"spark.x": "1"}, Args: []string{"a"}, Priority: 10, Instance: "old:10099",
		State: metadata.Finished, Created: ms(1_700_000_000_003), Ended: ms(1_700_000_001_000), Foreign: true,
		App: metadata.Application{ID: "app_1", Name: "n", URL: "http://rm/app_1", State: "FINISHED", Opened: ms(1_700_000_000_500)},
	}, got)
	n, err := store.Count(ctx, metadata.Filter{State: metadata.Pending})
	require.NoError(t, err)
	require.Equal(t, int64(2), n)

	// Nobody starts what Kyuubi may have started.
	by := taker("g")
	for _, take := range []func() ([]metadata.Batch, error){
		func() ([]metadata.Batch, error) { return store.Take(ctx, by, 9) },
		func() ([]metadata.Batch, error) { return store.TakeOver(ctx, by, 9) },
		func() ([]metadata.Batch, error) { return store.TakeLost(ctx, by, 0, 9) },
	} {
		taken, err := take()
		require.NoError(t, err)
		require.Empty(t, taken)
	}
	require.ErrorIs(t, store.CancelWaiting(ctx, kyuubiID(1)), sqlerr.Conflict)
	for i := range 3 {
		require.NoError(t, store.Adopt(ctx, kyuubiID(i)))
		require.ErrorIs(t, store.Adopt(ctx, kyuubiID(i)), sqlerr.Conflict)
	}
	require.ErrorIs(t, store.Adopt(ctx, kyuubiID(3)), sqlerr.Conflict)
	taken, err := store.TakeOver(ctx, by, 9)
	require.NoError(t, err)
	require.Len(t, taken, 3)
	for _, b := range taken {
		require.ErrorIs(t, store.ClaimStart(ctx, b.Lease, metadata.Start{}), sqlerr.Conflict, "it counts as started")
		require.NoError(t, store.Fail(ctx, b.Lease, metadata.Application{Diagnostic: "lost"}))
	}

	// Both may work on one database for a while: Kyuubi's next batch is not ours.
	raw(kyuubiRow(9, "INITIALIZED"))
	require.NoError(t, store.Insert(ctx, NewBatch()))
	require.ErrorIs(t, store.Insert(ctx, NewBatch(func(b *metadata.Batch) { b.ID = kyuubiID(9) })), sqlerr.Exists)
	taken, err = store.Take(ctx, by, 9)
	require.NoError(t, err)
	require.Len(t, taken, 1)
}

// unsignedColumns starts on a table whose numbers somebody has made unsigned, which
// SQLite does not know.
func (s *suite) unsignedColumns(t *testing.T) {
	ctx := t.Context()
	o, raw := s.database(t)
	for _, statement := range kyuubiTable(o) {
		raw(strings.ReplaceAll(statement, " bigint", " bigint unsigned"))
	}
	raw(kyuubiRow(1, "RUNNING"))
	store := Open(t, o)
	own := NewBatch()
	require.NoError(t, store.Insert(ctx, own))
	list, err := store.List(ctx, metadata.Filter{}, metadata.Page{Size: 9})
	require.NoError(t, err)
	require.Len(t, list, 2)
	got, err := store.Get(ctx, kyuubiID(1))
	require.NoError(t, err)
	require.Equal(t, time.UnixMilli(1_700_000_000_001), got.Created)
	require.Zero(t, got.Ended)
	taken, err := store.Take(ctx, taker("g"), 9)
	require.NoError(t, err)
	require.Equal(t, []string{own.ID}, []string{taken[0].ID})
	require.NoError(t, store.Fail(ctx, taken[0].Lease, metadata.Application{}))

	if !strings.HasPrefix(o.URL, "jdbc:mysql:") {
		return // larger numbers are floating-point ones there
	}
	raw("UPDATE metadata SET end_time = 9223372036854775808 WHERE state = 'RUNNING'")
	_, err = store.Get(ctx, kyuubiID(1))
	require.ErrorIs(t, err, sqlerr.Internal)
	require.ErrorContains(t, err, `the column end_time of the table metadata has "9223372036854775808"`)
}

package env_test

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/api"
	"github.com/nekomata-sql/nekomata/client"
	"github.com/nekomata-sql/nekomata/test/env"
)

// TestBatchesOfTwoGateways submits to one gateway and asks another one of the same
// store; neither takes any, so that nothing else happens to them.
func TestBatchesOfTwoGateways(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	settings := []string{
		"kyuubi.metadata.store.jdbc.url=jdbc:sqlite:" + dir + "/store.db", "kyuubi.batch.dir=" + dir + "/batch", "kyuubi.batch.max.running=0",
		"kyuubi.batchConf.spark.spark.executor.memory=1g", "kyuubi.server.limit.batch.connections.per.user=2",
		"kyuubi.session.local.dir.allow.list=/jobs", "kyuubi.batch.resource.file.max.size=1k",
	}
	var gateways []*client.Client
	for range 2 {
		s := env.Start(t, settings...)
		c, err := client.New(client.Options{URLs: []string{"http://" + s.RestAddress()}, User: "ann"})
		require.NoError(t, err)
		gateways = append(gateways, c)
	}
	here, there, ctx := gateways[0], gateways[1], t.Context()
	id := uuid.NewString()
	req := api.BatchRequest{
		BatchType: "SPARK", Resource: "/jobs/a.jar", ClassName: "a.B", Name: "night",
		Conf: map[string]string{"kyuubi.batch.id": id, "spark.password": "geheim"},
	}
	first, err := here.SubmitBatch(ctx, req)
	require.NoError(t, err)
	again, err := there.SubmitBatch(ctx, req)
	require.NoError(t, err)
	require.True(t, client.Duplicated(again))
	require.Equal(t, first.CreateTime, again.CreateTime)
	require.Equal(t, first.KyuubiInstance, again.KyuubiInstance)

	// It is seen among the sessions, from everywhere, and doesn't count as one.
	s, err := there.Session(ctx, id)
	require.NoError(t, err)
	require.Equal(t, []string{"BATCH", "ann", "night"}, []string{s.SessionType, s.User, s.SessionName})
	require.Equal(t, "1g", s.Conf["spark.executor.memory"])
	require.NotContains(t, s.Conf["spark.password"], "geheim")
	sessions, err := there.AdminSessions(ctx, client.Filter{SessionType: "BATCH"})
	require.NoError(t, err)
	require.Len(t, sessions, 1)
	require.Equal(t, *first.KyuubiInstance, sessions[0].KyuubiInstance)
	sessions, err = there.AdminSessions(ctx, client.Filter{SessionType: "INTERACTIVE"})
	require.NoError(t, err)
	require.Empty(t, sessions)
	ops, err := there.Operations(ctx, id)
	require.NoError(t, err)
	require.Equal(t, []string{"BatchJobSubmission", "PENDING_STATE", "BATCH"}, []string{ops[0].Statement, ops[0].State, ops[0].SessionType})
	event, err := there.Operation(ctx, ops[0].Identifier)
	require.NoError(t, err)
	require.True(t, event.ShouldRunAsync)
	n, err := there.SessionCount(ctx)
	require.NoError(t, err)
	require.Zero(t, n)
	requireRefusal(t, http.StatusConflict, there.CloseSession(ctx, id))

	refused := func(status int, edit func(*api.BatchRequest)) {
		t.Helper()
		r := api.BatchRequest{BatchType: "SQL", Resource: "/jobs/a.sql"}
		edit(&r)
		_, err := there.SubmitBatch(ctx, r)
		requireRefusal(t, status, err)
	}
	refused(http.StatusForbidden, func(r *api.BatchRequest) { r.Resource = "/etc/passwd" })
	large := client.File{Name: "a.sql", Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(strings.Repeat("x", 1025))), nil }}
	_, err = there.UploadBatch(ctx, api.BatchRequest{BatchType: "SQL"}, large)
	requireRefusal(t, http.StatusRequestEntityTooLarge, err)
	small := client.File{Name: "a.sql", Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("select 1")), nil }}
	up, err := there.UploadBatch(ctx, api.BatchRequest{BatchType: "SQL"}, small)
	require.NoError(t, err)
	found, err := filepath.Glob(filepath.Join(dir, "batch", "upload", up.ID, "*", "a.sql"))
	require.NoError(t, err)
	require.Len(t, found, 1)
	refused(http.StatusTooManyRequests, func(r *api.BatchRequest) { r.BatchType, r.Resource = "PYSPARK", "/jobs/a.py" })

	ended, err := here.CancelBatch(ctx, up.ID) // accepted there
	require.NoError(t, err)
	require.True(t, ended.Success)
	require.NoFileExists(t, found[0])
	require.NoError(t, os.MkdirAll(dir+"/batch/log", 0o700))
	require.NoError(t, os.WriteFile(dir+"/batch/log/"+id+".log", []byte("a\n--conf spark.password=geheim\n"), 0o600))
	for _, c := range gateways {
		log, err := c.BatchLog(ctx, id, 1, 1)
		require.NoError(t, err)
		require.Equal(t, 1, log.RowCount)
		require.NotContains(t, log.LogRowSet[0], "geheim")
	}
}

func requireRefusal(t *testing.T, status int, err error) {
	t.Helper()
	var refused *client.Error
	require.ErrorAs(t, err, &refused)
	require.Equal(t, status, refused.Status, refused.Message)
}

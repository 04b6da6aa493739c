package client_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/api"
	"github.com/nekomata-sql/nekomata/client"
)

func text(name, content string) client.File {
	return client.File{Name: name, Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(content)), nil }}
}

func requireBatches(t *testing.T, c *client.Client) {
	t.Helper()
	ctx := t.Context()
	id := uuid.NewString()
	req := api.BatchRequest{
		BatchType: "spark", Resource: "/jobs/a.jar", ClassName: "a.B", Name: "night",
		Conf: map[string]string{"kyuubi.batch.id": id}, Args: []string{"1"},
	}
	first, err := c.SubmitBatch(ctx, req)
	require.NoError(t, err)
	require.Equal(t, id, first.ID)
	require.False(t, client.Duplicated(first))
	again, err := c.SubmitBatch(ctx, req)
	require.NoError(t, err)
	require.True(t, client.Duplicated(again))
	require.Equal(t, first.CreateTime, again.CreateTime)

	up := api.BatchRequest{BatchType: "PYSPARK", ExtraResourcesMap: map[string]string{"spark.submit.pyFiles": "lib.py"}}
	files, err := c.UploadBatch(ctx, up, text("main.py", "print(1)"), text("lib.py", "x = 1"))
	require.NoError(t, err)
	require.Equal(t, "PYSPARK", files.BatchType)
	_, err = c.UploadBatch(ctx, up, text("main.py", "print(1)"))
	var refused *client.Error
	require.ErrorAs(t, err, &refused)
	require.Equal(t, http.StatusBadRequest, refused.Status)
	broken := errors.New("no such file")
	_, err = c.UploadBatch(ctx, up, client.File{Name: "x", Open: func() (io.ReadCloser, error) { return nil, broken }})
	require.ErrorIs(t, err, broken)

	list, err := c.Batches(ctx, client.BatchFilter{
		Type: "SPARK", State: "PENDING", User: "ann", Name: "night", CreatedFrom: time.UnixMilli(1), Size: 10, Desc: true,
	})
	require.NoError(t, err)
	require.Len(t, list.Batches, 1)
	page, err := c.Batches(ctx, client.BatchFilter{Size: 1, Cursor: "*"})
	require.NoError(t, err)
	require.Equal(t, id, page.Batches[0].ID)
	require.EqualValues(t, 2, page.Total)
	page, err = c.Batches(ctx, client.BatchFilter{Size: 2, Cursor: *page.NextCursor})
	require.NoError(t, err)
	require.Equal(t, files.ID, page.Batches[0].ID)
	require.Empty(t, *page.NextCursor)
	page, err = c.Batches(ctx, client.BatchFilter{From: 2, EndedBy: time.Now()})
	require.NoError(t, err)
	require.Nil(t, page.NextCursor)

	one, err := c.Batch(ctx, id)
	require.NoError(t, err)
	require.Equal(t, first, one)
	log, err := c.BatchLog(ctx, id, 0, 10)
	require.NoError(t, err)
	require.Zero(t, log.RowCount)
	n, err := c.CountBatches(ctx, client.BatchFilter{})
	require.NoError(t, err)
	require.EqualValues(t, 1, n)
	_, err = c.AdoptBatch(ctx, id)
	require.ErrorAs(t, err, &refused)
	require.Equal(t, http.StatusConflict, refused.Status)
	moved, err := c.ReassignBatches(ctx, "gone:10099")
	require.NoError(t, err)
	require.Empty(t, moved.BatchIDs)
	require.NotEmpty(t, moved.Message)
	ended, err := c.CancelBatch(ctx, id)
	require.NoError(t, err)
	require.True(t, ended.Success)
}

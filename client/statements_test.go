package client_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/api"
	"github.com/nekomata-sql/nekomata/client"
)

func requireStatements(t *testing.T, c *client.Client) {
	t.Helper()
	ctx := t.Context()
	done, err := c.RunStatement(ctx, api.StatementSubmission{Statement: "select n"})
	require.NoError(t, err)
	require.Equal(t, "FINISHED", done.State)
	require.Equal(t, json.Number("9007199254740993"), done.Result.Rows[5].Fields[0].Value)
	require.EqualValues(t, 6, *done.Result.Total)
	id := done.Identifier
	list, err := c.Statements(ctx, client.StatementFilter{States: []string{"FINISHED"}, Since: time.UnixMilli(done.CreateTime), User: "*", Size: 5})
	require.NoError(t, err)
	require.Equal(t, done.StatementInfo, list.Statements[0])
	info, err := c.Statement(ctx, id, 1500*time.Millisecond)
	require.NoError(t, err)
	require.Equal(t, done.StatementInfo, info)
	page, err := c.StatementRows(ctx, id, client.Place{Offset: 4, Limit: 1, Wait: time.Second})
	require.NoError(t, err)
	require.Equal(t, api.StatementRows{
		Rows: []api.Row{{Fields: []api.Field{{DataType: "I64_VAL", Value: json.Number("5")}}}}, RowCount: 1, Offset: 4, Total: done.RowCount, HasMore: true,
	}, page)
	csv, err := c.StatementResult(ctx, id, client.CSV, client.Place{Offset: 3})
	require.NoError(t, err)
	text, err := io.ReadAll(csv)
	require.NoError(t, err)
	require.NoError(t, csv.Close())
	require.Equal(t, "n\r\n4\r\n5\r\n9007199254740993\r\n", string(text))
	_, err = c.StatementResult(ctx, id, "image/png", client.Place{})
	var failed *client.Error
	require.ErrorAs(t, err, &failed)
	require.Equal(t, "NotAcceptable", failed.Kind)
	log, err := c.StatementLog(ctx, id, 1, 2)
	require.NoError(t, err)
	require.EqualValues(t, 1, log.Offset)
	require.Equal(t, 2, log.RowCount)
	var last client.StatementEvent
	lines := 0
	for e, err := range c.StatementEvents(ctx, id) {
		require.NoError(t, err)
		last = e
		if e.Log != nil {
			lines += e.Log.RowCount
		}
	}
	require.Equal(t, &info, last.State)
	require.EqualValues(t, log.Total, lines)
	info, err = c.EndStatement(ctx, id)
	require.NoError(t, err)
	require.Equal(t, "CLOSED", info.State)
	for _, err := range c.StatementEvents(ctx, id) {
		require.ErrorAs(t, err, &failed)
		require.Equal(t, "Gone", failed.Kind)
	}
}

// TestEventsOfALaterGateway come through, and nothing after them is missed.
func TestEventsOfALaterGateway(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, ": heartbeat\n\nevent: news\ndata: {\"a\":1}\n\nevent: state\ndata: {\"state\":\"FINISHED\"}\n\nevent: state\ndata: [\n\n")
	}))
	defer s.Close()
	c, err := client.New(client.Options{URLs: []string{s.URL}})
	require.NoError(t, err)
	var names []string
	for e, err := range c.StatementEvents(t.Context(), "x") {
		if len(names) == 2 {
			require.Error(t, err, "half an event")
			continue
		}
		require.NoError(t, err)
		require.Equal(t, e.Name == "state", e.State != nil)
		names = append(names, e.Name)
	}
	require.Equal(t, []string{"news", "state"}, names)
}

package rest

import (
	"bufio"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/batch"
	"github.com/nekomata-sql/nekomata/metadata"
	"github.com/nekomata-sql/nekomata/metadata/metadatatest"
)

// The batches of the recording.
const (
	goldenPi     = "169b227a-0157-4c5d-bfac-e017e68768a9"
	goldenBefore = "de1136a7-aec7-4398-b22d-9990dd4f2084"
	goldenBroken = "f6299194-fa22-4e1c-92b2-b1fd88a80e9d"
	goldenKilled = "3295e620-18e3-4e45-9b2f-b3f0ac9a1512"
	goldenFailed = "4825c149-c8e8-4057-bcc1-964be14a1a96"
)

// recording is what ran while Kyuubi was asked, told to our store.
type recording struct {
	t      *testing.T
	store  *metadata.Store
	dir    string
	leases map[string]metadata.Lease
}

func (r *recording) add(id, name string) {
	r.t.Helper()
	require.NoError(r.t, r.store.Insert(r.t.Context(), metadatatest.NewBatch(func(b *metadata.Batch) {
		b.ID, b.Name, b.User, b.Created, b.Instance = id, name, "bench", time.Now(), "127.0.0.1:11099"
	})))
}

// take leases what waits.
func (r *recording) take() {
	r.t.Helper()
	taken, err := r.store.Take(r.t.Context(), metadata.Taker{Owner: "gw", Instance: "127.0.0.1:11099", Host: "here", Lease: time.Hour}, 10)
	require.NoError(r.t, err)
	for _, b := range taken {
		r.leases[b.ID] = b.Lease
	}
}

func (r *recording) run(id, app string) {
	r.t.Helper()
	require.NoError(r.t, r.store.MarkRunning(r.t.Context(), r.leases[id], metadata.Application{ID: app, State: "RUNNING"}))
}

// before does what happened just before a request.
func (r *recording) before(name string) {
	r.t.Helper()
	ctx := r.t.Context()
	switch name {
	case "189-batch-open":
		r.add(goldenBefore, "golden-pi")
		r.take()
		require.NoError(r.t, r.store.Cancel(ctx, r.leases[goldenBefore], metadata.Application{State: "NOT_FOUND"}))
		r.add(goldenBroken, "golden-pi")
	case "197-batch-info-running":
		r.take()
		r.run(goldenPi, "11196")
		r.run(goldenBroken, "11159")
		require.NoError(r.t, r.store.Fail(ctx, r.leases[goldenBroken], metadata.Application{ID: "11159", State: "NOT_FOUND"}))
	case "199-batch-log-finished":
		require.NoError(r.t, os.MkdirAll(r.dir+"/log", 0o700))
		require.NoError(r.t, os.WriteFile(filepath.Join(r.dir, "log", goldenPi+".log"), []byte(strings.Repeat("a line\n", 20)), 0o600))
	case "204-batch-duplicate-submit-finished":
		require.NoError(r.t, r.store.Finish(ctx, r.leases[goldenPi], metadata.Application{ID: "11196", State: "NOT_FOUND"}))
	case "216-batch-kill":
		r.add(goldenKilled, "golden-kill")
		r.take()
		r.run(goldenKilled, "11875")
	case "224-batches-all":
		r.add(goldenFailed, "golden-fail")
		r.take()
		r.run(goldenFailed, "12097")
		require.NoError(r.t, r.store.Fail(ctx, r.leases[goldenFailed], metadata.Application{ID: "12097", State: "NOT_FOUND"}))
	}
}

// TestGoldenBatches asks what Kyuubi was asked about batches. Values are held too,
// the times, the gateway's name and the sentence of a kill excepted.
func TestGoldenBatches(t *testing.T) {
	t.Parallel()
	r := &recording{t: t, leases: map[string]metadata.Lease{}}
	var m *batch.Manager
	m, r.store, r.dir = runBatches(t, batch.ManagerOptions{Nudge: func(id string) {
		// Kyuubi has no diagnostic then, and finds out later that it is gone.
		require.NoError(t, r.store.Cancel(t.Context(), r.leases[id], metadata.Application{ID: "11875", State: "RUNNING"}))
	}})
	g, doc := open(t, Options{Batches: m}, nil), readDocument(t)
	f, err := os.Open("testdata/golden-batches.jsonl")
	require.NoError(t, err)
	defer f.Close()
	in := bufio.NewScanner(f)
	in.Buffer(nil, 1<<20)
	asked := 0
	for in.Scan() {
		asked++
		var c recorded
		require.NoError(t, json.Unmarshal(in.Bytes(), &c))
		r.before(c.Name)
		body := string(c.Body)
		if body == "null" {
			body = ""
		}
		req := request(t, c.Method, c.Path, body)
		req.SetBasicAuth("bench", "")
		w := g.do(req)
		require.Equal(t, c.Status, w.Code, "%s: %s", c.Name, w.Body)
		require.Equal(t, c.ContentType, w.Header().Get("Content-Type"), c.Name)
		doc.check(t, c.Name, c.Method, c.Path, body, w)
		want, got := decoded(t, c), any(nil)
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &got))
		if c.Status != http.StatusOK {
			require.Equal(t, want.(map[string]any)["message"], got.(map[string]any)["message"], c.Name)
			continue
		}
		switch c.Name {
		case "216-batch-kill":
			want.(map[string]any)["msg"] = got.(map[string]any)["msg"]
		case "224-batches-all":
			want.(map[string]any)["batches"].([]any)[3].(map[string]any)["appState"] = "RUNNING" // terminal batches don't change
		}
		require.Equal(t, keysInOrder(t, c.Response), keysInOrder(t, w.Body.Bytes()), "%s: the keys and their order", c.Name)
		compare(t, c.Name, "", want, got)
	}
	require.NoError(t, in.Err())
	require.Equal(t, 13, asked)
}

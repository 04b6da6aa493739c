package rest

import (
	"testing"

	"github.com/nekomata-sql/nekomata/batch"
	"github.com/nekomata-sql/nekomata/metadata"
	"github.com/nekomata-sql/nekomata/metadata/metadatatest"
)

// runBatches is the batch rule on a real store, and where its files are.
func runBatches(tb testing.TB, o batch.ManagerOptions) (m *batch.Manager, store *metadata.Store, dir string) {
	tb.Helper()
	dir = tb.TempDir()
	store = metadatatest.Open(tb, metadata.Options{URL: "jdbc:sqlite:" + dir + "/store.db"})
	o.Store, o.Dir, o.Host = store, dir+"/batch", "here"
	if o.Instance == nil {
		o.Instance = func() string { return "127.0.0.1:10099" }
	}
	return batch.NewManager(o), store, o.Dir
}

package rest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nekomata-sql/nekomata/api"
	"github.com/nekomata-sql/nekomata/batch"
	"github.com/nekomata-sql/nekomata/metadata"
)

// encoded is a page as encoding/json writes it, which says what it has to look like.
func encoded(tb require.TestingT, from int, total int64, list []batch.Row, next *string) string {
	answer := api.GetBatchesResponse{From: from, Total: total, Batches: make([]api.Batch, len(list)), NextCursor: next}
	for i := range list {
		answer.Batches[i] = batchData(&batch.Info{Batch: list[i]})
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	require.NoError(tb, enc.Encode(answer))
	return strings.TrimSuffix(out.String(), "\n")
}

// anyRow is a batch with anything in it that lists show.
func anyRow(t *rapid.T) batch.Row {
	draw := func(what string) string { return anyText.Draw(t, what) }
	ms := rapid.OneOf(rapid.Just(int64(0)), rapid.Int64Range(1, 1<<43))
	when := func(what string) time.Time {
		if n := ms.Draw(t, what); n > 0 {
			return time.UnixMilli(n)
		}
		return time.Time{}
	}
	return batch.Row{
		ID: draw("id"), User: draw("user"), Type: draw("type"), Name: draw("name"), Instance: draw("instance"), State: metadata.State(draw("state")),
		Created: when("created"), Ended: when("ended"),
		App: metadata.Application{ID: draw("app"), URL: draw("url"), State: draw("app's state"), Diagnostic: draw("diagnostic"), Opened: when("opened")},
	}
}

func TestAPageIsWhatTheEncoderWrites(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfN(rapid.Custom(anyRow), 0, 3).Draw(t, "batches")
		from, total := rapid.IntRange(0, 1<<31).Draw(t, "from"), rapid.Int64Min(0).Draw(t, "total")
		next := rapid.Ptr(rapid.String(), true).Draw(t, "next")
		text := newBatchText(make([]byte, 9, 100))
		for i := range list {
			text.add(&list[i])
		}
		require.Equal(t, encoded(t, from, total, list, next), string(text.end(from, total, next)))
	})
}

// BenchmarkBatchPage has our text of 100 batches beside encoding/json's.
func BenchmarkBatchPage(b *testing.B) {
	list := make([]batch.Row, 100)
	for i := range list {
		list[i] = batch.Row{
			ID: fmt.Sprintf("00000000-0000-4000-8000-%012d", i), User: "ann", Type: "SPARK", Name: "count", Instance: "gw1:10099", State: metadata.Pending,
			Created: time.UnixMilli(1_780_000_000_000),
		}
	}
	b.Run("ours", func(b *testing.B) {
		b.ReportAllocs()
		var buf []byte
		for b.Loop() {
			text := newBatchText(buf)
			for i := range list {
				text.add(&list[i])
			}
			b.SetBytes(int64(len(text.end(0, 1_000_000, nil))))
			buf = text.dst
		}
	})
	b.Run("encoder", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_ = encoded(b, 0, 1_000_000, list, nil)
		}
	})
}

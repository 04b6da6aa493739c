package rest

import (
	"strconv"

	"github.com/nekomata-sql/nekomata/batch"
)

// batchText is a page of a list: the text that encoding/json makes of an
// [api.GetBatchesResponse], in a seventh of its time. Pages are what user interfaces
// and pipelines ask for again and again.
type batchText struct {
	dst []byte
	n   int
}

// batchHead is room for what comes before the first batch and is known after the
// last: {"from":2147483647,"total":9223372036854775807,"batches":[.
const batchHead = 64

// newBatchText writes into dst and what it grows to.
func newBatchText(dst []byte) batchText {
	return batchText{dst: append(dst[:0], make([]byte, batchHead)...)}
}

// add appends a batch.
func (t *batchText) add(b *batch.Row) {
	if t.n > 0 {
		t.dst = append(t.dst, ',')
	}
	t.n++
	t.dst = appendBatch(t.dst, b)
}

// end is the whole text, with where the next page begins unless next is nil.
func (t *batchText) end(from int, total int64, next *string) []byte {
	t.dst = append(t.dst, ']')
	if next != nil {
		t.dst = append(t.dst, `,"nextCursor":`...)
		t.dst = appendJSONString(t.dst, *next)
	}
	t.dst = append(t.dst, '}')
	var room [batchHead]byte
	head := append(room[:0], `{"from":`...)
	head = strconv.AppendInt(head, int64(from), 10)
	head = append(head, `,"total":`...)
	head = strconv.AppendInt(head, total, 10)
	head = append(head, `,"batches":[`...)
	text := t.dst[batchHead-len(head):]
	copy(text, head)
	return text
}

// appendBatch appends a batch as [batchData] has it.
func appendBatch(dst []byte, b *batch.Row) []byte {
	dst = append(dst, `{"id":`...)
	dst = appendJSONString(dst, b.ID)
	dst = append(dst, `,"user":`...)
	dst = appendJSONString(dst, b.User)
	dst = append(dst, `,"batchType":`...)
	dst = appendJSONString(dst, b.Type)
	dst = append(dst, `,"name":`...)
	dst = appendOrNull(dst, b.Name)
	dst = append(dst, `,"appStartTime":`...)
	dst = strconv.AppendInt(dst, millis(b.App.Opened), 10)
	dst = append(dst, `,"appId":`...)
	dst = appendOrNull(dst, b.App.ID)
	dst = append(dst, `,"appUrl":`...)
	dst = appendOrNull(dst, b.App.URL)
	dst = append(dst, `,"appState":`...)
	dst = appendOrNull(dst, b.App.State)
	dst = append(dst, `,"appDiagnostic":`...)
	dst = appendOrNull(dst, b.App.Diagnostic)
	dst = append(dst, `,"kyuubiInstance":`...)
	dst = appendOrNull(dst, b.Instance)
	dst = append(dst, `,"state":`...)
	dst = appendJSONString(dst, string(b.State))
	dst = append(dst, `,"createTime":`...)
	dst = strconv.AppendInt(dst, millis(b.Created), 10)
	dst = append(dst, `,"endTime":`...)
	dst = strconv.AppendInt(dst, millis(b.Ended), 10)
	return append(dst, `,"batchInfo":{}}`...)
}

// appendOrNull appends a text, of which the empty one is null.
func appendOrNull(dst []byte, text string) []byte {
	if text == "" {
		return append(dst, "null"...)
	}
	return appendJSONString(dst, text)
}

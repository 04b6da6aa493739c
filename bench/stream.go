package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/nekomata-sql/nekomata/thrift/hive"
)

// streamRows is the size of the large result.
const streamRows = 50_000_000

// stream fetches a large result with a client that throws it away, and watches the
// gateway's memory. The result outgrows its file on the way.
func stream(ctx context.Context, gateway *target, b *strings.Builder) (err error) {
	fmt.Fprintf(os.Stderr, "crowd: %d rows in one result\n", streamRows)
	c, err := gather(ctx, gateway, 1)
	defer func() { _ = c.leave() }()
	if err != nil {
		return err
	}
	m := c.members[0]
	began := time.Now()
	op, err := m.client.ExecuteStatement(ctx, &hive.TExecuteStatementReq{SessionHandle: m.session, Statement: streamSQL})
	if err != nil {
		return err
	}
	if err := succeeded(op.Status); err != nil {
		return err
	}
	var rows, bytes int64
	var before, most float64
	for more := true; more; {
		p, err := m.client.Skim(ctx, &hive.TFetchResultsReq{OperationHandle: op.OperationHandle, MaxRows: 10_000})
		if err != nil {
			return err
		}
		if rows == 0 {
			before = gateway.rss()
		}
		rows, bytes, more = rows+int64(p.Rows), bytes+int64(p.Bytes), p.More
		if rows/1_000_000 != (rows-int64(p.Rows))/1_000_000 {
			most = max(most, gateway.rss())
		}
	}
	took := time.Since(began).Seconds()
	if rows != streamRows {
		return fmt.Errorf("%d rows came, not %d", rows, streamRows)
	}
	fmt.Fprintf(b, "| %d M rows × 4 columns, client without decoding (rows per second) | %s |\n", streamRows/1_000_000, number(float64(rows)/took))
	fmt.Fprintf(b, "| the same (MB per second) | %s |\n", number(float64(bytes)/took/1e6))
	fmt.Fprintf(b, "| RSS after its first page / at most (MB) | %s / %s |\n", number(before), number(most))
	return nil
}

var streamSQL = fmt.Sprintf("select i, i::varchar as s, i * 1.5 as d, make_timestamp(i * 1000000) as ts from range(%d) t(i)", streamRows)

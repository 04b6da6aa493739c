package hs2test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/nekomata-sql/nekomata/thrift/hive"
)

// Page is what [Client.Skim] saw of an answer to FetchResults.
type Page struct {
	// Start is the number of the first row.
	Start int64
	// Rows is how many there are, as the first column says.
	Rows int
	// Bytes is the size of the message.
	Bytes int
	// More says that the server has more rows.
	More bool
}

// Skim fetches rows as FetchResults does and throws them away: of the columns it
// decodes the first one's length. So it measures the server and not itself. It
// needs a login with SASL.
func (c *Client) Skim(ctx context.Context, req *hive.TFetchResultsReq) (Page, error) {
	t := c.transport
	if t == nil || !t.framed {
		return Page{}, errors.New("skimming needs frames, so a login")
	}
	p := thrift.NewTBinaryProtocolConf(t, nil)
	args := hive.TCLIServiceFetchResultsArgs{Req: req}
	err := errors.Join(p.WriteMessageBegin(ctx, "FetchResults", thrift.CALL, 0), args.Write(ctx, p), p.WriteMessageEnd(ctx), p.Flush(ctx))
	if err != nil {
		return Page{}, err
	}
	var head [4]byte
	if _, err := io.ReadFull(t.r, head[:]); err != nil {
		return Page{}, err
	}
	size := int(binary.BigEndian.Uint32(head[:]))
	if size > t.limit {
		return Page{}, fmt.Errorf("an answer of %d bytes exceeds the limit of %d", size, t.limit)
	}
	const enough = 1 << 10 // for all that comes before the rows, or for a refusal
	begin := make([]byte, min(size, enough))
	if _, err := io.ReadFull(t.r, begin); err != nil {
		return Page{}, err
	}
	if err := t.discard(size - len(begin)); err != nil {
		return Page{}, err
	}
	page, err := skim(ctx, begin)
	page.Bytes = size
	return page, err
}

// discard reads n bytes, in large pieces.
func (t *transport) discard(n int) error {
	if t.waste == nil {
		t.waste = make([]byte, 256<<10)
	}
	for n > 0 {
		k, err := t.r.Read(t.waste[:min(n, len(t.waste))])
		if err != nil {
			return err
		}
		n -= k
	}
	return nil
}

// skim reads the beginning of an answer.
func skim(ctx context.Context, begin []byte) (page Page, err error) {
	p := thrift.NewTBinaryProtocolConf(&thrift.TMemoryBuffer{Buffer: bytes.NewBuffer(begin)}, nil)
	_, kind, _, err := p.ReadMessageBegin(ctx)
	if err != nil {
		return page, err
	}
	if kind == thrift.EXCEPTION {
		x := thrift.NewTApplicationException(0, "")
		return page, errors.Join(x.Read(ctx, p), x)
	}
	if _, _, _, err := p.ReadFieldBegin(ctx); err != nil { // success
		return page, err
	}
	for {
		_, kind, id, err := p.ReadFieldBegin(ctx)
		switch {
		case err != nil || kind == thrift.STOP:
			return page, err
		case id == 1:
			err = readStatus(ctx, p)
		case id == 2:
			page.More, err = p.ReadBool(ctx)
		default: // the rows, the last field
			return page, page.skimRows(ctx, p)
		}
		if err != nil {
			return page, err
		}
	}
}

func readStatus(ctx context.Context, p thrift.TProtocol) error {
	status := hive.NewTStatus()
	if err := status.Read(ctx, p); err != nil {
		return err
	}
	if status.StatusCode == hive.TStatusCode_ERROR_STATUS {
		return fmt.Errorf("%s (SQLSTATE %s)", status.GetErrorMessage(), status.GetSqlState())
	}
	return nil
}

// skimRows reads a TRowSet up to the size of its first column.
func (page *Page) skimRows(ctx context.Context, p thrift.TProtocol) error {
	for {
		_, kind, id, err := p.ReadFieldBegin(ctx)
		switch {
		case err != nil || kind == thrift.STOP:
			return err
		case id == 1:
			page.Start, err = p.ReadI64(ctx)
		case id == 3:
			columns, err := listSize(ctx, p)
			if err != nil || columns == 0 {
				return err
			}
			for range 2 { // the column's kind, its values
				if _, _, _, err := p.ReadFieldBegin(ctx); err != nil {
					return err
				}
			}
			page.Rows, err = listSize(ctx, p)
			return err
		default:
			err = p.Skip(ctx, kind)
		}
		if err != nil {
			return err
		}
	}
}

// listSize reads the head of a list, most of which is not there to be checked.
func listSize(ctx context.Context, p thrift.TProtocol) (int, error) {
	if _, err := p.ReadByte(ctx); err != nil {
		return 0, err
	}
	n, err := p.ReadI32(ctx)
	return int(n), err
}

package rest

import (
	"bufio"
	"io"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/ipc"

	"github.com/nekomata-sql/nekomata/operation"
)

// arrowStream writes rows as an Arrow IPC stream.
type arrowStream struct {
	out *bufio.Writer
	ipc *ipc.Writer
}

func newArrowStream(w io.Writer, schema *arrow.Schema) encoder {
	if schema == nil {
		schema = arrow.NewSchema(nil, nil)
	}
	out := bufio.NewWriterSize(w, flushSize)
	return &arrowStream{out, ipc.NewWriter(out, ipc.WithSchema(schema))}
}

func (a *arrowStream) page(p *operation.Page) error {
	for _, b := range p.Batches {
		if err := a.ipc.Write(b); err != nil {
			return err
		}
	}
	return a.out.Flush()
}

func (a *arrowStream) end() error {
	if err := a.ipc.Close(); err != nil {
		return err
	}
	return a.out.Flush()
}

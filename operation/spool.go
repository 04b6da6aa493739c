package operation

import (
	"bufio"
	"errors"
	"io"
	"os"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/ipc"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// spool keeps record batches in a file, each as an Arrow IPC stream of its own, so
// that any of them can be read without those before it, dictionaries included. The
// file has no name once it is open, so that a crash leaves nothing behind.
type spool struct {
	file   *os.File
	out    *bufio.Writer
	schema *arrow.Schema
	ends   []int64 // where each batch ends in the file
	size   int64   // bytes in the file
}

// countingWriter counts what goes into the file.
type countingWriter struct {
	s *spool
}

func (w countingWriter) Write(p []byte) (int, error) {
	n, err := w.s.file.Write(p)
	w.s.size += int64(n)
	return n, err
}

// newSpool makes an empty spool in dir.
func newSpool(dir string, schema *arrow.Schema) (*spool, error) {
	f, err := os.CreateTemp(dir, "result-*.arrow")
	if err != nil {
		return nil, sqlerr.Wrap(err, sqlerr.Exhausted, "no file could be made to keep the result in")
	}
	if err := os.Remove(f.Name()); err != nil {
		_ = f.Close()
		return nil, sqlerr.Wrap(err, sqlerr.Internal, "the result's file could not be unlinked")
	}
	s := &spool{file: f, schema: schema}
	s.out = bufio.NewWriterSize(countingWriter{s}, 1<<16)
	return s, nil
}

// add appends a batch. The caller keeps its own reference.
func (s *spool) add(b arrow.RecordBatch) error {
	w := ipc.NewWriter(s.out, ipc.WithSchema(s.schema))
	err := errors.Join(w.Write(b), w.Close(), s.out.Flush())
	if err != nil {
		return sqlerr.Wrap(err, sqlerr.Exhausted, "the result could not be written to its file; is the disk full?")
	}
	s.ends = append(s.ends, s.size)
	return nil
}

// at returns batch i, which the caller releases.
func (s *spool) at(i int) (arrow.RecordBatch, error) {
	const fits = 4 << 10 // what comes before a batch's values: those are read in one go
	begin := int64(0)
	if i > 0 {
		begin = s.ends[i-1]
	}
	part := io.NewSectionReader(s.file, begin, s.ends[i]-begin)
	r, err := ipc.NewReader(bufio.NewReaderSize(part, fits))
	if err != nil {
		return nil, sqlerr.Wrap(err, sqlerr.Internal, "the result's file could not be read")
	}
	defer r.Release()
	if !r.Next() {
		return nil, sqlerr.Wrap(r.Err(), sqlerr.Internal, "the result's file ended early")
	}
	b := r.RecordBatch()
	b.Retain()
	return b, nil
}

// close frees the file's space.
func (s *spool) close() { _ = s.file.Close() }

package operation

import (
	"bufio"
	"os"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/ipc"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// spool keeps record batches in a file, as one Arrow IPC stream, to be read
// again from the start. The file has no name once it is open, so that a crash
// leaves nothing behind.
type spool struct {
	file    *os.File
	out     *bufio.Writer
	writer  *ipc.Writer
	written int   // batches
	size    int64 // bytes in the file

	reader   *ipc.Reader
	readNext int // the batch that reader gives next
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
	s := &spool{file: f}
	s.out = bufio.NewWriterSize(countingWriter{s}, 1<<16)
	s.writer = ipc.NewWriter(s.out, ipc.WithSchema(schema))
	return s, nil
}

// add appends a batch. The caller keeps its own reference.
func (s *spool) add(b arrow.RecordBatch) error {
	if err := s.writer.Write(b); err != nil {
		return sqlerr.Wrap(err, sqlerr.Exhausted, "the result could not be written to its file")
	}
	if err := s.out.Flush(); err != nil {
		return sqlerr.Wrap(err, sqlerr.Exhausted, "the result could not be written to its file; is the disk full?")
	}
	s.written++
	return nil
}

// at returns batch i, which the caller releases. Reading on is cheap, going
// back starts from the front.
func (s *spool) at(i int) (arrow.RecordBatch, error) {
	if s.reader == nil || i < s.readNext {
		s.releaseReader()
		r, err := ipc.NewReader(bufio.NewReaderSize(&fileReader{f: s.file}, 1<<16))
		if err != nil {
			return nil, sqlerr.Wrap(err, sqlerr.Internal, "the result's file could not be read")
		}
		s.reader, s.readNext = r, 0
	}
	for s.reader.Next() {
		s.readNext++
		if s.readNext == i+1 {
			b := s.reader.RecordBatch()
			b.Retain()
			return b, nil
		}
	}
	return nil, sqlerr.Wrap(s.reader.Err(), sqlerr.Internal, "the result's file ended early")
}

// fileReader reads a file from the start without moving the offset that the
// writer appends at.
type fileReader struct {
	f   *os.File
	off int64
}

func (r *fileReader) Read(p []byte) (int, error) {
	n, err := r.f.ReadAt(p, r.off)
	r.off += int64(n)
	if n > 0 {
		return n, nil // an early end of file is the next call's business: the writer may have gone on
	}
	return 0, err
}

func (s *spool) releaseReader() {
	if s.reader != nil {
		s.reader.Release()
		s.reader = nil
	}
}

// close frees the file's space.
func (s *spool) close() {
	s.releaseReader()
	_ = s.writer.Close()
	_ = s.file.Close()
}

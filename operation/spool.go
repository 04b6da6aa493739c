package operation

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"golang.org/x/sys/unix"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// spool keeps record batches in a file, each in a form of its own, so that any of
// them can be read without those before it: the bytes of its columns as they are in
// memory, or an Arrow IPC stream where there is more to a column than that. The file
// has no name once it is open, so that a crash leaves nothing behind.
type spool struct {
	file   *os.File
	schema *arrow.Schema
	ends   []int64 // where each batch ends in the file
	end    int64   // where the last does
	size   int64   // bytes of all batches, as if none were made narrow

	// waiting are the last batches, which are not in the file yet: a few are written
	// at once, for the system's sake.
	waiting []arrow.RecordBatch
	parts   [][]byte // what they will be in the file
	pack    packer   // has the memory of some of these
	held    int64    // bytes of the waiting
	written int64
}

// spoolAtOnce is how many bytes of batches are written at once.
const spoolAtOnce = 512 << 10

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
	return &spool{file: f, schema: schema}, nil
}

// add appends a batch. The caller keeps its own reference.
func (s *spool) add(b arrow.RecordBatch) error {
	before := len(s.parts)
	parts, flat := appendFlat(s.parts, b, s.schema, &s.pack)
	if !flat {
		var err error
		if parts, err = s.appendStream(parts, b); err != nil {
			return err
		}
	}
	s.parts = parts
	begin := s.end
	for _, p := range parts[before:] {
		s.end += int64(len(p))
	}
	s.size += s.end - begin + s.pack.saved
	s.pack.saved = 0
	s.ends = append(s.ends, s.end)
	b.Retain()
	s.waiting = append(s.waiting, b)
	if s.held += batchBytes(b); s.held < spoolAtOnce && s.end-s.written < spoolAtOnce {
		return nil
	}
	return s.flush()
}

// appendStream appends b as an Arrow IPC stream.
func (s *spool) appendStream(parts [][]byte, b arrow.RecordBatch) ([][]byte, error) {
	var stream bytes.Buffer
	w := ipc.NewWriter(&stream, ipc.WithSchema(s.schema))
	if err := errors.Join(w.Write(b), w.Close()); err != nil {
		return nil, sqlerr.Wrap(err, sqlerr.Internal, "the result can't be put into a file")
	}
	return append(parts, stream.Bytes()), nil
}

// flush writes what waits.
func (s *spool) flush() error {
	const most = 1024 // parts in a call
	for rest := s.parts; len(rest) > 0; {
		n, err := unix.Pwritev(int(s.file.Fd()), rest[:min(most, len(rest))], s.written)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err == nil && n == 0 {
			err = io.ErrShortWrite
		}
		if err != nil {
			return sqlerr.Wrap(err, sqlerr.Exhausted, "the result could not be written to its file; is the disk full?")
		}
		s.written += int64(n)
		rest = behind(rest, n)
	}
	s.forgetWaiting()
	return nil
}

// behind is what is left of parts, none of which is empty, behind the first n bytes.
func behind(parts [][]byte, n int) [][]byte {
	for len(parts) > 0 && n >= len(parts[0]) {
		n -= len(parts[0])
		parts = parts[1:]
	}
	if n > 0 {
		parts[0] = parts[0][n:]
	}
	return parts
}

func (s *spool) forgetWaiting() {
	for i, b := range s.waiting {
		b.Release()
		s.waiting[i] = nil
	}
	clear(s.parts)
	s.waiting, s.parts = s.waiting[:0], s.parts[:0]
	s.pack.room, s.held = s.pack.room[:0], 0
}

// at returns batch i, which the caller releases.
func (s *spool) at(i int) (arrow.RecordBatch, error) {
	if in := len(s.ends) - len(s.waiting); i >= in {
		b := s.waiting[i-in]
		b.Retain()
		return b, nil
	}
	begin := int64(0)
	if i > 0 {
		begin = s.ends[i-1]
	}
	part := io.NewSectionReader(s.file, begin, s.ends[i]-begin)
	var mark [1]byte
	if _, err := part.ReadAt(mark[:], 0); err != nil {
		return nil, sqlerr.Wrap(err, sqlerr.Internal, "the result's file could not be read")
	}
	if mark[0] == flatMark {
		return readFlat(part, s.schema)
	}
	return readStream(part)
}

// readStream reads what appendStream has made.
func readStream(part *io.SectionReader) (arrow.RecordBatch, error) {
	const fits = 4 << 10 // what comes before a batch's values: those are read in one go
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

// close frees the file's space, which takes a while for a large one.
func (s *spool) close() {
	s.forgetWaiting()
	go func() { _ = s.file.Close() }()
}

package batch

import (
	"bufio"
	"context"
	"errors"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nekomata-sql/nekomata/metadata"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// How much of a log one answer has.
const (
	longestLine = 1 << 20
	mostBytes   = 16 << 20
)

// LocalLog returns up to size lines of a batch's log: from the line numbered from on,
// or the last ones when from is negative. A line that is still being written comes among
// the last ones only: whoever counts lines would miss its end. Settings that are secret are hidden in it.
// It fails with NotFound, also when the log is on another machine, which it names.
func (m *Manager) LocalLog(ctx context.Context, id string, from int64, size int) ([]string, error) {
	i, err := m.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	lines, err := m.read(ctx, &i.Batch, from, size)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, m.noLog(&i.Batch)
	case err != nil && ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, sqlerr.Wrap(err, sqlerr.Internal, "the log of the batch %s can't be read; the server's log has the details", id)
	}
	m.hide(i.Conf, lines)
	return lines, nil
}

// LogPage is LocalLog with a number of a first line that isn't negative, and with
// how many lines there are in all.
func (m *Manager) LogPage(ctx context.Context, id string, offset int64, size int) (lines []string, total int64, err error) {
	if lines, err = m.LocalLog(ctx, id, offset, size); err != nil {
		return nil, 0, err
	}
	b, err := m.find(ctx, id)
	if err != nil {
		return nil, 0, err
	}
	total, err = m.countLines(ctx, &b)
	return lines, total, err
}

// countLines is how many lines a batch's log has.
func (m *Manager) countLines(ctx context.Context, b *metadata.Batch) (int64, error) {
	f, err := os.Open(m.logOf(b))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, sqlerr.Wrap(err, sqlerr.Internal, "the log of the batch %s can't be read; the server's log has the details", b.ID)
	}
	defer f.Close()
	r, err := m.seek(ctx, f, b.ID, math.MaxInt64)
	if err != nil {
		return 0, err
	}
	rest, err := r.skipTo(math.MaxInt64)
	m.lines.keep(endOf(b.ID), r.at)
	if rest && b.State.Terminal() {
		return r.at.line + 1, err
	}
	return r.at.line, err
}

// Shown is settings as they may be shown.
func (m *Manager) Shown(conf map[string]string) map[string]string {
	shown := make(map[string]string, len(conf))
	for key, value := range conf {
		shown[key] = m.opts.Redact(key, value)
	}
	return shown
}

// noLog says where a log is that is not here; a batch that was never started has an
// empty one.
func (m *Manager) noLog(b *metadata.Batch) error {
	text := "No local log found for batch: " + b.ID
	host := "the host " + b.Host
	switch {
	case b.Foreign && b.Instance == "":
		text += ". Kyuubi accepted it, and none of its servers has started it."
	case b.Foreign:
		text += ". Kyuubi made it, and its server " + b.Instance + " may have the log."
	case b.Host == m.opts.Host:
		text += ". It was in " + b.LogLocation + " of this host and is gone."
	case b.Host == "":
		host = "the host of " + b.Instance
		fallthrough
	default:
		text += ". It is in " + b.LogLocation + " of " + host + ": ask a gateway there, or share kyuubi.batch.dir."
	}
	return sqlerr.New(sqlerr.NotFound, "%s", text)
}

// logOf is the file of a batch's log. The row says where it is, and a file of another
// name is no log.
func (m *Manager) logOf(b *metadata.Batch) string {
	if filepath.Base(b.LogLocation) != b.ID+".log" {
		return m.logPath(b.ID)
	}
	return b.LogLocation
}

// read reads lines from the file.
func (m *Manager) read(ctx context.Context, b *metadata.Batch, from int64, size int) ([]string, error) {
	f, err := os.Open(m.logOf(b))
	if errors.Is(err, fs.ErrNotExist) && !b.Foreign && b.Started.IsZero() {
		return []string{}, nil // nothing was started that could write
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if from < 0 {
		return tail(f, size)
	}
	r, err := m.seek(ctx, f, b.ID, from)
	if err != nil {
		return nil, err
	}
	if _, err := r.skipTo(from); err != nil || r.at.line < from {
		m.lines.keep(endOf(b.ID), r.at)
		return []string{}, err
	}
	lines, err := r.take(size, b.State.Terminal())
	m.lines.keep(b.ID, r.at)
	return lines, err
}

// endOf names the place at the end of a log: those who look there, for more, are not
// those who read.
func endOf(id string) string { return id + " end" }

// seek goes to a known place in a log from which a line can be found by reading on.
func (m *Manager) seek(ctx context.Context, f *os.File, id string, line int64) (*lineReader, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	at := m.lines.before(id, line, info)
	if end := m.lines.before(endOf(id), line, info); end.line > at.line {
		at = end
	}
	at.file = info
	if _, err := f.Seek(at.offset, io.SeekStart); err != nil {
		return nil, err
	}
	return &lineReader{r: bufio.NewReaderSize(contextReader{ctx, f}, 64<<10), at: at}, nil
}

func ignoreEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// place is where a line of a file begins.
type place struct {
	line, offset int64
	file         os.FileInfo
}

// before is a known place from which a line can be found by reading on.
func (p *places) before(id string, line int64, file os.FileInfo) place {
	p.mu.Lock()
	defer p.mu.Unlock()
	if at, ok := p.known[id]; ok && at.line <= line && at.offset <= file.Size() && os.SameFile(at.file, file) {
		return at
	}
	return place{}
}

func (p *places) keep(id string, at place) {
	p.mu.Lock()
	defer p.mu.Unlock()
	const most = 1000
	if len(p.known) >= most {
		clear(p.known) // they are found again
	}
	p.known[id] = at
}

// lineReader reads lines and knows where it is.
type lineReader struct {
	r  *bufio.Reader
	at place
}

// skip reads past a line. A last line without an end is one, but may still grow, so
// that it is read again the next time.
func (l *lineReader) skip() (int64, error) {
	var n int64
	for {
		part, err := l.r.ReadSlice('\n')
		n += int64(len(part))
		switch {
		case err == nil:
			l.at.line++
			l.at.offset += n
			return n, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return n, err
		}
	}
}

// skipTo reads up to a line, or to the end. rest says that a line without an end is there.
func (l *lineReader) skipTo(line int64) (rest bool, err error) {
	for l.at.line < line {
		if n, err := l.skip(); err != nil {
			return n > 0, ignoreEnd(err)
		}
	}
	return false, nil
}

// take reads up to size lines; partly says that a last one without an end is one.
func (l *lineReader) take(size int, partly bool) ([]string, error) {
	lines := []string{}
	total := 0
	for len(lines) < size && total < mostBytes {
		text, whole, err := l.next()
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		if err != nil && (text == "" || !partly) {
			break
		}
		total += len(text)
		lines = append(lines, text)
		if !whole {
			break
		}
	}
	return lines, nil
}

// next is a line, cut if it is very long. whole is false for one without an end.
func (l *lineReader) next() (text string, whole bool, err error) {
	var line strings.Builder
	var n int64
	for {
		part, err := l.r.ReadSlice('\n')
		n += int64(len(part))
		if room := longestLine - line.Len(); room > 0 {
			line.Write(part[:min(len(part), room)])
		}
		switch {
		case err == nil:
			l.at.line++
			l.at.offset += n
			return clean(line.String()), true, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return clean(line.String()), false, err
		}
	}
}

func clean(line string) string {
	return strings.ToValidUTF8(strings.TrimRight(line, "\r\n"), "\uFFFD")
}

// tail reads the last lines, from behind.
func tail(f *os.File, size int) ([]string, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	const chunk = 64 << 10
	buf := make([]byte, chunk)
	begin, ends := info.Size(), 0
	for begin > 0 && info.Size()-begin < mostBytes {
		from := max(0, begin-chunk)
		part := buf[:begin-from]
		if _, err := f.ReadAt(part, from); err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		for i, c := range slices.Backward(part) {
			if c != '\n' || from+int64(i) == info.Size()-1 {
				continue
			}
			if ends++; ends == size {
				return readFrom(f, from+int64(i)+1, size)
			}
		}
		begin = from
	}
	return readFrom(f, begin, size)
}

func readFrom(f *os.File, offset int64, size int) ([]string, error) {
	if _, err := f.Seek(offset, io.SeekStart); err != nil {
		return nil, err
	}
	return (&lineReader{r: bufio.NewReader(f)}).take(size, true)
}

// hide takes the values of secret settings out of lines, where a job or what starts
// it may have printed them.
func (m *Manager) hide(conf map[string]string, lines []string) {
	const shortest = 4 // what is shorter is everywhere
	var secrets [][2]string
	for key, value := range conf {
		if shown := m.opts.Redact(key, value); shown != value && len(value) >= shortest {
			secrets = append(secrets, [2]string{value, shown})
		}
	}
	if len(secrets) == 0 {
		return
	}
	// The longest first: one that begins like another must not leave its rest.
	slices.SortFunc(secrets, func(a, b [2]string) int { return len(b[0]) - len(a[0]) })
	var pairs []string
	for _, s := range secrets {
		pairs = append(pairs, s[0], s[1])
	}
	r := strings.NewReplacer(pairs...)
	for i := range lines {
		lines[i] = r.Replace(lines[i])
	}
}

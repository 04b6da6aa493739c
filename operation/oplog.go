package operation

import (
	"cmp"
	"slices"
	"sync"
)

// Bounds of logs in bytes: long statements on large engines write tens of thousands
// of lines, and nobody reads the old ones. There are many sessions.
const (
	logCapacity        = 1 << 20
	sessionLogCapacity = 128 << 10
)

// opLog keeps an operation's log lines for clients, which read them with a
// cursor. The oldest lines give way when it is full.
type opLog struct {
	capacity int // in bytes; 0 means logCapacity

	mu      sync.Mutex
	lines   []line
	size    int
	dropped int // lines that gave way
	cursor  int // next line to read, counted from the very first
	fetched int64
}

// add appends lines that belong together: no other comes between them.
func (l *opLog) add(added ...line) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lines == nil {
		const usual = 8 // what most statements write, and a little more
		l.lines = make([]line, 0, max(usual, len(added)))
	}
	l.lines = append(l.lines, added...)
	for _, a := range added {
		l.size += a.size()
	}
	if capacity := cmp.Or(l.capacity, logCapacity); l.size > capacity {
		l.shrink(capacity - capacity/4) // some room, or every line from now on would move all
	}
}

// shrink drops the oldest lines until what is left fits, or is one line.
func (l *opLog) shrink(size int) {
	drop := 0
	for l.size > size && drop < len(l.lines)-1 {
		l.size -= l.lines[drop].size()
		drop++
	}
	l.lines = slices.Delete(l.lines, 0, drop) // where they are: there will soon be as many
	l.dropped += drop
}

// words are the lines of a run.
func words(lines []line) []string {
	texts := make([]string, len(lines))
	for i, l := range lines {
		texts[i] = l.String()
	}
	return texts
}

// fetch returns up to limit lines; orientation First starts over.
func (l *opLog) fetch(f Fetch) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if f.Orientation == First || l.cursor < l.dropped {
		l.cursor = l.dropped
	}
	from := l.cursor - l.dropped
	to := min(len(l.lines), from+int(min(f.MaxRows, int64(len(l.lines)))))
	l.cursor = l.dropped + to
	l.fetched += int64(to - from)
	return words(l.lines[from:to])
}

func (l *opLog) fetchedLines() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.fetched
}

// LogPage is a run of log lines.
type LogPage struct {
	Lines []string
	// Start is the number of the first line, counted from the first there ever was,
	// and Next that of the line after the last.
	Start, Next int64
	// Total is how many lines there have been so far.
	Total int64
}

// at returns up to limit lines from the one numbered offset on, or from the oldest
// that is left when that one has given way.
func (l *opLog) at(offset, limit int64) LogPage {
	l.mu.Lock()
	defer l.mu.Unlock()
	end := int64(l.dropped + len(l.lines))
	from := min(max(offset, int64(l.dropped)), end)
	to := from + min(limit, end-from)
	lines := words(l.lines[from-int64(l.dropped) : to-int64(l.dropped)])
	return LogPage{Lines: lines, Start: from, Next: to, Total: end}
}

func (l *opLog) bytes() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return int64(l.size)
}

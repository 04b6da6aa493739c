package process

import (
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
)

// How much of a job's last words goes into the diagnostic.
const (
	tailRead  = 64 << 10
	tailLines = 20
	tailBytes = 4 << 10
	// tailLine is how much of one line: a log entry in JSON has a whole stack in one.
	tailLine = 500
)

// chatter are lines of Java's loggers that say that all is well, which come after
// the exception that people look for, and the frames of its stack.
var chatter = regexp.MustCompile(`^(\S+ \S+ )?(INFO|DEBUG|TRACE)\b|^\s+(at [\w.$/<>-]+\(.*\)|\.\.\. \d+ more)$`)

// crash begins what a program of ours says when it crashes; its stacks and registers
// follow after an empty line, and are no reason that anybody can read.
var crash = regexp.MustCompile(`^(SIG[A-Z0-9]+: |fatal error: |panic: )`)

// beforeDump are lines as far as they say what happened.
func beforeDump(lines []string) []string {
	i := slices.IndexFunc(lines, crash.MatchString)
	if i < 0 {
		return lines
	}
	if n := slices.Index(lines[i:], ""); n >= 0 {
		return lines[:i+n]
	}
	return lines
}

// tail is the end of what a job has written to its log from an offset on, without
// what is not worth a line, or from the line on that begins with the verdict.
func tail(path string, from int64, verdict string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return ""
	}
	begin := min(max(from, size-tailRead), size) // somebody may have emptied it
	text := make([]byte, size-begin)
	if _, err := f.ReadAt(text, begin); err != nil {
		return ""
	}
	lines := strings.Split(strings.ToValidUTF8(string(text), "\uFFFD"), "\n")
	if verdict != "" {
		lines = beforeDump(lines)
	}
	lines = slices.DeleteFunc(lines, func(l string) bool { return strings.TrimSpace(l) == "" || chatter.MatchString(l) })
	lines = lines[max(0, len(lines)-tailLines):]
	for i, l := range lines {
		if len(l) > tailLine {
			lines[i] = strings.ToValidUTF8(l[:tailLine], "") + "..."
		}
	}
	if i := slices.IndexFunc(lines, func(l string) bool { return verdict != "" && strings.HasPrefix(l, verdict) }); i >= 0 {
		lines = lines[i:]
	}
	out := strings.Join(lines, "\n")
	if len(out) > tailBytes {
		out = strings.ToValidUTF8(out[len(out)-tailBytes:], "")
	}
	return out
}

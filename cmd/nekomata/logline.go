package main

import (
	"log/slog"
	"time"
)

// lineFormat writes the records of which there is one for each request: those whose
// only attribute is an attrsAppender. They are the bytes that slog would write.
type lineFormat struct {
	json bool

	// How a text's time begins and ends in this second. It is used by one at a time.
	second      int64
	begin, zone []byte
}

// attrsAppender stands for several attributes, and appends them as slog's handlers
// do, each with what parts it from the one before. It reports false when slog has to.
// Its record's message needs no quotes.
type attrsAppender interface {
	AppendAttrs(b []byte, json bool) ([]byte, bool)
}

// write writes the line for r. It reports false, and has written nothing, when slog
// has to.
func (f *lineFormat) write(out *lateWriter, r *slog.Record) bool {
	if r.NumAttrs() != 1 {
		return false
	}
	var attrs attrsAppender
	r.Attrs(func(a slog.Attr) bool {
		attrs, _ = a.Value.Any().(attrsAppender)
		return false
	})
	return attrs != nil && out.add(func(b []byte) ([]byte, bool) {
		b, ok := attrs.AppendAttrs(f.head(b, r), f.json)
		if f.json {
			b = append(b, '}')
		}
		return append(b, '\n'), ok
	})
}

// head appends what comes before the attributes.
func (f *lineFormat) head(b []byte, r *slog.Record) []byte {
	if f.json {
		b = append(b, `{"time":"`...)
		b = r.Time.AppendFormat(b, time.RFC3339Nano)
		b = append(b, `","level":"`...)
		b = append(b, r.Level.String()...)
		b = append(b, `","msg":"`...)
		b = append(b, r.Message...)
		return append(b, '"')
	}
	b = append(b, "time="...)
	b = f.appendTime(b, r.Time)
	b = append(b, " level="...)
	b = append(b, r.Level.String()...)
	b = append(b, " msg="...)
	return append(b, r.Message...)
}

// appendTime appends a time with three digits after the second.
func (f *lineFormat) appendTime(b []byte, t time.Time) []byte {
	if s := t.Unix(); s != f.second || f.begin == nil {
		f.second = s
		f.begin = t.AppendFormat(f.begin[:0], "2006-01-02T15:04:05.")
		f.zone = t.AppendFormat(f.zone[:0], "Z07:00")
	}
	ms := t.Nanosecond() / int(time.Millisecond)
	b = append(b, f.begin...)
	b = append(b, byte('0'+ms/100), byte('0'+ms/10%10), byte('0'+ms%10))
	return append(b, f.zone...)
}

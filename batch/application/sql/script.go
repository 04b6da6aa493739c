package sql

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/nekomata-sql/nekomata/engine"
	"github.com/nekomata-sql/nekomata/hive"
)

// Script is one run of a script.
type Script struct {
	// Text is the script, and Parts are the first and last offsets of its statements.
	Text  string
	Parts [][2]int
	// Conn runs them.
	Conn engine.Conn
	// MaxRows is how many rows of a result are shown; 0 means 1,000.
	MaxRows int64
	// Out gets what happens.
	Out io.Writer
}

// ReadJob reads what a process is told.
func ReadJob(path string) (Job, error) {
	var job Job
	b, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(b, &job)
	}
	return job, err
}

// maxCell is how many bytes of a cell are shown.
const maxCell = 1000

// Run runs the statements one after the other, and stops at the first that fails.
func (s *Script) Run(ctx context.Context) error {
	if s.MaxRows == 0 {
		s.MaxRows = 1000
	}
	began := time.Now()
	for i, part := range s.Parts {
		text := s.Text[part[0]:part[1]]
		line := 1 + strings.Count(s.Text[:part[0]], "\n")
		if _, err := fmt.Fprintf(s.Out, "line %d> %s\n", line, strings.ReplaceAll(text, "\n", "\n      > ")); err != nil {
			return err
		}
		if err := s.statement(ctx, part); err != nil {
			return fmt.Errorf("statement %d of %d, at line %d: %w", i+1, len(s.Parts), line, err)
		}
	}
	_, err := fmt.Fprintf(s.Out, "%d statements in %s\n", len(s.Parts), took(began))
	return err
}

func took(began time.Time) time.Duration { return time.Since(began).Round(time.Millisecond) }

// statement runs one statement and shows its result.
func (s *Script) statement(ctx context.Context, part [2]int) error {
	began := time.Now()
	// Blank space takes the place of what comes before, so that errors name the
	// script's lines and columns.
	rows, err := s.Conn.Run(ctx, engine.Statement{SQL: blank(s.Text[:part[0]]) + s.Text[part[0]:part[1]]})
	if err != nil {
		return err
	}
	w := bufio.NewWriter(s.Out)
	err = s.show(ctx, w, rows, began)
	return errors.Join(err, w.Flush(), rows.Close())
}

// blank is a text's line ends, and its last line in spaces.
func blank(text string) string {
	last := text[strings.LastIndexByte(text, '\n')+1:]
	return strings.Repeat("\n", strings.Count(text, "\n")) + strings.Repeat(" ", len([]rune(last)))
}

// show writes a result: names, rows as far as they are shown, and their number.
func (s *Script) show(ctx context.Context, w *bufio.Writer, rows engine.Rows, began time.Time) error {
	schema := rows.Schema()
	if schema != nil {
		names := make([]string, schema.NumFields())
		for i, f := range schema.Fields() {
			names[i] = f.Name
		}
		if _, err := w.WriteString(strings.Join(names, "\t") + "\n"); err != nil {
			return err
		}
	}
	var n int64
	for {
		batch, err := rows.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if n < s.MaxRows {
			writeRows(w, batch, min(batch.NumRows(), s.MaxRows-n))
		}
		n += batch.NumRows()
		batch.Release()
	}
	var what string
	switch changed := rows.ModifiedRows(); {
	case schema == nil && changed >= 0:
		what = fmt.Sprintf("%d rows changed", changed)
	case schema == nil:
		what = "done"
	case n > s.MaxRows:
		what = fmt.Sprintf("%d rows, of which the first %d are shown", n, s.MaxRows)
	default:
		what = fmt.Sprintf("%d rows", n)
	}
	_, err := fmt.Fprintf(w, "-- %s (%s)\n", what, took(began))
	return err
}

// writeRows writes rows with tabs between the cells.
func writeRows(w *bufio.Writer, batch arrow.RecordBatch, n int64) {
	var cell []byte
	for row := range int(n) {
		for c := range int(batch.NumCols()) {
			if c > 0 {
				_ = w.WriteByte('\t')
			}
			column := batch.Column(c)
			if hive.IsNull(column, row) {
				_, _ = w.WriteString("NULL")
				continue
			}
			cell = hive.AppendText(cell[:0], column, row)
			if len(cell) > maxCell {
				cell = append(cell[:maxCell], "..."...)
			}
			_, _ = w.WriteString(oneLine.Replace(strings.ToValidUTF8(string(cell), "\uFFFD")))
		}
		_ = w.WriteByte('\n')
	}
}

var oneLine = strings.NewReplacer("\n", `\n`, "\r", `\r`, "\t", `\t`)

package operation

import (
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/nekomata-sql/nekomata/engine"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// line is a line of a log. Hardly anybody reads what a small statement has logged, and
// to put times, ids and states into words takes longer than all else that happens at a
// change of state: it is done for those who read.
type line struct {
	at   time.Time // zero for what stands as it is
	text string
	step *step // what the text is made of, unless nil
}

// step is a change of an operation's state.
type step struct {
	user     string
	id       uuid.UUID
	from, to State
	took     time.Duration // since the operation was made
	// statement says that the lines after this one are what will run.
	statement bool
}

// String is the line in words.
func (l line) String() string {
	text := l.text
	if l.step != nil {
		text = l.step.String()
	}
	if l.at.IsZero() {
		return text
	}
	return l.at.Format("2006-01-02 15:04:05.000") + " INFO " + text
}

// String is the change in Kyuubi's words.
func (s *step) String() string {
	text := "Processing " + s.user + "'s query[" + s.id.String() + "]: " + s.from.String() + " -> " + s.to.String()
	switch {
	case s.statement:
		text += ", statement:"
	case s.to.Terminal():
		text += ", time taken: " + strconv.FormatFloat(s.took.Seconds(), 'f', 3, 64) + " seconds"
	}
	return text
}

// size is about how many bytes the line keeps.
func (l line) size() int {
	const fixed = 96 // of a line's and a step's own
	if l.step != nil {
		return fixed + len(l.step.user)
	}
	return len(l.text)
}

// note writes a state change to the operation's log, and to ours.
func (o *operation) note(from, to State, err *sqlerr.Error, now time.Time) {
	st, ok := o.req.Query.(engine.Statement)
	begins := ok && to == Running
	const few = 4 // most statements are a line, which needs no allocation
	lines := append(make([]line, 0, few), line{at: now, step: &step{
		user: o.req.User, id: o.id, from: from, to: to, took: now.Sub(o.created), statement: begins,
	}})
	if begins {
		for text := range strings.SplitSeq(st.SQL, "\n") {
			lines = append(lines, line{text: text})
		}
	}
	if err != nil && to == Error {
		lines = append(lines, line{at: now, text: "Error: " + err.Message})
	}
	o.write(lines...)
	if o.opts.Observe != nil {
		info := o.info()
		info.State = to // another change may have come since
		o.opts.Observe(info, from)
	}
	if o.opts.Log.Enabled(o.ctx, slog.LevelDebug) {
		o.opts.Log.Debug("operation", "operation", o.id, "session", o.req.SessionID, "user", o.req.User,
			"type", o.req.Query.Name(), "from", from.String(), "to", to.String(), "err", err)
	}
}

func (o *operation) say(text string) { o.write(line{at: time.Now(), text: text}) }

// write adds lines to the operation's log and to its session's.
func (o *operation) write(lines ...line) {
	o.log.add(lines...)
	o.sessionLog.add(lines...)
}

// sayProgress writes each tenth of the way into the log, in the words of Hive's jobs: by
// those Superset and Hue know how far a statement is.
func (o *operation) sayProgress(fraction float64) {
	if tenth := int(fraction * 10); tenth > o.tenths && tenth < 10 {
		o.tenths = tenth
		o.say(fmt.Sprintf("Stage-1 map = %d%%,  reduce = %[1]d%%", tenth*10))
	}
}

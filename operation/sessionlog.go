package operation

import (
	"github.com/google/uuid"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// SessionLog reads up to limit lines of what all operations of a session have
// logged, closed ones too, in the order in which they did, from the line numbered
// offset on. Old lines give way; the answer begins at the oldest that is left.
func (m *OperationManager) SessionLog(session uuid.UUID, offset, limit int64) (LogPage, error) {
	if offset < 0 || limit <= 0 {
		return LogPage{}, sqlerr.New(sqlerr.Invalid, "a log is read from a line (offset) that is not negative, and by a number of lines that is positive, not %d and %d", offset, limit)
	}
	m.mu.RLock()
	t := m.tracks[session]
	m.mu.RUnlock()
	if t == nil {
		return LogPage{}, detached(session)
	}
	return t.log.at(offset, limit), nil
}

package dialect

import "github.com/nekomata-sql/nekomata/engine"

// About is what a session can ask about itself.
type About struct {
	// SessionID is the session's id, User who acts in it.
	SessionID, User string
	// Engine is what runs its statements.
	Engine engine.Info
}

// about plans Kyuubi's own statements, KYUUBI DESCRIBE SESSION and ENGINE, which also
// come with KYUUBIADMIN. Kyuubi's drivers and scripts send them; the rest that begins so
// is DuckDB's to refuse.
func (s *Session) about(c *cursor) (Plan, bool) {
	c.pos++
	if !c.accept("desc", "describe") {
		return Plan{}, false
	}
	a := s.opts.About
	var columns, row []string
	switch {
	case c.accept("session"):
		columns = []string{"SESSION_ID", "SESSION_USER", "SESSION_TYPE"}
		row = []string{a.SessionID, a.User, "INTERACTIVE"}
	case c.accept("engine"):
		columns = []string{"ENGINE_ID", "ENGINE_NAME", "ENGINE_URL", "ENGINE_INSTANCE", "ENGINE_VERSION", "ENGINE_ATTRIBUTES"}
		row = []string{a.Engine.ID, a.Engine.Name, a.Engine.URL, "", a.Engine.Version, ""}
	}
	return rows(columns, row), len(columns) > 0 && c.done()
}

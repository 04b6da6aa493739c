package statement

import (
	"time"

	"github.com/google/uuid"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// reason is why a statement is gone.
type reason uint8

const (
	expired reason = iota
	displaced
	deleted
)

// tomb is what is remembered of a statement that is gone: enough to tell its owner
// so, and nobody else.
type tomb struct {
	id             uuid.UUID
	user, realUser string
	why            reason
}

// graveyard remembers the last of those that are gone.
type graveyard struct {
	byID map[uuid.UUID]tomb
	ring []uuid.UUID
	next int
}

// graves bounds what is remembered; a tomb takes about 150 bytes.
const graves = 20_000

func (g *graveyard) bury(t tomb) {
	if g.byID == nil {
		g.byID = map[uuid.UUID]tomb{}
	}
	if len(g.ring) < graves {
		g.ring = append(g.ring, t.id)
	} else {
		delete(g.byID, g.ring[g.next])
		g.ring[g.next] = t.id
		g.next = (g.next + 1) % graves
	}
	g.byID[t.id] = t
}

// err tells the owner that his statement is gone.
func (t tomb) err(ttl time.Duration) error {
	switch t.why {
	case displaced:
		return sqlerr.New(sqlerr.Gone, "statement %s has been freed before its time, to make room for newer ones "+
			"(kyuubi.server.statement.max.kept, .max.kept.per.user, .result.total.max.size)", t.id)
	case deleted:
		return sqlerr.New(sqlerr.Gone, "statement %s has been deleted", t.id)
	default:
		return sqlerr.New(sqlerr.Gone, "statement %s has expired: it was kept for %s after its end (kyuubi.server.statement.ttl)", t.id, ttl)
	}
}

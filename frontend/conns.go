package frontend

import "sync/atomic"

// Connections counts a frontend's connections. It may be read at any time.
type Connections struct {
	open, total, refused atomic.Int64
}

// Open is the number of connections that are served right now.
func (c *Connections) Open() int64 { return c.open.Load() }

// Total is the number of connections that have been served so far, the open ones included.
func (c *Connections) Total() int64 { return c.total.Load() }

// Refused is the number of connections that were closed at once because of the
// limit.
func (c *Connections) Refused() int64 { return c.refused.Load() }

// enter counts a new connection and says whether it may stay; limit 0 means no
// limit. One that may stay is left later.
func (c *Connections) enter(limit int) bool {
	if n := c.open.Add(1); limit > 0 && n > int64(limit) {
		c.open.Add(-1)
		c.refused.Add(1)
		return false
	}
	c.total.Add(1)
	return true
}

func (c *Connections) leave() { c.open.Add(-1) }

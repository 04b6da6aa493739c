package session

import (
	"slices"
	"sync"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// Limits bounds how many sessions may be open at once. 0 means no limit.
type Limits struct {
	// PerUser, PerAddress and PerUserAddress are kyuubi.server.limit.connections.per.*.
	PerUser, PerAddress, PerUserAddress int
	// Unlimited users are not counted.
	Unlimited []string
	// DenyUsers and DenyAddresses may open none.
	DenyUsers, DenyAddresses []string
}

// limiter counts open sessions, but for those of unlimited users. A refused one is
// counted nowhere.
type limiter struct {
	mu     sync.Mutex
	limits Limits
	counts map[string]int
}

func newLimiter(l Limits) *limiter { return &limiter{limits: l, counts: map[string]int{}} }

// bound is one of the limits for one session.
type bound struct {
	key, what, who string
	limit          int
}

func (l *limiter) bounds(user, address string) [3]bound {
	return [...]bound{
		{"u" + user, "user", "user: " + user, l.limits.PerUser},
		{"a" + address, "ipaddress", "ipaddress: " + address, l.limits.PerAddress},
		{"b" + user + "\x00" + address, "user:ipaddress", "user:ipaddress: " + user + ":" + address, l.limits.PerUserAddress},
	}
}

// denied fails for those who may open nothing.
func (l *limiter) denied(user, address string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if slices.Contains(l.limits.DenyUsers, user) {
		return sqlerr.New(sqlerr.Denied, "Connection denied because the user is in the deny user list. (user: %s)", user)
	}
	if slices.Contains(l.limits.DenyAddresses, address) {
		return sqlerr.New(sqlerr.Denied, "Connection denied because the client ip is in the deny ip list. (ipAddress: %s)", address)
	}
	return nil
}

// take counts a session in, or fails with Denied or Exhausted. An unlimited user's
// session is not counted, and must not be given back.
func (l *limiter) take(user, address string) (counted bool, err error) {
	if err := l.denied(user, address); err != nil {
		return false, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if slices.Contains(l.limits.Unlimited, user) {
		return false, nil
	}
	bounds := l.bounds(user, address)
	for _, b := range bounds {
		if b.limit > 0 && l.counts[b.key] >= b.limit {
			return false, sqlerr.New(sqlerr.Exhausted, "Connection limit per %s reached (%s limit: %d)", b.what, b.who, b.limit)
		}
	}
	for _, b := range bounds {
		l.counts[b.key]++
	}
	return true, nil
}

// give counts a session out.
func (l *limiter) give(user, address string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, b := range l.bounds(user, address) {
		if l.counts[b.key]--; l.counts[b.key] <= 0 {
			delete(l.counts, b.key)
		}
	}
}

// change changes the limits for the sessions to come.
func (l *limiter) change(edit func(*Limits)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	edit(&l.limits)
}

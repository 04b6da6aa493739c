package batch

import (
	"context"
	"slices"
	"sync"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// Limits bounds how many batches may wait or be at work, on all gateways together.
// 0 means no limit.
type Limits struct {
	// PerUser, PerAddress and PerUserAddress are
	// kyuubi.server.limit.batch.connections.per.*.
	PerUser, PerAddress, PerUserAddress int
	// Unlimited users are not counted.
	Unlimited []string
	// DenyUsers and DenyAddresses may submit none.
	DenyUsers, DenyAddresses []string
}

// gate lets batches in within limits. It counts what the store has, so a limit
// holds for all gateways: exactly for one, and when several accept in the same
// moment, within one batch for each of them.
type gate struct {
	mu     sync.Mutex
	limits Limits
	// turn is held from a count to what it was made for.
	turn chan struct{}
}

func newGate(l Limits) gate { return gate{limits: l, turn: make(chan struct{}, 1)} }

func (g *gate) change(edit func(*Limits)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	edit(&g.limits)
}

func (g *gate) current() Limits {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.limits
}

// denied fails for those who may submit nothing.
func (g *gate) denied(user, address string) error {
	l := g.current()
	if slices.Contains(l.DenyUsers, user) {
		return sqlerr.New(sqlerr.Denied, "Connection denied because the user is in the deny user list. (user: %s)", user)
	}
	if slices.Contains(l.DenyAddresses, address) {
		return sqlerr.New(sqlerr.Denied, "Connection denied because the client ip is in the deny ip list. (ipAddress: %s)", address)
	}
	return nil
}

// enter lets one batch in, or fails with Exhausted. leave must be called when it
// is stored, or not.
func (g *gate) enter(ctx context.Context, store Records, user, address string) (leave func(), err error) {
	l := g.current()
	if l.PerUser <= 0 && l.PerAddress <= 0 && l.PerUserAddress <= 0 || slices.Contains(l.Unlimited, user) {
		return func() {}, nil
	}
	select {
	case g.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	leave = func() { <-g.turn }
	for _, b := range []struct {
		user, address, what, who string
		limit                    int
	}{
		{user, "", "user", "user: " + user, l.PerUser},
		{"", address, "ipaddress", "ipaddress: " + address, l.PerAddress},
		{user, address, "user:ipaddress", "user:ipaddress: " + user + ":" + address, l.PerUserAddress},
	} {
		if b.limit <= 0 {
			continue
		}
		n, err := store.CountOpen(ctx, b.user, b.address, b.limit)
		if err == nil && n >= b.limit {
			err = sqlerr.New(sqlerr.Exhausted, "Connection limit per %s reached (%s limit: %d)", b.what, b.who, b.limit)
		}
		if err != nil {
			leave()
			return nil, err
		}
	}
	return leave, nil
}

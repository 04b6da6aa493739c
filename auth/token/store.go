package token

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// Record is a token that is good until it expires.
type Record struct {
	ID             uuid.UUID
	Owner, Renewer string
	// Issued is when it was made, Expires until when it is good, and Latest as far
	// as renewals can go.
	Issued, Expires, Latest time.Time
}

// Store keeps the tokens that are good. Its methods may be called by many
// goroutines at once; an id that is not there is NotFound.
type Store interface {
	// Open makes it ready. It is called once, before all else.
	Open(ctx context.Context) error
	// Insert adds a token whose id is new.
	Insert(ctx context.Context, r Record) error
	// Find returns a token.
	Find(ctx context.Context, id uuid.UUID) (Record, error)
	// Extend changes until when a token is good.
	Extend(ctx context.Context, id uuid.UUID, expires time.Time) error
	// Delete forgets a token.
	Delete(ctx context.Context, id uuid.UUID) error
	// Count is the number of an owner's tokens, and of everybody's.
	Count(ctx context.Context, owner string) (his, all int, err error)
	// Prune forgets the tokens that have expired by now and returns their number.
	Prune(ctx context.Context, now time.Time) (int, error)
}

// Memory is a Store that ends with the process.
type Memory struct {
	mu      sync.Mutex
	records map[uuid.UUID]Record
	owned   map[string]int
}

// NewMemory returns an empty store.
func NewMemory() *Memory { return &Memory{records: map[uuid.UUID]Record{}, owned: map[string]int{}} }

// Open does nothing.
func (*Memory) Open(context.Context) error { return nil }

// Insert adds a token.
func (m *Memory) Insert(_ context.Context, r Record) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.records[r.ID] = r
	m.owned[r.Owner]++
	return nil
}

// Find returns a token.
func (m *Memory) Find(_ context.Context, id uuid.UUID) (Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.records[id]
	if !ok {
		return Record{}, unknown(id)
	}
	return r, nil
}

// Extend changes until when a token is good.
func (m *Memory) Extend(_ context.Context, id uuid.UUID, expires time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.records[id]
	if !ok {
		return unknown(id)
	}
	r.Expires = expires
	m.records[id] = r
	return nil
}

// Delete forgets a token.
func (m *Memory) Delete(_ context.Context, id uuid.UUID) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.records[id]; !ok {
		return unknown(id)
	}
	m.drop(id)
	return nil
}

func (m *Memory) drop(id uuid.UUID) {
	owner := m.records[id].Owner
	delete(m.records, id)
	if m.owned[owner]--; m.owned[owner] <= 0 {
		delete(m.owned, owner)
	}
}

// Count is the number of an owner's tokens, and of everybody's.
func (m *Memory) Count(_ context.Context, owner string) (his, all int, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.owned[owner], len(m.records), nil
}

// Prune forgets the tokens that have expired by now.
func (m *Memory) Prune(_ context.Context, now time.Time) (int, error) { return len(m.expire(now)), nil }

func (m *Memory) expire(now time.Time) []uuid.UUID {
	m.mu.Lock()
	defer m.mu.Unlock()
	var gone []uuid.UUID
	for id, r := range m.records {
		if !now.Before(r.Expires) {
			gone = append(gone, id)
		}
	}
	for _, id := range gone {
		m.drop(id)
	}
	return gone
}

func unknown(id uuid.UUID) error {
	return sqlerr.New(sqlerr.NotFound, "the delegation token %s was canceled, has expired or never existed", id)
}

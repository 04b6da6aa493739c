package batch

import (
	"encoding/binary"
	"sync/atomic"

	"github.com/google/uuid"
)

// seen remembers ids that the store has had, of late ones: a submission with such an id
// is looked up before anybody tries to store it, which costs half as much when it is a
// retry. It forgets, and may be wrong: the store has the word.
type seen [1 << 16]atomic.Uint64

// place is where an id is remembered, and as what.
func (s *seen) place(id string) (*atomic.Uint64, uint64) {
	u, err := uuid.Parse(id)
	if err != nil {
		return nil, 0
	}
	low, high := binary.BigEndian.Uint64(u[8:]), binary.BigEndian.Uint64(u[:8])
	return &s[low%uint64(len(s))], high ^ low
}

func (s *seen) add(id string) {
	if at, what := s.place(id); at != nil {
		at.Store(what)
	}
}

func (s *seen) has(id string) bool {
	at, what := s.place(id)
	return at != nil && what != 0 && at.Load() == what
}

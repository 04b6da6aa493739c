package server

import (
	"maps"
	"sync"
	"sync/atomic"
)

// memo remembers what make has made of each key, for as long as it lives. The keys must
// be few: each new one copies all. A figure's labels are such, and to put them together
// anew each time costs as much as all the counting.
type memo[K comparable, V any] struct {
	make  func(K) V
	adds  sync.Mutex
	known atomic.Pointer[map[K]V] // never changed, only replaced
}

func (m *memo[K, V]) of(k K) V {
	if known := m.known.Load(); known != nil {
		if v, ok := (*known)[k]; ok {
			return v
		}
	}
	return m.add(k)
}

func (m *memo[K, V]) add(k K) V {
	v := m.make(k)
	m.adds.Lock()
	defer m.adds.Unlock()
	more := map[K]V{}
	if known := m.known.Load(); known != nil {
		more = maps.Clone(*known)
	}
	more[k] = v
	m.known.Store(&more)
	return v
}

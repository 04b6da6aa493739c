package service

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// CompositeService runs several services as one. It is a Service itself, so
// composites nest.
type CompositeService struct {
	name     string
	services []Service
}

// NewCompositeService returns a service that starts services in the order given
// and stops them in reverse.
func NewCompositeService(name string, services ...Service) *CompositeService {
	return &CompositeService{name: name, services: slices.Clone(services)}
}

// String is the composite's name.
func (c *CompositeService) String() string { return c.name }

// Run starts each service once the one before is ready, and calls ready after
// the last. It stops them when ctx is done or when one of them returns by
// itself: the last one first, each after the one started later has returned. So
// a service's own context ends when its turn comes, not when ctx does.
//
// The error joins every failure: of those that returned by themselves first,
// then of those that failed while they stopped, each with the service's name.
func (c *CompositeService) Run(ctx context.Context, ready func()) error {
	g := &group{returned: make(chan struct{})}
	for _, s := range c.services {
		if !g.start(ctx, s) {
			return g.stop()
		}
	}
	ready()
	select {
	case <-ctx.Done():
	case <-g.returned:
	}
	return g.stop()
}

// group is what a composite has started so far.
type group struct {
	members  []*member
	once     sync.Once
	returned chan struct{} // closed when the first member returns
}

// member is one started service.
type member struct {
	service Service
	cancel  context.CancelFunc
	done    chan struct{} // closed after Run has returned
	err     error         // Run's; read it after done
}

// start runs s and waits until it is ready. It returns false when the composite
// has to stop instead.
func (g *group) start(ctx context.Context, s Service) bool {
	select {
	case <-ctx.Done():
		return false
	case <-g.returned:
		return false
	default:
	}
	own, cancel := context.WithCancel(context.WithoutCancel(ctx))
	m := &member{service: s, cancel: cancel, done: make(chan struct{})}
	g.members = append(g.members, m)
	ready := make(chan struct{})
	go func() {
		// Deferred, so that a goroutine that is ended from inside counts as returned.
		defer g.once.Do(func() { close(g.returned) })
		defer close(m.done)
		m.err = s.Run(own, sync.OnceFunc(func() { close(ready) }))
	}()
	select {
	case <-ready:
		return true
	case <-ctx.Done():
		return false
	case <-g.returned:
		return false
	}
}

// stop ends the members, last first, and joins their errors.
func (g *group) stop() error {
	var early, late []error
	for _, m := range slices.Backward(g.members) {
		if m.hasReturned() {
			early = append(early, m.failure(ErrReturned))
		} else {
			m.cancel()
			<-m.done
			late = append(late, m.failure(nil))
		}
		m.cancel()
	}
	return errors.Join(append(early, late...)...)
}

func (m *member) hasReturned() bool {
	select {
	case <-m.done:
		return true
	default:
		return false
	}
}

// failure is the member's error under its name; none stands for a nil one.
func (m *member) failure(none error) error {
	err := m.err
	if err == nil {
		err = none
	}
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", m.service, err)
}

package frontend

import (
	"net/http"
	"sync"
)

// requests counts the requests that are being served, so that a stop can wait for
// them: in HTTP/2 a request's goroutine may outlive its connection.
type requests struct {
	mu   sync.Mutex
	over bool
	wg   sync.WaitGroup
}

func (r *requests) enter() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.over {
		return false
	}
	r.wg.Add(1)
	return true
}

// end lets no more requests in and waits for those that are.
func (r *requests) end() {
	r.mu.Lock()
	r.over = true
	r.mu.Unlock()
	r.wg.Wait()
}

func (r *requests) count(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if !r.enter() {
			panic(http.ErrAbortHandler) // its connection is closed already
		}
		defer r.wg.Done()
		next.ServeHTTP(w, req)
	})
}

package server

import (
	"maps"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

// requestLabels are the labels of a REST request's time. There are as many as routes
// and what they answer, a few hundred at most.
type requestLabels struct {
	route, method string
	status        int
}

// requestTimes finds the histogram for a request without putting its labels together
// anew, which costs as much as all the counting.
type requestTimes struct {
	all   *prometheus.HistogramVec
	adds  sync.Mutex
	known atomic.Pointer[map[requestLabels]prometheus.Observer] // never changed, only replaced
}

func (t *requestTimes) of(l requestLabels) prometheus.Observer {
	if known := t.known.Load(); known != nil {
		if o, ok := (*known)[l]; ok {
			return o
		}
	}
	return t.add(l)
}

func (t *requestTimes) add(l requestLabels) prometheus.Observer {
	o := t.all.WithLabelValues(l.route, l.method, strconv.Itoa(l.status))
	t.adds.Lock()
	defer t.adds.Unlock()
	more := map[requestLabels]prometheus.Observer{}
	if known := t.known.Load(); known != nil {
		more = maps.Clone(*known)
	}
	more[l] = o
	t.known.Store(&more)
	return o
}

package server

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestRequestsOfManyLabels counts from several goroutines at once, where all labels are new.
func TestRequestsOfManyLabels(t *testing.T) {
	t.Parallel()
	const goroutines, each = 4, 50
	m := newMetrics("1.2.3")
	var wg sync.WaitGroup
	for range goroutines {
		wg.Go(func() {
			for i := range each {
				m.observeRequest("/api/v1/ping", "GET", 200+i%2, time.Millisecond)
				m.observeRequest("/api/v1/sessions", "GET", 200, time.Second)
			}
		})
	}
	wg.Wait()
	families, err := m.registry.Gather()
	require.NoError(t, err)
	counts := map[string]uint64{}
	for _, f := range families {
		if f.GetName() != "nekomata_rest_request_duration_seconds" {
			continue
		}
		for _, metric := range f.GetMetric() {
			labels := map[string]string{}
			for _, l := range metric.GetLabel() {
				labels[l.GetName()] = l.GetValue()
			}
			counts[labels["method"]+" "+labels["route"]+" "+labels["status"]] = metric.GetHistogram().GetSampleCount()
		}
	}
	require.Equal(t, map[string]uint64{
		"GET /api/v1/ping 200": goroutines * each / 2, "GET /api/v1/ping 201": goroutines * each / 2,
		"GET /api/v1/sessions 200": goroutines * each,
	}, counts)
}

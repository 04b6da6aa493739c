package server

import (
	"net/http"
	"runtime"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/nekomata-sql/nekomata/operation"
)

// metrics are the gateway's own figures. Their labels have few values: never a
// user, a session or a statement.
type metrics struct {
	registry   *prometheus.Registry
	operations memo[operationLabels, prometheus.Counter]
	duration   memo[string, prometheus.Observer]
	running    memo[operation.State, prometheus.Gauge]
	requests   memo[requestLabels, prometheus.Observer]
	thriftHTTP *prometheus.HistogramVec
}

// operationLabels are the labels of ended operations.
type operationLabels struct {
	kind  string
	state operation.State
}

// requestLabels are the labels of a REST request's time. There are as many as routes
// and what they answer, a few hundred at most.
type requestLabels struct {
	route, method string
	status        int
}

// newMetrics makes the figures in a registry of their own.
func newMetrics(version string) *metrics {
	operations := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "nekomata_operations_total", Help: "Operations that ended, by type and final state.",
	}, []string{"type", "state"})
	duration := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "nekomata_operation_duration_seconds", Help: "Time from an operation's creation to the end of its work, by type.",
		Buckets: prometheus.ExponentialBuckets(0.001, 4, 10),
	}, []string{"type"})
	running := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "nekomata_operations_active", Help: "Operations that wait or run, by state.",
	}, []string{"state"})
	requests := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "nekomata_rest_request_duration_seconds", Help: "Time of REST requests, by route, method and status.",
		Buckets: prometheus.ExponentialBuckets(0.001, 4, 8),
	}, []string{"route", "method", "status"})
	thriftHTTP := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "nekomata_thrift_http_request_duration_seconds", Help: "Time of requests to Thrift over HTTP, by status.",
		Buckets: prometheus.ExponentialBuckets(0.001, 4, 8),
	}, []string{"status"})
	m := &metrics{registry: prometheus.NewRegistry(), thriftHTTP: thriftHTTP}
	m.operations.make = func(l operationLabels) prometheus.Counter {
		return operations.WithLabelValues(l.kind, l.state.String())
	}
	m.duration.make = func(kind string) prometheus.Observer { return duration.WithLabelValues(kind) }
	m.running.make = func(s operation.State) prometheus.Gauge { return running.WithLabelValues(s.String()) }
	m.requests.make = func(l requestLabels) prometheus.Observer {
		return requests.WithLabelValues(l.route, l.method, strconv.Itoa(l.status))
	}
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "nekomata_build_info", Help: "Always 1; the labels say what is running.",
		ConstLabels: prometheus.Labels{"version": version, "go": runtime.Version()},
	})
	info.Set(1)
	m.registry.MustRegister(operations, duration, running, requests, thriftHTTP, info,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// observeOperation counts a change of an operation's state.
func (m *metrics) observeOperation(info operation.Info, from operation.State) {
	if from == operation.Pending || from == operation.Running {
		m.running.of(from).Dec()
	}
	switch s := info.State; {
	case s == operation.Pending || s == operation.Running:
		m.running.of(s).Inc()
	case s.Terminal() && !from.Terminal():
		m.operations.of(operationLabels{info.Query.Name(), s}).Inc()
		m.duration.of(info.Query.Name()).Observe(info.Completed.Sub(info.Created).Seconds())
	}
}

// observeRequest counts an answered REST request; route is the pattern, not the path.
func (m *metrics) observeRequest(route, method string, status int, took time.Duration) {
	m.requests.of(requestLabels{route, method, status}).Observe(took.Seconds())
}

// observeThriftHTTP counts an answered request of Thrift over HTTP.
func (m *metrics) observeThriftHTTP(status int, took time.Duration) {
	m.thriftHTTP.WithLabelValues(strconv.Itoa(status)).Observe(took.Seconds())
}

// gauge adds a figure that is read when somebody scrapes.
func (m *metrics) gauge(name, help string, read func() float64) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, read))
}

// certificate adds when a frontend's certificate expires.
func (m *metrics) certificate(frontend string, expiry func() time.Time) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "nekomata_tls_certificate_expiry_seconds", Help: "When the certificate in use expires, in seconds since 1970, by frontend.",
		ConstLabels: prometheus.Labels{"frontend": frontend},
	}, func() float64 { return float64(expiry().Unix()) }))
}

// counter is gauge for a figure that only grows.
func (m *metrics) counter(name, help string, read func() float64) {
	m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, read))
}

// figure is a metric's name and what it is.
type figure struct{ name, help string }

// pair adds two figures that are read together, by gauge or by counter.
func pair[N int | int64](add func(name, help string, read func() float64), read func() (N, N), first, second figure) {
	add(first.name, first.help, func() float64 { n, _ := read(); return float64(n) })
	add(second.name, second.help, func() float64 { _, n := read(); return float64(n) })
}

// handler answers scrapes.
func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Registry: m.registry})
}

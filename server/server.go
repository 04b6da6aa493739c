// Package server is the composition root: it turns one configuration into the
// parts of a gateway and runs them.
//
// It is the only importer of implementations, and must hold nothing but wiring:
// no protocol, no SQL, no rule about sessions or operations.
package server

import (
	"context"
	"io"
	"log/slog"
	"net"
	"sync/atomic"
	"time"

	"github.com/nekomata-sql/nekomata/auth/token"
	"github.com/nekomata-sql/nekomata/backend"
	"github.com/nekomata-sql/nekomata/batch"
	"github.com/nekomata-sql/nekomata/batch/application"
	"github.com/nekomata-sql/nekomata/batch/application/kubernetes"
	"github.com/nekomata-sql/nekomata/config"
	"github.com/nekomata-sql/nekomata/frontend"
	"github.com/nekomata-sql/nekomata/frontend/hs2"
	"github.com/nekomata-sql/nekomata/frontend/rest"
	"github.com/nekomata-sql/nekomata/frontend/tlsfile"
	"github.com/nekomata-sql/nekomata/metadata"
	"github.com/nekomata-sql/nekomata/service"
	"github.com/nekomata-sql/nekomata/statement"
)

// Options is what a Server is made of.
type Options struct {
	// Config is the effective configuration.
	Config *config.Config
	// Reload reads the configuration again from where it came, for lists that can
	// change while the gateway runs; nil means they can't.
	Reload func() (*config.Config, error)
	// Program is the path of the nekomata program, which is started again for what
	// must outlive the gateway. Without it no batch can run as a process.
	Program string
	// Version is the gateway's version.
	Version string
	// Log is where everything is logged; nil discards it.
	Log *slog.Logger
	// Out gets the lines that say what is listening; nil discards them.
	Out io.Writer
}

// Server is one gateway. Its addresses are known once it is ready.
type Server struct {
	opts    Options
	conf    *config.Config
	log     *slog.Logger
	data    *dataDir
	metrics *metrics

	store      *metadata.Store
	engine     runningEngine
	backend    *backend.BackendService
	tokens     *token.Manager
	statements *statement.Manager
	runner     *batch.Runner
	batches    *batch.Manager
	thrift     *frontend.ThriftFrontendService // nil when not configured
	thriftHTTP *frontend.HTTPService           // nil when not configured
	rest       *frontend.RestFrontendService   // nil when not configured
	scrape     *frontend.HTTPService           // nil when not configured
	keepers    map[tlsfile.Files]*tlsfile.Keeper
	reached    atomic.Pointer[string] // see instance
	ready      atomic.Bool            // see probes

	// applications run batches, by the names in batchrunner.go.
	applications map[string]application.Application
	kubernetes   *kubernetes.Kubernetes
}

// New builds a gateway's parts. It binds and opens nothing.
func New(opts Options) (*Server, error) {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.Out == nil {
		opts.Out = io.Discard
	}
	s := &Server{opts: opts, conf: opts.Config, log: opts.Log, metrics: newMetrics(opts.Version)}
	s.keepers = map[tlsfile.Files]*tlsfile.Keeper{}
	s.data = &dataDir{path: config.Get(s.conf, config.DataDir)}
	var err error
	if s.store, err = s.newStore(); err != nil {
		return nil, err
	}
	if s.engine, err = newEngine(s.conf, s.log); err != nil {
		return nil, err
	}
	s.runner = s.newRunner()
	s.batches = s.newBatches()
	s.backend = backend.NewBackendService(s.backendOptions())
	s.tokens = s.newTokens()
	s.statements = s.newStatements()
	if s.applications, err = s.newApplications(); err != nil {
		return nil, err
	}
	if err = s.buildFrontends(); err != nil {
		return nil, err
	}
	s.buildMetrics()
	return s, nil
}

// Run serves until ctx is done, then drains and returns. ready is called when all
// ports are open.
func (s *Server) Run(ctx context.Context, ready func()) error {
	began := time.Now()
	if err := s.data.open(); err != nil {
		return err
	}
	defer s.data.close()
	for _, w := range s.conf.Warnings() {
		s.log.Warn("configuration", "warning", w)
	}
	s.warnOfExposure()
	return service.NewCompositeService("nekomata", s.services()...).Run(ctx, func() {
		s.ready.Store(true)
		s.greet(time.Since(began))
		ready()
	})
}

// services are the parts in the order of their start; they stop in reverse.
func (s *Server) services() []service.Service {
	parts := []service.Service{s.store} // all else may need it until the end
	for _, k := range s.keepers {
		parts = append(parts, k)
	}
	parts = append(parts, s.engine, s.backend, s.tokens, s.statements, s.batches)
	if s.scrape != nil {
		parts = append(parts, s.scrape)
	}
	if s.thrift != nil {
		parts = append(parts, s.thrift)
	}
	if s.thriftHTTP != nil {
		parts = append(parts, s.thriftHTTP)
	}
	if s.rest != nil {
		parts = append(parts, s.rest)
	}
	// The runner needs the frontends' address, and gives its leases back while the
	// store still runs.
	return append(parts, s.kubernetes, s.runner, backend.NewDrainer(s.backend, config.Get(s.conf, config.StopGrace), s.beginStop, s.statements))
}

// socketGrace is how long an answer may still take once nothing runs any more.
const socketGrace = time.Second

func (s *Server) buildFrontends() error {
	protocols := protocolSet(s.conf)
	handler := hs2.New(s.hs2Options())
	if protocols["THRIFT_BINARY"] {
		if err := s.buildThrift(handler); err != nil {
			return err
		}
	}
	if protocols["THRIFT_HTTP"] {
		if err := s.buildThriftHTTP(handler); err != nil {
			return err
		}
	}
	if protocols["REST"] {
		return s.buildREST()
	}
	return nil
}

func (s *Server) buildThrift(handler *hs2.Handler) error {
	secured, err := s.thriftTLS()
	if err != nil {
		return err
	}
	s.thrift = frontend.NewThriftFrontendService(frontend.ThriftOptions{
		Address:          address(s.conf, config.ThriftHost, config.ThriftPort),
		Handler:          handler,
		TLS:              secured,
		HandshakeTimeout: config.Get(s.conf, config.ThriftLoginTimeout),
		MaxConnections:   config.Get(s.conf, config.ThriftMaxConnections),
		Grace:            socketGrace,
		Log:              s.log,
	})
	return nil
}

func (s *Server) buildREST() error {
	secured, err := s.restTLS()
	if err != nil {
		return err
	}
	opts := s.restOptions()
	if opts.Admit, err = frontend.CrossOrigin(config.Get(s.conf, config.RestOrigins)); err != nil {
		return err
	}
	handler, err := frontend.Wrap(rest.New(opts), s.wrapOptions())
	if err != nil {
		return err
	}
	s.rest = frontend.NewRestFrontendService(frontend.HTTPOptions{
		Address:           address(s.conf, config.RestHost, config.RestPort),
		Handler:           handler,
		TLS:               secured,
		ReadHeaderTimeout: config.Get(s.conf, config.RestHeaderTimeout),
		IdleTimeout:       config.Get(s.conf, config.RestIdleTimeout),
		MaxHeaderBytes:    int(config.Get(s.conf, config.RestMaxHeaderSize)),
		MaxConnections:    config.Get(s.conf, config.RestMaxConnections),
		Full:              rest.Full(),
		Grace:             socketGrace,
		Log:               s.log,
	})
	return nil
}

func (s *Server) buildMetrics() {
	count := func(c *frontend.Connections, name string) {
		s.metrics.gauge("nekomata_"+name+"_connections_open", "Open connections.", func() float64 { return float64(c.Open()) })
		s.metrics.counter("nekomata_"+name+"_connections_total", "Connections accepted so far.", func() float64 { return float64(c.Total()) })
		s.metrics.counter("nekomata_"+name+"_connections_refused_total", "Connections refused at the limit.", func() float64 { return float64(c.Refused()) })
	}
	if s.thrift != nil {
		count(s.thrift.Connections(), "thrift")
	}
	if s.thriftHTTP != nil {
		count(s.thriftHTTP.Connections(), "thrift_http")
	}
	if s.rest != nil {
		count(s.rest.Connections(), "rest")
	}
	s.metrics.gauge("nekomata_sessions_open", "Open sessions.", func() float64 { return float64(s.backend.SessionCount()) })
	if !config.Get(s.conf, config.MetricsEnabled) {
		return
	}
	path := config.Get(s.conf, config.MetricsPath)
	s.scrape = frontend.NewHTTPService(frontend.HTTPOptions{
		Name:    "metrics",
		Address: address(s.conf, config.MetricsHost, config.MetricsPort),
		Handler: s.probes(path, s.metrics.handler()),
		Grace:   socketGrace,
		Log:     s.log,
	})
}

// instance is the host:port at which clients reach the REST API, or Thrift where
// there is no REST.
func (s *Server) instance() string {
	if known := s.reached.Load(); known != nil {
		return *known
	}
	var addr net.Addr
	switch {
	case s.rest != nil:
		addr = s.rest.Addr()
	case s.thrift != nil:
		addr = s.thrift.Addr()
	default:
		addr = s.thriftHTTP.Addr()
	}
	text := reachable(addr, config.Get(s.conf, config.AdvertisedHost))
	if text != "" { // it stays as it is, and is asked for with every request
		s.reached.Store(&text)
	}
	return text
}

// ThriftAddress is the host:port of the Thrift frontend; "" when there is none or
// it is not ready yet.
func (s *Server) ThriftAddress() string {
	if s.thrift == nil {
		return ""
	}
	return reachable(s.thrift.Addr(), "")
}

// RestAddress is the host:port of the REST frontend; "" when there is none or it
// is not ready yet.
func (s *Server) RestAddress() string {
	if s.rest == nil {
		return ""
	}
	return reachable(s.rest.Addr(), "")
}

// MetricsAddress is the host:port of the metrics; "" when there is none or it is
// not ready yet.
func (s *Server) MetricsAddress() string {
	if s.scrape == nil {
		return ""
	}
	return reachable(s.scrape.Addr(), "")
}

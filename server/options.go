package server

import (
	"net"
	"runtime"

	"github.com/nekomata-sql/nekomata/backend"
	"github.com/nekomata-sql/nekomata/config"
	"github.com/nekomata-sql/nekomata/frontend"
	"github.com/nekomata-sql/nekomata/frontend/hs2"
	"github.com/nekomata-sql/nekomata/frontend/rest"
	"github.com/nekomata-sql/nekomata/operation"
	"github.com/nekomata-sql/nekomata/session"
)

func protocolSet(c *config.Config) map[string]bool {
	set := map[string]bool{}
	for _, p := range config.Get(c, config.Protocols) {
		set[p] = true
	}
	return set
}

func address(c *config.Config, host *config.Entry[string], port *config.Entry[int]) frontend.Address {
	return frontend.Address{Host: config.Get(c, host), Port: config.Get(c, port), HostKey: host.Key(), PortKey: port.Key()}
}

// reachable is host:port as a client should use it: the advertised host if there
// is one, else the bound one, and this machine's name for "all addresses".
func reachable(addr net.Addr, advertised string) string {
	if addr == nil {
		return ""
	}
	host, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return addr.String()
	}
	if advertised != "" {
		host = advertised
	} else if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

func (s *Server) backendOptions() backend.Options {
	c := s.conf
	return backend.Options{
		Engine:  s.engine,
		Batches: s.batches,
		Session: session.Options{
			IdleTimeout:   config.Get(c, config.SessionIdleTimeout),
			CheckInterval: config.Get(c, config.SessionCheckInterval),
			Restrict:      config.Get(c, config.SessionRestrictList),
			Ignore:        config.Get(c, config.SessionIgnoreList),
			Limits: session.Limits{
				PerUser:        config.Get(c, config.LimitPerUser),
				PerAddress:     config.Get(c, config.LimitPerAddress),
				PerUserAddress: config.Get(c, config.LimitPerUserAddress),
				Unlimited:      config.Get(c, config.UnlimitedUsers),
				DenyUsers:      config.Get(c, config.DenyUsers),
				DenyAddresses:  config.Get(c, config.DenyAddresses),
			},
			Redact: c.Redact,
			Log:    s.log,
		},
		Operation: operation.Options{
			Result: operation.ResultOptions{
				Window:   config.Get(c, config.ResultWindow),
				SpillMax: config.Get(c, config.ResultSpillMaxSize),
				Dir:      s.data.temp(),
				MaxRows:  int64(config.Get(c, config.ResultMaxRows)),
			},
			MaxTimeout:    config.Get(c, config.OperationQueryTimeout),
			IdleTimeout:   config.Get(c, config.OperationIdleTimeout),
			CheckInterval: config.Get(c, config.SessionCheckInterval),
			NoProgress:    !config.Get(c, config.OperationProgress),
			Observe:       s.metrics.observeOperation,
			Log:           s.log,
		},
		Log: s.log,
	}
}

func (s *Server) hs2Options() hs2.Options {
	c := s.conf
	noSASL := len(config.Get(c, config.Authentication)) == 1 && config.Get(c, config.Authentication)[0] == "NOSASL"
	return hs2.Options{
		Backend:          s.backend,
		Auth:             s.logins(),
		Tokens:           s.tokens,
		NoSASL:           noSASL,
		LoginTimeout:     config.Get(c, config.ThriftLoginTimeout),
		MaxMessageSize:   int(config.Get(c, config.ThriftMaxMessageSize)),
		PollTimeout:      config.Get(c, config.OperationPollTimeout),
		MaxFetchRows:     int64(config.Get(c, config.MaxFetchRows)),
		MaxFetchBytes:    config.Get(c, config.ThriftMaxFetchSize),
		DefaultFetchSize: config.Get(c, config.ThriftDefaultFetchSize),
		Form: hs2.Form{
			Arrow:         config.Get(c, config.ResultFormat) == "arrow",
			TimestampText: config.Get(c, config.ArrowTimestampText),
		},
		KeepSessions: !config.Get(c, config.SessionCloseOnDisconnect),
		EngineNames:  config.Get(c, config.InfoProvider) == "ENGINE",
		Version:      s.opts.Version,
		Log:          s.log,
	}
}

func (s *Server) restOptions() rest.Options {
	c := s.conf
	running := config.Get(c, config.DuckDBMaxRunning)
	if running == 0 {
		running = max(4, 2*runtime.GOMAXPROCS(0))
	}
	return rest.Options{
		Backend:        s.backend,
		Statements:     s.statements,
		Batches:        s.batches,
		Auth:           s.logins(),
		Tokens:         s.tokens,
		Gateway:        s.gateway(),
		Version:        s.opts.Version,
		Instance:       s.instance,
		ClientIPHeader: config.Get(c, config.ClientIPHeader),
		QuietAccess:    config.Get(c, config.RestAccessLog) == "ERRORS",
		MaxBodyBytes:   config.Get(c, config.RestMaxBodySize),
		MaxFetchRows:   int64(config.Get(c, config.MaxFetchRows)),
		ExecPoolSize:   running,
		EngineNames:    config.Get(c, config.InfoProvider) == "ENGINE",
		Observe:        s.metrics.observeRequest,
		Log:            s.log,
	}
}

func (s *Server) wrapOptions() frontend.WrapOptions {
	c := s.conf
	opts := frontend.WrapOptions{
		BodyTimeout: config.Get(c, config.RestBodyTimeout),
		Origins:     config.Get(c, config.RestOrigins),
		HSTS:        config.Get(c, config.RestHSTS),
		Log:         s.log,
	}
	if config.Get(c, config.RestCompression) {
		opts.CompressFrom = int(config.Get(c, config.RestCompressionMinSize))
	}
	return opts
}

package config

import "time"

const maxPort = 65535

const hostLimit = "an address or a name of this machine, 0.0.0.0 for all IPv4 addresses"

// isHost refuses an empty text: to the system it means all addresses, which nobody who
// leaves the value out has asked for.
func isHost(host string) bool { return host != "" }

// Settings that all frontends share.
var (
	// Protocols are the frontends to start.
	Protocols = Enums("kyuubi.frontend.protocols", []string{"REST", "THRIFT_BINARY"},
		"The protocols to serve: HiveServer2's Thrift protocol in binary and over HTTP, and Kyuubi's REST API.",
		Choice{Values: []string{"THRIFT_BINARY", "THRIFT_HTTP", "REST"}, Later: []string{"MYSQL", "TRINO"}})

	// BindHost is where frontends listen that don't say otherwise.
	BindHost = String("kyuubi.frontend.bind.host", "127.0.0.1",
		"The address on which frontends listen that have no setting of their own. Only this machine can connect by default, because nobody has to log in.").Check(hostLimit, isHost).
		Kyuubi("unset: the machine's canonical host name")

	// BindPort is an older name of the Thrift port.
	BindPort = Int("kyuubi.frontend.bind.port", 10009,
		"The Thrift port, unless `kyuubi.frontend.thrift.binary.bind.port` is set.").AtLeast(0).AtMost(maxPort)

	// AdvertisedHost is the host name that clients are told.
	AdvertisedHost = String("kyuubi.frontend.advertised.host", "",
		"The host name or address that is published for the gateway (the `kyuubiInstance` of sessions). Unset: the address it listens on.")
)

var frontendArea = Area{
	Title:    "Frontends",
	Settings: []Setting{Protocols, BindHost, BindPort, AdvertisedHost},
}

// Settings of the Thrift frontend.
var (
	// ThriftHost is where the Thrift frontend listens.
	ThriftHost = String("kyuubi.frontend.thrift.binary.bind.host", "127.0.0.1",
		"The address on which the Thrift frontend listens.").Check(hostLimit, isHost).Fallback(BindHost).
		Kyuubi("unset: the machine's canonical host name")

	// ThriftPort is the Thrift frontend's port.
	ThriftPort = Int("kyuubi.frontend.thrift.binary.bind.port", 10009,
		"The port of the Thrift frontend; 0 lets the system choose one.").Fallback(BindPort).AtLeast(0).AtMost(maxPort)

	// ThriftMaxConnections bounds the open connections.
	ThriftMaxConnections = Int("kyuubi.frontend.thrift.max.connections", 16384,
		"How many Thrift connections may be open at a time, binary and HTTP each; those beyond are told so and closed (where they come in a flood, without a word), and counted in the metrics. 0 is no limit.").
		AtLeast(0).Ours()

	// ThriftLoginTimeout bounds the time for a login.
	ThriftLoginTimeout = Duration("kyuubi.frontend.thrift.login.timeout", 20*time.Second,
		"How long a new connection may take to log in, and before that for the TLS handshake; over HTTP, how long a request's header may take.").AtLeast(time.Millisecond).Retired("kyuubi.frontend.login.timeout")

	// ThriftMaxMessageSize bounds a request.
	ThriftMaxMessageSize = Bytes("kyuubi.frontend.thrift.max.message.size", 100<<20,
		"How large one request may be. Before the login it is 64KiB.").AtLeast(1 << 10).AtMost(1<<31 - 1).
		Retired("kyuubi.frontend.max.message.size")

	// ThriftMaxFetchSize bounds the rows of one answer in bytes.
	ThriftMaxFetchSize = Bytes("kyuubi.frontend.thrift.max.fetch.size", 32<<20,
		"About how large the rows of one answer may be; an answer then has fewer rows than the client asked for, but one at least. Clients have limits of their own, often 100MiB.").
		AtLeast(1 << 10).AtMost(1 << 30).Ours()

	// ThriftDefaultFetchSize is the number of rows that clients are told to fetch.
	ThriftDefaultFetchSize = Int("kyuubi.server.thrift.resultset.default.fetch.size", 1000,
		"How many rows at a time clients are told to fetch, unless they choose.").AtLeast(1).
		Alias("hive.server2.thrift.resultset.default.fetch.size")

	// MaxFetchRows bounds the rows that a client may ask for.
	MaxFetchRows = Int("kyuubi.server.limit.client.fetch.max.rows", 0,
		"How many rows one answer may have; 0 is no limit.").AtLeast(0).Kyuubi("unset; a request for more fails")
)

var thriftArea = Area{
	Title: "Thrift frontend",
	Intro: "HiveServer2's protocol, for beeline, the JDBC drivers, PyHive and many more.",
	Settings: []Setting{
		ThriftHost, ThriftPort, ThriftMaxConnections, ThriftLoginTimeout, ThriftMaxMessageSize,
		ThriftMaxFetchSize, ThriftDefaultFetchSize, MaxFetchRows,
	},
}

// Settings of the REST frontend.
var (
	// RestHost is where the REST frontend listens.
	RestHost = String("kyuubi.frontend.rest.bind.host", "127.0.0.1",
		"The address on which the REST frontend listens.").Check(hostLimit, isHost).Fallback(BindHost).
		Kyuubi("unset: the machine's canonical host name")

	// RestPort is the REST frontend's port.
	RestPort = Int("kyuubi.frontend.rest.bind.port", 10099,
		"The port of the REST frontend; 0 lets the system choose one.").AtLeast(0).AtMost(maxPort)

	// RestMaxConnections bounds the open connections.
	RestMaxConnections = Int("kyuubi.frontend.rest.max.connections", 16384,
		"How many REST connections may be open at a time; those beyond get 503 and are closed (where they come in a flood, at once), and counted in the metrics. 0 is no limit.").
		AtLeast(0).Ours()

	// RestMaxBodySize bounds a request's body.
	RestMaxBodySize = Bytes("kyuubi.frontend.rest.max.body.size", 16<<20,
		"How large the body of a JSON request may be.").AtLeast(1 << 10).Ours()

	// RestMaxHeaderSize bounds a request's header.
	RestMaxHeaderSize = Bytes("kyuubi.frontend.rest.max.header.size", 64<<10,
		"How large the header of a request may be.").AtLeast(1 << 10).AtMost(16 << 20).Ours()

	// RestAccessLog says which requests are logged.
	RestAccessLog = Enum("kyuubi.frontend.rest.access.log", "ALL",
		"Which requests have a line in the log: ALL, or only those that are answered with an error (ERRORS).",
		Choice{Values: []string{"ALL", "ERRORS"}}).Ours()

	// RestHeaderTimeout bounds the time for a request's header.
	RestHeaderTimeout = Duration("kyuubi.frontend.rest.header.timeout", 10*time.Second,
		"How long a client may take to send the header of a request.").AtLeast(time.Millisecond).Ours()

	// RestIdleTimeout closes connections without requests.
	RestIdleTimeout = Duration("kyuubi.frontend.rest.idle.timeout", 2*time.Minute,
		"How long a connection is kept open between two requests.").AtLeast(time.Millisecond).Ours()

	// ClientIPHeader names the header in which a proxy tells the client's address.
	ClientIPHeader = String("kyuubi.frontend.proxy.http.client.ip.header", "",
		"The header in which a proxy in front of REST or of Thrift over HTTP tells the client's IP address. It is believed whoever sends it, also for limits and deny lists: set it only when nobody can pass the proxy by. Unset: the address of the connection counts.").
		Kyuubi("`X-Real-IP`")
)

var restArea = Area{
	Title: "REST frontend",
	Settings: []Setting{
		RestHost, RestPort, RestMaxConnections, RestMaxBodySize, RestMaxHeaderSize, RestHeaderTimeout, RestIdleTimeout,
		ClientIPHeader, RestAccessLog,
	},
}

// Settings of the metrics endpoint.
var (
	// MetricsEnabled starts the metrics endpoint.
	MetricsEnabled = Bool("kyuubi.metrics.enabled", true, "Whether metrics are served, and on the same port `/healthz` and `/readyz` for load balancers.")

	// MetricsHost is where metrics are served.
	MetricsHost = String("kyuubi.metrics.prometheus.host", "127.0.0.1",
		"The address on which metrics are served.").Check(hostLimit, isHost).Fallback(BindHost).Ours()

	// MetricsPort is the metrics' port.
	MetricsPort = Int("kyuubi.metrics.prometheus.port", 10019,
		"The port on which metrics are served; 0 lets the system choose one.").AtLeast(0).AtMost(maxPort)

	// MetricsPath is the metrics' path.
	MetricsPath = String("kyuubi.metrics.prometheus.path", "/metrics", "The path of the metrics, in Prometheus' text form.").
			Check("a path that begins with /", func(p string) bool { return p != "" && p[0] == '/' })
)

var metricsArea = Area{
	Title:    "Metrics",
	Settings: []Setting{MetricsEnabled, MetricsHost, MetricsPort, MetricsPath},
}

// Authentication is how clients log in.
var Authentication = Enums("kyuubi.authentication", []string{"NONE"},
	"How clients log in. NONE: with SASL PLAIN on Thrift and Basic on HTTP, and any name and password will do; on REST they may be left out. NOSASL: Thrift clients don't log in at all.",
	Choice{Values: []string{"NONE", "NOSASL"}, Later: []string{"LDAP", "JDBC", "KERBEROS", "CUSTOM"}}).
	Check("one of the two, not both", func(kinds []string) bool { return len(kinds) == 1 })

var authArea = Area{Title: "Authentication", Settings: []Setting{Authentication}}

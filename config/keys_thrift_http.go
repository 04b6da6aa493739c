package config

import (
	"strings"
	"time"
)

// leastSecret is the length of a secret that nobody guesses.
const leastSecret = 16

// Settings of Thrift over HTTP.
var (
	// ThriftHTTPHost is where Thrift over HTTP listens.
	ThriftHTTPHost = String("kyuubi.frontend.thrift.http.bind.host", "127.0.0.1",
		"The address on which Thrift over HTTP listens.").Check(hostLimit, isHost).Fallback(BindHost).
		Kyuubi("unset: the machine's canonical host name")

	// ThriftHTTPPort is its port.
	ThriftHTTPPort = Int("kyuubi.frontend.thrift.http.bind.port", 10010,
		"The port of Thrift over HTTP; 0 lets the system choose one.").AtLeast(0).AtMost(maxPort)

	// ThriftHTTPPath is where calls are posted to.
	ThriftHTTPPath = String("kyuubi.frontend.thrift.http.path", "cliservice",
		"The path to which calls are posted, and everything below it (`httpPath` in a JDBC URL).").
		Check("a path", func(p string) bool { return strings.Trim(p, "/") != "" && !strings.ContainsAny(p, "?#% ") })

	// ThriftHTTPIdleTime closes connections without requests.
	ThriftHTTPIdleTime = Duration("kyuubi.frontend.thrift.http.max.idle.time", 30*time.Minute,
		"How long a connection is kept open between two calls. Sessions don't end with it.").AtLeast(time.Millisecond)

	// ThriftHTTPBodyTimeout bounds the pauses in a call.
	ThriftHTTPBodyTimeout = Duration("kyuubi.frontend.thrift.http.body.timeout", 30*time.Second,
		"How long a client may pause in the middle of a call. A call must come at 1KiB a second at least, pauses included. Answers have no such limit.").
		AtLeast(time.Millisecond).Ours()

	// ThriftHTTPHeaderSize bounds a request's header.
	ThriftHTTPHeaderSize = Bytes("kyuubi.frontend.thrift.http.request.header.size", 6144,
		"How large the header of a request may be, with 4KiB to spare.").AtLeast(1 << 10).AtMost(16 << 20)

	// ThriftHTTPCompression compresses answers.
	ThriftHTTPCompression = Bool("kyuubi.frontend.thrift.http.compression.enabled", true,
		"Whether answers of 1KiB and more are compressed for clients that ask for it. Calls that come with gzip are taken in any case.")

	// ThriftHTTPCookies remembers logins.
	ThriftHTTPCookies = Bool("kyuubi.frontend.thrift.http.cookie.auth.enabled", true,
		"Whether a login is remembered in a cookie (`hive.server2.auth`), so that not every call has to log in.")

	// ThriftHTTPCookieMaxAge is for how long.
	ThriftHTTPCookieMaxAge = Int("kyuubi.frontend.thrift.http.cookie.max.age", 86400,
		"How many seconds a login is remembered.").AtLeast(1)

	// ThriftHTTPCookieSecret signs the cookies.
	ThriftHTTPCookieSecret = String("kyuubi.frontend.thrift.http.cookie.secret", "",
		"What signs the cookies. Gateways with the same secret take each other's, as behind a load balancer. Unset: a random one, so that clients log in again after a restart.").
		Secret().Check("at least 16 characters long", func(s string) bool { return s == "" || len(s) >= leastSecret }).Ours()

	// ThriftHTTPCookieDomain is the cookies' domain.
	ThriftHTTPCookieDomain = String("kyuubi.frontend.thrift.http.cookie.domain", "",
		"The cookies' domain. Unset: the host that the client called.")

	// ThriftHTTPCookiePath is the cookies' path.
	ThriftHTTPCookiePath = String("kyuubi.frontend.thrift.http.cookie.path", "",
		"The cookies' path. Unset: what the client makes of the path it called.")

	// ThriftHTTPCookieHTTPOnly hides the cookies from scripts.
	ThriftHTTPCookieHTTPOnly = Bool("kyuubi.frontend.thrift.http.cookie.is.httponly", true,
		"Whether the cookies are hidden from a page's scripts.")

	// ThriftHTTPXSRF wants a header.
	ThriftHTTPXSRF = Bool("kyuubi.frontend.thrift.http.xsrf.filter.enabled", false,
		"Whether requests without the header `X-XSRF-HEADER` are refused with 400.")

	// ThriftHTTPSubstitution allows doAs.
	ThriftHTTPSubstitution = Bool("kyuubi.frontend.thrift.http.allow.user.substitution", true,
		"Whether those who may act for others can do so with the parameter `doAs` of the URL.")
)

var thriftHTTPArea = Area{
	Title: "Thrift over HTTP",
	Intro: "The same calls as on the Thrift frontend, one in each POST, for clients behind proxies and load balancers (`transportMode=http`). It is on with `THRIFT_HTTP` among `kyuubi.frontend.protocols`; see thrift-http.md.",
	Settings: []Setting{
		ThriftHTTPHost, ThriftHTTPPort, ThriftHTTPPath, ThriftHTTPIdleTime, ThriftHTTPBodyTimeout, ThriftHTTPHeaderSize,
		ThriftHTTPCompression, ThriftHTTPCookies, ThriftHTTPCookieMaxAge, ThriftHTTPCookieSecret, ThriftHTTPCookieDomain,
		ThriftHTTPCookiePath, ThriftHTTPCookieHTTPOnly, ThriftHTTPXSRF, ThriftHTTPSubstitution,
	},
}

// Settings of TLS for Thrift over HTTP.
var (
	// ThriftHTTPTLS makes it HTTPS.
	ThriftHTTPTLS = Bool("kyuubi.frontend.thrift.http.use.SSL", false,
		"Whether Thrift over HTTP speaks HTTPS (`ssl=true` in a JDBC URL). It needs a certificate: the settings below, or else the `kyuubi.frontend.ssl.*` ones.")

	// ThriftHTTPFiles are CommonFiles for it alone.
	ThriftHTTPFiles = tlsFilesOf("kyuubi.frontend.thrift.http.ssl.", "Thrift over HTTP")

	// ThriftHTTPTLSDisallowed are the protocols to refuse.
	ThriftHTTPTLSDisallowed = Strings("kyuubi.frontend.thrift.http.ssl.protocol.blacklist", []string{"SSLv2", "SSLv3"},
		"TLS protocols that Thrift over HTTP refuses. Those before TLSv1.2 are refused in any case.")

	// ThriftHTTPTLSExcluded are the cipher suites to refuse.
	ThriftHTTPTLSExcluded = Strings("kyuubi.frontend.thrift.http.ssl.exclude.ciphersuites", nil,
		"The TLS 1.2 cipher suites that Thrift over HTTP refuses. Those that are not safe are refused in any case; those of TLS 1.3 can't be.")
)

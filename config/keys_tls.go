package config

import (
	"regexp"
	"slices"
	"time"
)

// Settings of TLS for all frontends, and of the Thrift frontend's.
var (
	// ThriftTLS makes Thrift clients speak TLS.
	ThriftTLS = Bool("kyuubi.frontend.thrift.binary.ssl.enabled", false,
		"Whether Thrift clients connect with TLS (`ssl=true` in a JDBC URL). It needs a certificate.")

	// CommonFiles are the frontends' certificate, unless one has its own.
	CommonFiles = TLSFiles{
		Keystore: Path("kyuubi.frontend.ssl.keystore.path", "",
			"The keystore with the frontends' certificate and key: a PKCS12 or JKS file as Java's keytool makes them, or a PEM file with both. When it changes, new connections get the new certificate."),
		Password: String("kyuubi.frontend.ssl.keystore.password", "",
			"The password of that keystore and of the key in it.").Secret(),
		Type: Enum("kyuubi.frontend.ssl.keystore.type", "AUTO",
			"The keystore's form. AUTO sees what it is; JKS and PKCS12 both take either, as Java does.", keystoreTypes).
			Kyuubi("unset: Java's default"),
		Certificate: Path("kyuubi.frontend.ssl.certificate.path", "",
			"Instead of a keystore: a PEM file with the frontends' certificate, followed by its issuers' (`tls.crt`, `fullchain.pem`). When it or its key changes, new connections get the new certificate.").Ours(),
		Key: Path("kyuubi.frontend.ssl.key.path", "",
			"The PEM file with that certificate's key, not encrypted (`tls.key`, `privkey.pem`). Unset: the certificate's file holds it too.").Ours(),
	}

	// ThriftTLSDisallowed are the protocols to refuse.
	ThriftTLSDisallowed = Strings("kyuubi.frontend.thrift.binary.ssl.disallowed.protocols", []string{"SSLv2", "SSLv3"},
		"TLS protocols to refuse, such as TLSv1.2. Those before TLSv1.2 are refused in any case.")

	// ThriftTLSCiphers are the cipher suites to take.
	ThriftTLSCiphers = Strings("kyuubi.frontend.thrift.binary.ssl.include.ciphersuites", nil,
		"The TLS 1.2 cipher suites to take, such as TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384. Unset: all that are safe. Those of TLS 1.3 can't be chosen.")
)

// Settings of the REST frontend's TLS.
var (
	// RestTLS makes the REST frontend speak HTTPS.
	RestTLS = Bool("kyuubi.frontend.rest.ssl.enabled", false,
		"Whether the REST frontend speaks HTTPS, with HTTP/2 for the clients that can. It needs a certificate: the settings below, or else the `kyuubi.frontend.ssl.*` ones.").Ours()

	// RestFiles are CommonFiles for REST alone.
	RestFiles = tlsFilesOf("kyuubi.frontend.rest.ssl.", "the REST frontend").ours()

	// RestTLSDisallowed are the protocols to refuse.
	RestTLSDisallowed = Strings("kyuubi.frontend.rest.ssl.disallowed.protocols", []string{"SSLv2", "SSLv3"},
		"TLS protocols that the REST frontend refuses. Those before TLSv1.2 are refused in any case.").
		Fallback(ThriftTLSDisallowed).Ours()

	// RestHSTS is how long browsers shall insist on HTTPS.
	RestHSTS = Duration("kyuubi.frontend.rest.ssl.hsts.max.age", 30*24*time.Hour,
		"How long browsers that came by HTTPS shall use nothing else for this host name, whatever the port (`Strict-Transport-Security`). It is not told to those that came to localhost. 0 tells nobody.").
		AtLeast(0).Ours()
)

var tlsArea = Area{
	Title: "TLS",
	Intro: "Certificates for the frontends; see tls.md.",
	Settings: slices.Concat(
		CommonFiles.settings(), []Setting{ThriftTLS, ThriftTLSDisallowed, ThriftTLSCiphers},
		[]Setting{RestTLS}, RestFiles.settings(), []Setting{RestTLSDisallowed, RestHSTS},
		[]Setting{ThriftHTTPTLS}, ThriftHTTPFiles.settings(), []Setting{ThriftHTTPTLSDisallowed, ThriftHTTPTLSExcluded},
	),
}

// Settings of what stands around the REST frontend's requests.
var (
	// RestBodyTimeout bounds the pauses in a request's body.
	RestBodyTimeout = Duration("kyuubi.frontend.rest.body.timeout", 30*time.Second,
		"How long a client may pause in the middle of a request's body. A body must come at 1KiB a second at least, pauses included. Answers have no such limit.").
		AtLeast(time.Millisecond).Ours()

	// RestCompression compresses answers.
	RestCompression = Bool("kyuubi.frontend.rest.compression.enabled", true,
		"Whether answers are compressed (zstd or gzip) for clients that ask for it.").Ours()

	// RestCompressionMinSize is the size from which they are.
	RestCompressionMinSize = Bytes("kyuubi.frontend.rest.compression.min.size", 1<<10,
		"How large an answer must be to be compressed.").AtLeast(1).AtMost(1 << 20).Ours()

	// RestOrigins are the origins whose pages may call.
	RestOrigins = Strings("kyuubi.frontend.rest.cors.allowed.origins", nil,
		"Web origins whose pages may call the REST API from a browser, as `https://host` or `https://host:port`; `*` is all of them. Unset: only pages that the gateway itself serves. Other programs are not asked for an origin.").
		Check("a list of scheme://host[:port] without a path, or *", func(all []string) bool {
			for _, o := range all {
				if o != "*" && !originForm.MatchString(o) {
					return false
				}
			}
			return true
		}).Ours()
)

var originForm = regexp.MustCompile(`^https?://(\[[0-9a-fA-F:.]+\]|[^:/?#@\[\],\s]+)(:\d{1,5})?$`)

var httpArea = Area{
	Title:    "HTTP",
	Intro:    "What holds for all requests to the REST frontend.",
	Settings: []Setting{RestBodyTimeout, RestCompression, RestCompressionMinSize, RestOrigins},
}

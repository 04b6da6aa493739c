package arch

// packages is closed: every package of the module stands here with the siblings
// that its code (not its tests) may import. A new package fails the test until it
// is placed, and an entry whose package is gone fails too.
var packages = map[string][]string{
	// Leaves. They import no sibling, or the one error type.
	"sqlerr":  {},
	"service": {},
	"api":     {},
	"hive":    {},
	"engine":  {"sqlerr"},
	"auth":    {"sqlerr"},
	"client":  {"api"},
	// It is auth's, but with files; frontends see it through small interfaces.
	"auth/token": {"auth", "service", "sqlerr"},
	"config":     {"sqlerr"},

	// What a client may ask, in no protocol's terms. session and operation don't
	// know each other; backend joins them.
	"session":   {"service", "sqlerr"},
	"operation": {"engine", "service", "sqlerr"},
	"backend":   {"auth", "batch", "engine", "operation", "service", "session", "sqlerr"},
	// What all gateways agree on. It satisfies auth/token's Store with its words.
	"metadata":              {"auth/token", "sqlerr"},
	"metadata/metadatatest": {"auth/token", "metadata", "sqlerr"},

	// The batch rule, and what runs a batch's job.
	"batch":                             {"auth", "batch/application", "metadata", "service", "sqlerr"},
	"batch/webhook":                     {"sqlerr"},
	"batch/application":                 {"sqlerr"},
	"batch/application/process":         {"batch/application", "sqlerr"},
	"batch/application/sql":             {"batch/application", "batch/application/process", "engine", "hive", "sqlerr"},
	"batch/application/spark":           {"batch/application", "batch/application/process", "sqlerr"},
	"batch/application/applicationtest": {"batch/application", "batch/application/process", "sqlerr"},
	// Clusters, where a program on some machine submits what runs elsewhere.
	"batch/application/cluster":       {"batch/application", "sqlerr"},
	"batch/application/kubernetes":    {"batch/application", "batch/application/cluster", "service", "sqlerr"},
	"batch/application/yarn":          {"batch/application", "batch/application/cluster", "sqlerr"},
	"batch/application/yarn/yarntest": {},

	// Single statements without a session, beside backend.
	"statement": {"auth", "engine", "operation", "service", "session", "sqlerr"},

	// Protocols. They know the vocabulary of what they ask for, and declare the
	// interface that backend satisfies.
	"frontend":           {"frontend/lastwords", "service", "sqlerr"},
	"frontend/lastwords": {},
	"frontend/tlsfile":   {"service", "sqlerr"},
	"frontend/hs2":       {"api", "auth", "engine", "frontend/lastwords", "hive", "operation", "session", "sqlerr", "thrift/hive"},
	"frontend/rest":      {"api", "auth", "batch", "engine", "frontend/rest/page", "hive", "operation", "session", "sqlerr", "statement"},
	"frontend/rest/page": {},
	"thrift":             {},
	"thrift/hive":        {},

	// Engines never import each other.
	"engine/duckdb":         {"engine", "engine/duckdb/dialect", "hive", "sqlerr"},
	"engine/duckdb/dialect": {"engine", "hive", "sqlerr"},
	"engine/enginetest":     {"engine", "hive", "sqlerr"},

	// The one place that wires, and the program around it.
	"server": {
		"auth", "auth/token", "backend", "batch", "batch/application", "batch/application/kubernetes", "batch/application/process", "batch/application/spark", "batch/application/sql", "batch/application/yarn", "batch/webhook", "config", "engine", "engine/duckdb",
		"frontend", "frontend/hs2",
		"frontend/rest", "frontend/tlsfile", "metadata", "operation", "service", "session", "sqlerr", "statement",
	},
	"cmd/nekomata": {"api", "client", "config", "internal/sysmon", "server", "sqlerr"},
	// It belongs to the process, which has one monitor.
	"internal/sysmon": {},

	// Not part of the product.
	"frontend/hs2/hs2test": {"thrift/hive"},
	"internal/arch":        {},
	"test/env":             {"config", "server"},
	"test/e2e":             {},
	"bench":                {"frontend/hs2/hs2test", "thrift/hive"}, // a client; what serves it starts as a program
}

// foreign names packages from outside that only some may use: whoever else needs
// one is about to do somebody else's work. A trailing slash covers what is below.
var foreign = map[string][]string{
	// Thrift's types stop at the protocol's edge.
	"github.com/apache/thrift/": {"frontend/hs2", "frontend/hs2/hs2test", "thrift/hive"},
	// Native code behind one door.
	"github.com/duckdb/": {"engine/duckdb"},
	// Sockets and HTTP belong to the frontends and to what calls an HTTP service.
	"net/http":               {"frontend", "frontend/hs2", "frontend/rest", "client", "server", "test/e2e", "bench", "batch/application/yarn", "batch/webhook"},
	"github.com/gorilla/mux": {"frontend/rest"},
	"github.com/getkin/":     {"frontend/rest"},
	"database/sql":           {"metadata", "metadata/metadatatest"},
	"github.com/prometheus/": {"server"},
	"github.com/spf13/cobra": {"cmd/nekomata"},
	"github.com/magiconair/": {"config"},
	// Certificates come from files in one place, and answers are packed in one.
	"github.com/fsnotify/":           {"frontend/tlsfile"},
	"software.sslmate.com/":          {"frontend/tlsfile"},
	"github.com/klauspost/compress/": {"frontend"},
	"github.com/go-sql-driver/mysql": {"metadata", "metadata/metadatatest"},
	"modernc.org/":                   {"metadata", "metadata/metadatatest"},
	"k8s.io/":                        {"batch/application/kubernetes"},
	// Only for tests, and for the suites that several tests share.
	"testing":                   {"engine/enginetest", "frontend/hs2/hs2test", "metadata/metadatatest", "test/env", "batch/application/applicationtest", "batch/application/yarn/yarntest"},
	"github.com/stretchr/":      {"engine/enginetest", "frontend/hs2/hs2test", "metadata/metadatatest", "test/env", "batch/application/applicationtest", "batch/application/yarn/yarntest"},
	"github.com/google/go-cmp/": {"engine/enginetest"},
	"pgregory.net/rapid":        {},
}

// standardOnly names the packages that use the standard library and nothing else.
var standardOnly = []string{"service", "sqlerr", "api", "internal/arch"}

// importedBy names packages that only some may import, wherever the table above
// would let them, and which tests are held to as well. A package may always import
// itself in its outer tests.
var importedBy = map[string][]string{
	"server":       {"cmd/nekomata", "server", "test/env"},
	"config":       {"cmd/nekomata", "config", "server", "test/env"},
	"thrift/hive":  {"bench", "frontend/hs2", "frontend/hs2/hs2test", "test/e2e", "test/env", "thrift", "thrift/hive"},
	"cmd/nekomata": {},
}

package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// file writes text into a file of the test's and returns its name.
func file(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "nekomata.conf")
	require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
	return name
}

// load reads text as a file, with a data directory.
func load(t *testing.T, text string) (*Config, error) {
	t.Helper()
	return Load(Sources{Files: []string{file(t, text)}, DataDir: "/data"})
}

func mustLoad(t *testing.T, s Sources) *Config {
	t.Helper()
	c, err := Load(s)
	require.NoError(t, err)
	return c
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	c := mustLoad(t, Sources{DataDir: "/data"})
	require.Empty(t, c.Warnings())
	require.Empty(t, c.Passthrough())
	require.Equal(t, "127.0.0.1", Get(c, ThriftHost))
	require.Equal(t, 10009, Get(c, ThriftPort))
	require.Equal(t, 10099, Get(c, RestPort))
	require.Equal(t, 10019, Get(c, MetricsPort))
	require.Equal(t, []string{"REST", "THRIFT_BINARY"}, Get(c, Protocols))
	require.Equal(t, 6*time.Hour, Get(c, SessionIdleTimeout))
	require.Equal(t, "jdbc:sqlite:/data/kyuubi_state_store.db", Get(c, MetadataURL))
	require.Equal(t, []string{"/data/data"}, Get(c, DuckDBAllowedDirectories))
	require.Equal(t, "/data/tmp/duckdb", Get(c, DuckDBTempDir))
	require.Equal(t, "/data/nekomata.duckdb", Get(c, DuckDBPath))
	require.Equal(t, FromDefault, c.Origin(ThriftPort).Kind)
	require.Equal(t, []Value{{Key: DataDir.key, Value: "/data", Source: "--data-dir"}}, c.Values(false))
}

func TestPrecedence(t *testing.T) {
	t.Parallel()
	const key = "kyuubi.session.check.interval"
	first, second := file(t, key+" PT1S"), file(t, "# a comment\n\n"+key+"=PT2S")
	env := []string{"NEKOMATA_KYUUBI_SESSION_CHECK_INTERVAL=PT3S"}
	flags := []string{key + "=PT4S", key + "=PT5S"}
	for _, tc := range []struct {
		s    Sources
		want time.Duration
		from string
	}{
		{Sources{}, 5 * time.Minute, "default"},
		{Sources{Files: []string{first}}, time.Second, first + ":1"},
		{Sources{Files: []string{first, second}}, 2 * time.Second, second + ":3"},
		{Sources{Files: []string{first, second}, Environ: env}, 3 * time.Second, env[0][:strings.Index(env[0], "=")]},
		{Sources{Files: []string{first}, Environ: env, Flags: flags}, 5 * time.Second, "--conf"},
	} {
		tc.s.DataDir = "/data"
		c := mustLoad(t, tc.s)
		require.Equal(t, tc.want, Get(c, SessionCheckInterval))
		require.Equal(t, tc.from, c.Origin(SessionCheckInterval).String())
		require.Empty(t, c.Warnings())
	}
}

func TestErrorsNameKeyValuePlaceAndMend(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ line, want string }{
		{"kyuubi.frontend.rest.bind.port=abc", `kyuubi.frontend.rest.bind.port = "abc" (F:1): is not a whole number (the default is 10099)`},
		{"kyuubi.frontend.rest.bind.port=70000", `kyuubi.frontend.rest.bind.port = "70000" (F:1): must be at most 65535 (the default is 10099)`},
		{"kyuubi.frontend.rest.bind.port=", `kyuubi.frontend.rest.bind.port = "" (F:1): is not a whole number (the default is 10099)`},
		{"kyuubi.session.idle.timeout=5 hours", `kyuubi.session.idle.timeout = "5 hours" (F:1): is not a duration; write PT5S, PT1H30M or P30D (ISO-8601), 5s, or a plain number of milliseconds (the default is PT6H)`},
		{"kyuubi.session.idle.timeout=-1", `kyuubi.session.idle.timeout = "-1" (F:1): must be at least PT0S (the default is PT6H)`},
		{"kyuubi.metrics.enabled=yes", `kyuubi.metrics.enabled = "yes" (F:1): is neither true nor false (the default is true)`},
		{"kyuubi.authentication=LDAP", `kyuubi.authentication = "LDAP" (F:1): LDAP is not supported yet; choose from NONE, NOSASL (the default is NONE)`},
		{"kyuubi.authentication=NONE,NOSASL", `kyuubi.authentication = "NONE,NOSASL" (F:1): must be one of the two, not both (the default is NONE)`},
		{"kyuubi.authentication=", `kyuubi.authentication = "" (F:1): is empty; name one or more of NONE, NOSASL (the default is NONE)`},
		{"kyuubi.engine.type=spark_sql", `kyuubi.engine.type = "spark_sql" (F:1): SPARK_SQL is not supported yet; choose from DUCKDB (the default is DUCKDB)`},
		{"kyuubi.engine.type=ORACLE", `kyuubi.engine.type = "ORACLE" (F:1): is not one of DUCKDB (the default is DUCKDB)`},
		{"kyuubi.frontend.ssl.keystore.type=jceks", `kyuubi.frontend.ssl.keystore.type = "jceks" (F:1): JCEKS is not supported yet; choose from AUTO, JKS, PKCS12, PEM (the default is AUTO)`},
		{"kyuubi.frontend.rest.cors.allowed.origins=https://a.example/x", `kyuubi.frontend.rest.cors.allowed.origins = "https://a.example/x" (F:1): must be a list of scheme://host[:port] without a path, or *`},
		{"kyuubi.frontend.thrift.max.message.size=3g", `kyuubi.frontend.thrift.max.message.size = "3g" (F:1): must be at most 2147483647 (the default is 100MiB)`},
		{"kyuubi.frontend.bind.host=", `kyuubi.frontend.bind.host = "" (F:1): must be an address or a name of this machine, 0.0.0.0 for all IPv4 addresses (the default is 127.0.0.1)`},
		{"kyuubi.metadata.store.jdbc.url=jdbc:mysql://ann:pw1@h/db?password=pw2&x=y", `kyuubi.metadata.store.jdbc.url = "jdbc:mysql://ann:*********(redacted)@h/db?password=*********(redacted)&x=y" (F:1): must be jdbc:sqlite:PATH or jdbc:mysql://HOST:PORT/DATABASE (the default is jdbc:sqlite:{{KYUUBI_HOME}}/kyuubi_state_store.db)`},
		{"k\x00y\x00=1", `the configuration file F is no text in UTF-8: save it as such`},
		{"kyuubi.metadata.store.jdbc.url=mysql://h/db", `kyuubi.metadata.store.jdbc.url = "mysql://h/db" (F:1): must be jdbc:sqlite:PATH or jdbc:mysql://HOST:PORT/DATABASE (the default is jdbc:sqlite:{{KYUUBI_HOME}}/kyuubi_state_store.db)`},
		{"kyuubi.metadata.store.jdbc.url=jdbc:mysql://h:3306/db", `kyuubi.metadata.store.jdbc.url = "jdbc:mysql://h:3306/db" (F:1) does not fit kyuubi.metadata.store.jdbc.database.type = "SQLITE" (default): set both for the same kind of database`},
		{"kyuubi.fronted.rest.bind.port=1", `kyuubi.fronted.rest.bind.port (F:1) is no setting; did you mean kyuubi.frontend.rest.bind.port?`},
		{"kyubi.frontend.rest.bind.port=1", `kyubi.frontend.rest.bind.port (F:1) is no setting; did you mean kyuubi.frontend.rest.bind.port?`},
		{"kyuubi.frontend.rest.port=1", `kyuubi.frontend.rest.port (F:1) is no setting; did you mean kyuubi.frontend.rest.bind.port?`},
		{"kyuubi.ha.adresses=zk", `kyuubi.ha.adresses (F:1) is no setting; did you mean kyuubi.ha.addresses?`},
		{"kyuubi.elephant=1", "kyuubi.elephant (F:1) is no setting; `nekomata config --all` lists them"},
		{`kyuubi.server.name=\u12`, `F:1: the line can't be read; write key=value, and \\ for a backslash`},
		{"kyuubi.server.data.dir=", `kyuubi.server.data.dir is empty, and neither XDG_STATE_HOME nor HOME says where it could be; use --data-dir`},
		{"kyuubi.metadata.store.jdbc.password.file=/no/such", `kyuubi.metadata.store.jdbc.password.file = "/no/such" (F:1): the file can't be read: no such file or directory`},
		{"kyuubi.server.redaction.regex=(", `kyuubi.server.redaction.regex = "(" (F:1): is not a regular expression (RE2 syntax): error parsing regexp: missing closing ): ` + "`(`" + ` (the default is (?i)secret|password|token|access[.]key)`},
	} {
		t.Run(tc.line, func(t *testing.T) {
			t.Parallel()
			name := file(t, tc.line)
			s := Sources{Files: []string{name}}
			if !strings.HasPrefix(tc.line, DataDir.key) {
				s.DataDir = "/data"
			}
			_, err := Load(s)
			require.ErrorIs(t, err, sqlerr.Invalid)
			want := strings.ReplaceAll(strings.ReplaceAll(tc.want, "F:", name+":"), " F ", " "+name+" ")
			require.Equal(t, want, sqlerr.From(err).Message)
		})
	}
}

func TestAllErrorsAreTold(t *testing.T) {
	t.Parallel()
	_, err := Load(Sources{
		Files:   []string{"/no/such/file", file(t, "kyuubi.frontend.rest.bind.port=x\nkyuubi.nonsense.key=1")},
		Environ: []string{"NEKOMATA_KYUUBI_ENGINE_TIPE=DUCKDB", "NEKOMATA_KYUUBI_METRICS_ENABLED=1"},
		Flags:   []string{"novalue", "kyuubi.engine.type=TRINO"},
		DataDir: "/data",
	})
	var joined interface{ Unwrap() []error }
	require.ErrorAs(t, err, &joined)
	require.Len(t, joined.Unwrap(), 7)
	for _, want := range []string{
		"the configuration file /no/such/file can't be read: no such file or directory", `kyuubi.frontend.rest.bind.port = "x"`,
		"kyuubi.nonsense.key", "NEKOMATA_KYUUBI_ENGINE_TIPE is no setting; did you mean NEKOMATA_KYUUBI_ENGINE_TYPE?",
		`kyuubi.metrics.enabled = "1" (NEKOMATA_KYUUBI_METRICS_ENABLED)`,
		"--conf novalue: write it as key=value", `kyuubi.engine.type = "TRINO" (--conf)`,
	} {
		require.ErrorContains(t, err, want)
	}
}

func TestForeignKeysPassThrough(t *testing.T) {
	t.Parallel()
	c, err := load(t, "spark.master local[2]\nspark.x ${y} {{KYUUBI_HOME}}\nkyuubi.engineEnv.A=b\n___bob___.spark.z 1\nhadoop.q=1")
	require.NoError(t, err)
	require.Equal(t, map[string]string{
		"spark.master": "local[2]", "spark.x": "${y} {{KYUUBI_HOME}}",
		"kyuubi.engineEnv.A": "b", "___bob___.spark.z": "1", "hadoop.q": "1",
	}, c.Passthrough())
	require.Len(t, c.Warnings(), 1, "of the family that nothing uses yet")
}

func TestUnusedKeysWarnOncePerReason(t *testing.T) {
	t.Parallel()
	c, err := load(t, "kyuubi.ha.addresses=zk:2181\nkyuubi.ha.namespace=x\n___bob___.spark.x=y\nkyuubi.metrics.reporters=JSON")
	require.NoError(t, err)
	require.Len(t, c.Warnings(), 3)
	require.Regexp(t, `^not used: kyuubi.ha.addresses \(\S+:1\), kyuubi.ha.namespace \(\S+:2\): gateways do not register anywhere yet$`, c.Warnings()[0])
}

func TestOldNamesAndRepetitionsWarn(t *testing.T) {
	t.Parallel()
	c, err := load(t, "kyuubi.session.timeout=PT1H\nkyuubi.server.name=a\nkyuubi.server.name=b")
	require.NoError(t, err)
	require.Equal(t, time.Hour, Get(c, SessionIdleTimeout))
	require.Equal(t, "b", Get(c, ServerName))
	require.Len(t, c.Warnings(), 2)
	require.Regexp(t, `^kyuubi.session.timeout \(\S+:1\) is an old name: use kyuubi.session.idle.timeout$`, c.Warnings()[0])
	require.Regexp(t, `^kyuubi.server.name is set twice in \S+, in lines 2 and 3: the last one counts$`, c.Warnings()[1])
}

func TestFallback(t *testing.T) {
	t.Parallel()
	c, err := load(t, "kyuubi.frontend.bind.host 0.0.0.0\nkyuubi.frontend.rest.bind.host=::1\nkyuubi.frontend.bind.port 7")
	require.NoError(t, err)
	require.Equal(t, "0.0.0.0", Get(c, ThriftHost))
	require.Equal(t, "::1", Get(c, RestHost))
	require.Equal(t, "0.0.0.0", Get(c, MetricsHost))
	require.Equal(t, 7, Get(c, ThriftPort))
	require.Equal(t, 10099, Get(c, RestPort))
	require.Regexp(t, `^as kyuubi.frontend.bind.port \(.*:3\)$`, c.Origin(ThriftPort).String())
}

func TestABadValueIsToldOnce(t *testing.T) {
	t.Parallel()
	_, err := load(t, "kyuubi.frontend.bind.host=\nkyuubi.frontend.bind.port=x")
	var joined interface{ Unwrap() []error }
	require.ErrorAs(t, err, &joined)
	require.Len(t, joined.Unwrap(), 2)
}

func TestAliases(t *testing.T) {
	t.Parallel()
	c, err := load(t, "hive.server2.thrift.resultset.default.fetch.size=50")
	require.NoError(t, err)
	require.Equal(t, 50, Get(c, ThriftDefaultFetchSize))
	require.Empty(t, c.Warnings())
}

func TestFileSyntax(t *testing.T) {
	t.Parallel()
	c, err := load(t, "\ufeff# comment \\\n! another\n\n  spark.a=1\r\nspark.b : two words  \nspark.c \\\n   on \\\n  and on\nspark.d=back\\\\slash\\\\\nspark.e=caf\u00e9 \\u00e9\nspark.f\nspark\\.g=#no comment")
	require.NoError(t, err)
	require.Equal(t, map[string]string{
		"spark.a": "1", "spark.b": "two words", "spark.c": "on and on", "spark.d": `back\slash\`,
		"spark.e": "caf\u00e9 \u00e9", "spark.f": "", "spark.g": "#no comment",
	}, c.Passthrough())
	require.Equal(t, 9, c.extra["spark.d"].origin.Line)
}

func FuzzParseFile(f *testing.F) {
	for _, seed := range []string{"a=1\nb 2\\\n 3\n#c", "\\", "a\\", "=", "a=\\u12", "\ufeffa:b\r\rc", "{{}}=${x}"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		all, errs := parseFile("f", text)
		lines := strings.Count(text, "\n") + strings.Count(text, "\r") + 1
		for _, g := range all {
			if g.origin.Line < 1 || g.origin.Line > lines {
				t.Errorf("%q is said to stand in line %d of %d", g.key, g.origin.Line, lines)
			}
		}
		for _, err := range errs {
			if !errors.Is(err, sqlerr.Invalid) {
				t.Error(err)
			}
		}
	})
}

func TestEnvironment(t *testing.T) {
	t.Parallel()
	c := mustLoad(t, Sources{DataDir: "/data", Environ: []string{
		"NEKOMATA_KYUUBI_SERVER_CONF_RETRIEVEMODE=redacted", "NEKOMATA_KYUUBI_SERVER_NAME=neko",
		// Somebody else's, and Kubernetes' for a service called nekomata-kyuubi:
		"NEKOMATA_BIN=x", "PATH=/bin", "NEKOMATA_KYUUBI_SERVICE_HOST=10.0.0.1", "NEKOMATA_KYUUBI_PORT_10009_TCP_ADDR=10.0.0.1",
	}})
	require.Equal(t, "neko", Get(c, ServerName))
	require.Equal(t, "REDACTED", Get(c, RetrieveMode))
}

func TestDataDir(t *testing.T) {
	t.Parallel()
	wd, err := os.Getwd()
	require.NoError(t, err)
	for _, tc := range []struct {
		s    Sources
		want string
	}{
		{Sources{Environ: []string{"HOME=/home/neko"}}, "/home/neko/.local/state/nekomata"},
		{Sources{Environ: []string{"XDG_STATE_HOME=/state", "HOME=/home/neko"}}, "/state/nekomata"},
		{Sources{Environ: []string{"XDG_STATE_HOME=relative", "HOME=/home/neko"}}, "/home/neko/.local/state/nekomata"},
		{Sources{Flags: []string{"kyuubi.server.data.dir=/a"}}, "/a"},
		{Sources{Flags: []string{"kyuubi.server.data.dir=/a"}, DataDir: "b"}, filepath.Join(wd, "b")},
	} {
		require.Equal(t, tc.want, Get(mustLoad(t, tc.s), DataDir))
	}
	_, err = Load(Sources{})
	require.ErrorContains(t, err, "use --data-dir")
}

func TestSecrets(t *testing.T) {
	t.Parallel()
	secret := file(t, "p4ss w\n")
	c := mustLoad(t, Sources{DataDir: "/data", Flags: []string{
		"kyuubi.metadata.store.jdbc.password.file=" + secret,
		"kyuubi.metadata.store.jdbc.database.type=mysql",
		"kyuubi.metadata.store.jdbc.url=jdbc:mysql://h:1/d?user=u&password=geheim&x=y",
		"spark.hadoop.fs.s3a.secret.key=abc", "spark.x=Password1",
	}})
	require.Empty(t, c.Warnings())
	require.Equal(t, "p4ss w", Get(c, MetadataPassword))
	shown := map[string]string{}
	for _, v := range c.Values(true) {
		shown[v.Key] = v.Value
	}
	require.Equal(t, Redacted, shown["kyuubi.metadata.store.jdbc.password"])
	require.Equal(t, Redacted, shown["spark.hadoop.fs.s3a.secret.key"])
	require.Equal(t, Redacted, shown["spark.x"])
	require.Equal(t, "jdbc:mysql://h:1/d?user=u&password="+Redacted+"&x=y", shown["kyuubi.metadata.store.jdbc.url"])
	require.Equal(t, RedactionRegex.defaultRaw(), shown["kyuubi.server.redaction.regex"])
	require.Equal(t, "x://u:"+Redacted+"@h", c.Redact("kyuubi.server.name", "x://u:p@h"))
	require.Empty(t, c.Redact("my.password", ""))

	c = mustLoad(t, Sources{DataDir: "/data", Environ: []string{"NEKOMATA_KYUUBI_METADATA_STORE_JDBC_PASSWORD_FILE=" + secret}})
	require.Equal(t, "p4ss w", Get(c, MetadataPassword))

	c = mustLoad(t, Sources{DataDir: "/data", Flags: []string{"kyuubi.metadata.store.jdbc.password=p"}})
	require.Len(t, c.Warnings(), 1, "it is in the list of processes")
}

func TestSessionValues(t *testing.T) {
	t.Parallel()
	_, ok, err := SessionCloseOnDisconnect.From(map[string]string{"x": "y"})
	require.False(t, ok)
	require.NoError(t, err)
	v, ok, err := SessionCloseOnDisconnect.From(map[string]string{"kyuubi.session.close.on.disconnect": " FALSE "})
	require.True(t, ok)
	require.NoError(t, err)
	require.False(t, v)
	_, _, err = SessionCloseOnDisconnect.From(map[string]string{"kyuubi.session.close.on.disconnect": "no"})
	require.EqualError(t, err, `kyuubi.session.close.on.disconnect = "no": is neither true nor false`)
}

func TestASnapshotDoesNotChange(t *testing.T) {
	t.Parallel()
	c := mustLoad(t, Sources{DataDir: "/data"})
	Get(c, Protocols)[0] = "X"
	c.Passthrough()["a"] = "b"
	require.Equal(t, "REST", Get(c, Protocols)[0])
	require.Empty(t, c.Passthrough())
	require.Equal(t, []string{"REST", "THRIFT_BINARY"}, Protocols.def)
}

func TestPoolOfTheMetadataStore(t *testing.T) {
	t.Parallel()
	c := mustLoad(t, Sources{DataDir: "/data", Flags: []string{
		MetadataPool + "maximumPoolSize=3", MetadataPool + "dataSource.password=geheim", "spark.x=1",
	}})
	require.Equal(t, map[string]string{"maximumPoolSize": "3", "dataSource.password": "geheim"}, c.Pool())
	require.Empty(t, c.Warnings())
	require.NotContains(t, c.Passthrough(), MetadataPool+"maximumPoolSize", "it is no engine's business")
	shown := map[string]string{}
	for _, v := range c.Values(false) {
		shown[v.Key] = v.Value
	}
	require.Equal(t, "3", shown[MetadataPool+"maximumPoolSize"])
	require.NotContains(t, shown[MetadataPool+"dataSource.password"], "geheim")
	_, err := Load(Sources{DataDir: "/data", Flags: []string{MetadataPool + "=3"}})
	require.ErrorContains(t, err, MetadataPool)
}

package metadata

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"errors"
	"fmt"
	"hash/fnv"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// mysqlConfig is what the driver makes of a JDBC URL.
func mysqlConfig(a address, o Options) (*mysql.Config, error) {
	c := mysql.NewConfig()
	c.Net, c.Addr, c.DBName = "tcp", a.host, a.name
	c.User, c.Passwd = o.User, o.Password
	if c.User == "" {
		c.User = a.params.take("user")
	}
	if c.Passwd == "" {
		c.Passwd = a.params.take("password")
	}
	c.Logger = &mysql.NopLogger{}
	c.ClientFoundRows = true   // conditional changes count the rows that match
	c.InterpolateParams = true // one round trip for each statement, not three
	c.Timeout = a.params.millis("connectTimeout", dialTimeout)
	c.ReadTimeout = a.params.millis("socketTimeout", answerTimeout)
	c.WriteTimeout = c.ReadTimeout
	// 0 asks the server for its own: a statement that is larger is sent in pieces then,
	// instead of being refused by a connection that breaks.
	c.MaxAllowedPacket = a.params.count("maxAllowedPacket", 0)
	c.Params = map[string]string{
		"time_zone": "'+00:00'", // so that the clock never goes back
		"sql_mode":  "'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'",
	}
	for pair := range strings.SplitSeq(a.params.take("sessionVariables"), ",") {
		if name, value, ok := strings.Cut(pair, "="); ok {
			c.Params[strings.TrimSpace(name)] = value
		}
	}
	if err := errors.Join(c.Apply(mysql.Charset("utf8mb4", ""), mysql.EnableCompression(a.params.flag("useCompression", false))),
		setTLS(c, a.params)); err != nil {
		return nil, sqlerr.Wrap(err, sqlerr.Invalid, "%s: %v", urlKey, err)
	}
	dropIdle(a.params)
	return c, nil
}

// newMySQL is the dialect of MySQL 8 and of MariaDB from 10.8.
func newMySQL(a address, o Options) (*dialect, error) {
	c, err := mysqlConfig(a, o)
	if err != nil {
		return nil, err
	}
	if _, err := mysql.NewConnector(c); err != nil {
		return nil, sqlerr.Wrap(err, sqlerr.Invalid, "%s: %v", urlKey, err)
	}
	d := &dialect{
		name:       "mysql",
		now:        "CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)",
		skipLocked: " FOR UPDATE SKIP LOCKED",
		// Or it goes through the table itself and expects the first rows soon, which may
		// all be at its other end.
		inOrder: " IGNORE INDEX FOR ORDER BY (PRIMARY)",
		putting: 8,
		columns: `SELECT column_name FROM information_schema.columns
			WHERE table_schema = DATABASE() AND table_name = 'metadata'`,
		done: func(err error) bool {
			var e *mysql.MySQLError // table, column or index is there already
			return errors.As(err, &e) && (e.Number == 1050 || e.Number == 1060 || e.Number == 1061)
		},
		where: fmt.Sprintf("the database %s at %s", a.name, a.host),
	}
	d.open = func() (*pools, error) { return openMySQL(c, o.pool), nil }
	d.migrating = func(ctx context.Context, work func(migration) error) error { return mysqlMigrating(ctx, c, work) }
	return d, nil
}

func openMySQL(c *mysql.Config, p pool) *pools {
	connector, _ := mysql.NewConnector(c) // was tried before
	db := sql.OpenDB(connector)
	p.apply(db)
	// No statement is prepared. MariaDB 10.11 forgets which indexes are enough for one
	// that has run before: counts of an index's entries read the rows then, or all rows.
	return &pools{write: db, read: db}
}

// mysqlMigrating runs work under a lock that ends with its connection. The
// connection may wait: rebuilding a large table takes a while.
func mysqlMigrating(ctx context.Context, c *mysql.Config, work func(migration) error) error {
	c = c.Clone()
	c.ReadTimeout, c.WriteTimeout = 0, 0
	connector, err := mysql.NewConnector(c)
	if err != nil {
		return err
	}
	db := sql.OpenDB(connector)
	defer db.Close()
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	h := fnv.New64a()
	_, _ = h.Write([]byte(c.DBName))
	lock := fmt.Sprintf("nekomata.schema.%x", h.Sum64()) // locks are the server's, not the database's
	for got := (sql.NullInt64{}); got.Int64 != 1; {
		const oneWait = 10 // seconds, so that a canceled start ends soon
		if err := conn.QueryRowContext(ctx, "SELECT GET_LOCK(?, ?)", lock, oneWait).Scan(&got); err != nil {
			return err
		}
	}
	err = work(conn)
	_, releaseErr := conn.ExecContext(context.WithoutCancel(ctx), "DO RELEASE_LOCK(?)", lock)
	return errors.Join(err, releaseErr)
}

// setTLS follows the properties of MySQL's and MariaDB's JDBC drivers.
func setTLS(c *mysql.Config, p properties) error {
	mode := strings.ToUpper(strings.NewReplacer("-", "_").Replace(p.take("sslMode")))
	use, require := p.take("useSSL"), p.flag("requireSSL", false)
	verify := p.flag("verifyServerCertificate", false)
	if mode == "" {
		switch {
		case strings.EqualFold(use, "false"):
			mode = "DISABLED"
		case strings.EqualFold(use, "true") && verify:
			mode = "VERIFY_CA"
		case strings.EqualFold(use, "true") || require:
			mode = "REQUIRED"
		default:
			mode = "PREFERRED"
		}
	}
	switch mode {
	case "DISABLED", "DISABLE":
		c.TLSConfig = "false"
	case "PREFERRED":
		c.TLSConfig = "preferred"
	case "REQUIRED", "TRUST":
		c.TLSConfig = "skip-verify"
	case "VERIFY_CA":
		c.TLS = &tls.Config{InsecureSkipVerify: true, VerifyConnection: verifyChain} //nolint:gosec // verifyChain does it, without the name
	case "VERIFY_IDENTITY", "VERIFY_FULL":
		c.TLSConfig = "true"
	default:
		return sqlerr.New(sqlerr.Invalid, "sslMode=%s is none of DISABLED, PREFERRED, REQUIRED, VERIFY_CA, VERIFY_IDENTITY", mode)
	}
	return nil
}

// verifyChain checks who signed the certificate, and not for which host.
func verifyChain(s tls.ConnectionState) error {
	rest := x509.NewCertPool()
	for _, c := range s.PeerCertificates[1:] {
		rest.AddCert(c)
	}
	_, err := s.PeerCertificates[0].Verify(x509.VerifyOptions{Intermediates: rest})
	return err
}

// dropIdle takes out the properties of the JDBC drivers that have nothing to say
// here: all times are numbers, all text is utf8mb4, and the pool reconnects.
func dropIdle(p properties) {
	p.drop("user", "password", "useUnicode", "characterEncoding", "characterSetResults", "connectionCollation",
		"serverTimezone", "connectionTimeZone", "forceConnectionTimeZoneToSession", "useLegacyDatetimeCode", "useTimezone",
		"autoReconnect", "autoReconnectForPools", "failOverReadOnly", "maxReconnects", "tcpKeepAlive", "useAffectedRows",
		"rewriteBatchedStatements", "useServerPrepStmts", "cachePrepStmts", "prepStmtCacheSize", "prepStmtCacheSqlLimit",
		"useLocalSessionState", "useLocalTransactionState", "cacheServerConfiguration", "cacheResultSetMetadata",
		"elideSetAutoCommits", "maintainTimeStats", "zeroDateTimeBehavior", "tinyInt1isBit", "allowMultiQueries",
		"allowPublicKeyRetrieval", "enabledTLSProtocols", "nullCatalogMeansCurrent", "permitMysqlScheme", "useInformationSchema")
}

// How long a database may take to answer, unless the URL says otherwise.
const (
	dialTimeout   = 10 * time.Second
	answerTimeout = 30 * time.Second
)

package metadata

import (
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"
)

// driverConfig is what becomes of a JDBC URL.
func driverConfig(t *testing.T, text string) (*mysql.Config, []string) {
	t.Helper()
	a, err := parseURL(text)
	require.NoError(t, err)
	c, err := mysqlConfig(a, Options{})
	require.NoError(t, err)
	return c, a.params.left()
}

func TestURLs(t *testing.T) {
	t.Parallel()
	c, left := driverConfig(t, "jdbc:mysql://db.example:3307/kyuubi?user=k&password=p%26w&useSSL=false&connectTimeout=2000&socketTimeout=0"+
		"&sessionVariables=lock_wait_timeout=5,sql_mode='ANSI'&serverTimezone=UTC&useUnicode=true&characterEncoding=UTF-8&fooBar=1&autoReconnect=true")
	require.Equal(t, []string{"fooBar"}, left)
	require.Equal(t, []string{"db.example:3307", "kyuubi", "k", "p&w"}, []string{c.Addr, c.DBName, c.User, c.Passwd})
	require.Equal(t, []time.Duration{2 * time.Second, 0}, []time.Duration{c.Timeout, c.ReadTimeout})
	require.Equal(t, []string{"5", "'ANSI'"}, []string{c.Params["lock_wait_timeout"], c.Params["sql_mode"]})
	require.Equal(t, []bool{true, true, false, false}, []bool{c.ClientFoundRows, c.InterpolateParams, c.ParseTime, c.MultiStatements})

	for text, want := range map[string]string{
		"jdbc:mysql://h/db":      "h:3306",
		"jdbc:mysql://[::1]/db":  "[::1]:3306",
		"jdbc:mysql://[::1]:1/d": "[::1]:1",
	} {
		c, _ := driverConfig(t, text)
		require.Equal(t, want, c.Addr)
	}
	for _, bad := range []string{"", "mysql://h/db", "jdbc:mysql:h/db", "jdbc:mysql:///db", "jdbc:mysql://h/", "jdbc:oracle:x", "jdbc:sqlite:", "jdbc:mysql://h/d?a=%zz"} {
		_, err := New(Options{URL: bad})
		require.ErrorContains(t, err, urlKey, bad)
	}
	_, err := New(Options{URL: "jdbc:sqlite:/x?synchronous=MAYBE"})
	require.ErrorContains(t, err, "MAYBE")
}

func TestTLSOfURLs(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]string{
		"":                              "preferred",
		"useSSL=false":                  "false",
		"useSSL=true":                   "skip-verify",
		"requireSSL=true":               "skip-verify",
		"sslMode=required":              "skip-verify",
		"sslMode=trust":                 "skip-verify",
		"sslMode=VERIFY_IDENTITY":       "true",
		"sslMode=verify-full":           "true",
		"sslMode=DISABLED":              "false",
		"useSSL=true&sslMode=PREFERRED": "preferred",
	} {
		c, left := driverConfig(t, "jdbc:mysql://h/db?"+query)
		require.Equal(t, want, c.TLSConfig, query)
		require.Empty(t, left)
	}
	for _, query := range []string{"sslMode=VERIFY_CA", "useSSL=true&verifyServerCertificate=true"} {
		c, _ := driverConfig(t, "jdbc:mysql://h/db?"+query)
		require.NotNil(t, c.TLS.VerifyConnection, query)
	}
	_, err := New(Options{URL: "jdbc:mysql://h/db?sslMode=perhaps"})
	require.ErrorContains(t, err, "PERHAPS")
}

func TestPoolSettings(t *testing.T) {
	t.Parallel()
	s, err := New(Options{URL: "jdbc:mysql://h/db", Pool: map[string]string{
		"maximumPoolSize": "7", "minimumIdle": "2", "idleTimeout": "1000", "maxLifetime": "60000", "connectionTimeout": "1",
		"dataSource.useSSL": "false", "dataSource.odd": "1", "strange": "2",
	}})
	require.NoError(t, err)
	require.Equal(t, pool{size: 7, idle: 2, idleLifetime: time.Second, lifetime: time.Minute}, s.opts.pool)
	require.Equal(t, []string{"odd", "strange"}, s.unknown)
}

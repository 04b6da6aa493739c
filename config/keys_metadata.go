package config

import (
	"regexp"
	"strings"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// MetadataPool begins the settings of the pool of connections to the metadata
// store: the rest of such a key is a name of Hikari's, such as maximumPoolSize.
const MetadataPool = "kyuubi.metadata.store.jdbc.datasource."

// Settings of the metadata store.
var (
	// MetadataType is the kind of database.
	MetadataType = Enum("kyuubi.metadata.store.jdbc.database.type", "SQLITE",
		"The kind of database that keeps the gateway's state.",
		Choice{Values: []string{"SQLITE", "MYSQL"}, Later: []string{"POSTGRESQL", "CUSTOM"}})

	// MetadataURL is the database's JDBC URL.
	MetadataURL = String("kyuubi.metadata.store.jdbc.url", "jdbc:sqlite:{{KYUUBI_HOME}}/kyuubi_state_store.db",
		"Where that database is, as a JDBC URL: `jdbc:sqlite:PATH` or `jdbc:mysql://HOST:PORT/DATABASE?NAME=VALUE` "+
			"(MySQL 8, MariaDB 10.8 or later). Several gateways may share one MySQL database, also one that Kyuubi 1.8 or later has made. "+
			"Properties of the JDBC drivers are understood: `useSSL`, `sslMode`, `connectTimeout`, `socketTimeout`, `sessionVariables`, ..., "+
			"and for SQLite `synchronous` and `busy_timeout`. `"+MetadataPool+"NAME` sets the pool's `maximumPoolSize` (16), `minimumIdle`, "+
			"`idleTimeout` and `maxLifetime` (milliseconds).").
		Check("jdbc:sqlite:PATH or jdbc:mysql://HOST:PORT/DATABASE", func(u string) bool {
			return sqliteURL.MatchString(u) || mysqlURL.MatchString(u)
		})

	// MetadataUser is the database's user.
	MetadataUser = String("kyuubi.metadata.store.jdbc.user", "", "The user of that database.")

	// MetadataPassword is the user's password.
	MetadataPassword = String("kyuubi.metadata.store.jdbc.password", "", "The password of that user.").Secret()
)

var (
	sqliteURL = regexp.MustCompile(`^jdbc:sqlite:[^?]+(\?.*)?$`)
	mysqlURL  = regexp.MustCompile(`^jdbc:mysql://(\[[0-9a-fA-F:.]+\]|[^:/?#@\[\],\s]+)(:\d{1,5})?/[^/?#\s]+(\?\S*)?$`)
)

var metadataArea = Area{
	Title:    "Metadata store",
	Settings: []Setting{MetadataType, MetadataURL, MetadataUser, MetadataPassword},
}

// checkMetadataURL refuses a URL of another kind of database than the type says.
func checkMetadataURL(c *Config) error {
	kind, url := Get(c, MetadataType), Get(c, MetadataURL)
	if strings.HasPrefix(url, "jdbc:"+strings.ToLower(kind)+":") {
		return nil
	}
	return sqlerr.New(sqlerr.Invalid, "%s = %q (%s) does not fit %s = %q (%s): set both for the same kind of database",
		MetadataURL.key, c.Redact(MetadataURL.key, url), c.Origin(MetadataURL),
		MetadataType.key, kind, c.Origin(MetadataType))
}

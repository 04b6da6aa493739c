package config

// EngineType is what runs the SQL.
var EngineType = Enum("kyuubi.engine.type", "DUCKDB",
	"What runs the SQL. DUCKDB is inside the gateway and needs nothing else.",
	Choice{
		Values: []string{"DUCKDB"},
		Later:  []string{"SPARK_SQL", "FLINK_SQL", "HIVE_SQL", "TRINO", "JDBC", "DATA_AGENT", "CHAT"},
	}).Kyuubi("SPARK_SQL")

var engineArea = Area{Title: "Engines", Settings: []Setting{EngineType}}

// Settings of the embedded DuckDB.
var (
	// DuckDBPath is the database file.
	DuckDBPath = Path("kyuubi.engine.duckdb.path", "nekomata.duckdb",
		"The database file; `:memory:` keeps the tables in memory, where they end with the gateway.").Ours()

	// DuckDBMemoryLimit bounds DuckDB's memory.
	DuckDBMemoryLimit = Bytes("kyuubi.engine.duckdb.memory.limit", 0,
		"How much memory DuckDB may use; it spills to its temporary directory beyond. 0 is DuckDB's choice, 80 % of the machine's memory.").
		AtLeast(0).Ours()

	// DuckDBThreads bounds DuckDB's threads.
	DuckDBThreads = Int("kyuubi.engine.duckdb.threads", 0,
		"How many threads DuckDB may use; 0 is one for each processor.").AtLeast(0).Ours()

	// DuckDBTempDir is where DuckDB spills.
	DuckDBTempDir = Path("kyuubi.engine.duckdb.temp.directory", "tmp/duckdb",
		"The directory into which DuckDB spills.").Ours()

	// DuckDBMaxTempSize bounds what DuckDB spills.
	DuckDBMaxTempSize = Bytes("kyuubi.engine.duckdb.max.temp.directory.size", 0,
		"How much DuckDB may spill; 0 is DuckDB's choice, 90 % of the free disk.").AtLeast(0).Ours()

	// DuckDBExternalAccess opens all files to SQL.
	DuckDBExternalAccess = Bool("kyuubi.engine.duckdb.external.access", false,
		"Whether SQL may read and write every file that the gateway's user may, and load extensions. Off, it reaches only the allowed directories.").Ours()

	// DuckDBAllowedDirectories are open to SQL.
	DuckDBAllowedDirectories = Paths("kyuubi.engine.duckdb.allowed.directories", []string{"data"},
		"Directories whose files SQL may read and write (`SELECT ... FROM 'flights.csv'`, `COPY`), with all below them. Everybody who can connect reaches them; never name one that holds the gateway's own state.").Ours()

	// DuckDBMaxRunning bounds the statements that run at a time.
	DuckDBMaxRunning = Int("kyuubi.engine.duckdb.max.running.statements", 0,
		"How many statements may run at a time; more wait in a queue. 0 is two for each processor, and four at least.").AtLeast(0).Ours()

	// DuckDBMaxQueued bounds the statements that wait.
	DuckDBMaxQueued = Int("kyuubi.engine.duckdb.max.queued.statements", 1000,
		"How many statements may wait; one more is refused.").AtLeast(0).Ours()

	// DuckDBDialect is the SQL that clients write.
	DuckDBDialect = Enum("kyuubi.engine.duckdb.sql.dialect", "hive",
		"How statements are read. hive: with backticks, backslash escapes in strings, and Hive's SHOW, DESCRIBE, USE and SET. duckdb: as DuckDB has it.",
		Choice{Values: []string{"hive", "duckdb"}}).Session().Ours()

	// DuckDBDoubleQuotes is what a text in double quotes is.
	DuckDBDoubleQuotes = Enum("kyuubi.engine.duckdb.sql.double.quotes", "identifier",
		"What a text in double quotes is in Hive's SQL. identifier: a name, as in standard SQL, which generic JDBC tools write. string: a string, as in Hive.",
		Choice{Values: []string{"identifier", "string"}}).Session().Ours()

	// DuckDBShowLayout is the columns that SHOW answers.
	DuckDBShowLayout = Enum("kyuubi.engine.duckdb.sql.show.layout", "hive",
		"The columns of SHOW TABLES, SHOW VIEWS and SHOW FUNCTIONS. hive: one, the name (`tab_name`), where PyHive, SQLAlchemy and Superset look for it. "+
			"spark: `namespace`, `tableName` and `isTemporary`; `namespace`, `viewName` and `isTemporary`; `function`.",
		Choice{Values: []string{"hive", "spark"}}).Session().Ours()
)

var duckdbArea = Area{
	Title: "DuckDB",
	Settings: []Setting{
		DuckDBPath, DuckDBMemoryLimit, DuckDBThreads, DuckDBTempDir, DuckDBMaxTempSize, DuckDBExternalAccess,
		DuckDBAllowedDirectories, DuckDBMaxRunning, DuckDBMaxQueued, DuckDBDialect, DuckDBDoubleQuotes,
		DuckDBShowLayout,
	},
}

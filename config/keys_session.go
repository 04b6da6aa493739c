package config

import "time"

// Settings of sessions.
var (
	// SessionIdleTimeout closes sessions that nobody uses.
	SessionIdleTimeout = Duration("kyuubi.session.idle.timeout", 6*time.Hour,
		"A session that has not been used for so long, and in which nothing runs, is closed; 0 is never.").AtLeast(0).
		Retired("kyuubi.session.timeout")

	// SessionCheckInterval is how often idle sessions and operations are looked for.
	SessionCheckInterval = Duration("kyuubi.session.check.interval", 5*time.Minute,
		"How often idle sessions and operations are looked for.").AtLeast(time.Millisecond)

	// SessionCloseOnDisconnect closes a dropped connection's sessions.
	SessionCloseOnDisconnect = Bool("kyuubi.session.close.on.disconnect", true,
		"Whether the sessions of a Thrift connection are closed when it drops.").Session()

	// SessionRestrictList refuses keys.
	SessionRestrictList = Strings("kyuubi.session.conf.restrict.list", nil,
		"Keys that clients may not set: a session that brings one is refused. An entry that ends in `.*` stands for all keys that begin so.")

	// SessionIgnoreList drops keys.
	SessionIgnoreList = Strings("kyuubi.session.conf.ignore.list", nil,
		"Keys that are dropped when a client sets them. An entry that ends in `.*` stands for all keys that begin so.")

	// LimitPerUser bounds a user's sessions.
	LimitPerUser = Int("kyuubi.server.limit.connections.per.user", 0,
		"How many sessions one user may have open; 0 is no limit.").AtLeast(0)

	// LimitPerAddress bounds the sessions from one address.
	LimitPerAddress = Int("kyuubi.server.limit.connections.per.ipaddress", 0,
		"How many sessions may be open from one IP address; 0 is no limit.").AtLeast(0)

	// LimitPerUserAddress bounds a user's sessions from one address.
	LimitPerUserAddress = Int("kyuubi.server.limit.connections.per.user.ipaddress", 0,
		"How many sessions one user may have open from one IP address; 0 is no limit.").AtLeast(0)

	// UnlimitedUsers are not counted.
	UnlimitedUsers = Strings("kyuubi.server.limit.connections.user.unlimited.list", nil,
		"Users for whom the limits of sessions do not hold.")

	// DenyUsers may open no session.
	DenyUsers = Strings("kyuubi.server.limit.connections.user.deny.list", nil,
		"Users who may open no session; this list goes before the unlimited one.")

	// DenyAddresses may open no session.
	DenyAddresses = Strings("kyuubi.server.limit.connections.ip.deny.list", nil,
		"IP addresses from which no session may be opened.")
)

var sessionArea = Area{
	Title: "Sessions",
	Settings: []Setting{
		SessionIdleTimeout, SessionCheckInterval, SessionCloseOnDisconnect, SessionRestrictList, SessionIgnoreList,
		LimitPerUser, LimitPerAddress, LimitPerUserAddress, UnlimitedUsers, DenyUsers, DenyAddresses,
	},
}

// Settings of operations.
var (
	// OperationIdleTimeout closes operations that nobody asks for.
	OperationIdleTimeout = Duration("kyuubi.operation.idle.timeout", 3*time.Hour,
		"An operation that has ended, and that nobody has asked for since for so long, is closed; 0 is never.").AtLeast(0)

	// OperationPollTimeout is how long a status call waits.
	OperationPollTimeout = Duration("kyuubi.operation.status.polling.timeout", 150*time.Millisecond,
		"How long a Thrift call for the status of a running operation waits for its end before it answers. All calls of a JDBC connection stand in one line, so a long wait delays logs and cancels.").
		AtLeast(0).AtMost(time.Minute).Kyuubi("PT5S")

	// OperationQueryTimeout ends long queries.
	OperationQueryTimeout = Duration("kyuubi.operation.query.timeout", 0,
		"The longest time that a query may run; 0 is no limit. A client may ask for less, not for more.").AtLeast(0)

	// OperationProgress shows progress to clients.
	OperationProgress = Bool("kyuubi.operation.progress.enabled", true,
		"Whether clients that ask for the progress of a running operation are told.").Kyuubi("false")

	// ResultMaxRows cuts results off.
	ResultMaxRows = Int("kyuubi.operation.result.max.rows", 0,
		"A result ends after so many rows; 0 is no limit.").AtLeast(0)

	// ResultFormat is how rows travel on Thrift.
	ResultFormat = Enum("kyuubi.operation.result.format", "thrift",
		"How the rows of statements travel on Thrift: as its columns, or as Arrow record batches (`arrow`) for Kyuubi's JDBC driver and others that read those; see types.md.",
		Choice{Values: []string{"thrift", "arrow"}}).Session()

	// ArrowTimestampText makes text of timestamps in Arrow.
	ArrowTimestampText = Bool("kyuubi.operation.result.arrow.timestampAsString", false,
		"Whether Arrow record batches hold timestamps as text, as they stand, instead of as instants that clients shift to their time zone.").Session()

	// ResultWindow is how much of a result stays in memory.
	ResultWindow = Bytes("kyuubi.operation.result.memory.max.size", 8<<20,
		"How much of each result is kept in memory: of its beginning, and again of what is read ahead while its client is busy.").AtLeast(64 << 10).Ours()

	// ResultSpillMaxSize is how much of a result is kept in a file.
	ResultSpillMaxSize = Bytes("kyuubi.operation.result.spill.max.size", 1<<30,
		"How much of each result may wait in a file. What was delivered is kept as long as it fits, so that a client can begin again at the first row; past that, such a call fails.").
		AtLeast(0).Ours()
)

var operationArea = Area{
	Title: "Operations",
	Settings: []Setting{
		OperationIdleTimeout, OperationPollTimeout, OperationQueryTimeout, OperationProgress,
		ResultMaxRows, ResultFormat, ArrowTimestampText, ResultWindow, ResultSpillMaxSize,
	},
}

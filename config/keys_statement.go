package config

import "time"

// Settings of single statements (POST /api/v1/statements).
var (
	// StatementTTL is how long a statement is kept.
	StatementTTL = Duration("kyuubi.server.statement.ttl", 30*time.Minute,
		"How long a statement and its result are kept after its end. After that its id is answered with 410.").
		AtLeast(time.Second).Ours()

	// StatementMaxRunning bounds the statements at work.
	StatementMaxRunning = Int("kyuubi.server.statement.max.running", 1000,
		"How many statements may be at work, from their start until their last row is kept; past that a new one gets 429. 0 is no limit.").
		AtLeast(0).Ours()

	// StatementMaxRunningPerUser bounds one user's statements at work.
	StatementMaxRunningPerUser = Int("kyuubi.server.statement.max.running.per.user", 100,
		"How many statements of one user may be at work; past that a new one gets 429. 0 is no limit.").AtLeast(0).Ours()

	// StatementMaxKept bounds the statements that are kept.
	StatementMaxKept = Int("kyuubi.server.statement.max.kept", 10000,
		"How many statements are kept after their end. Past that the oldest are freed before their time, those whose result was read to its end first. 0 is no limit.").
		AtLeast(0).Ours()

	// StatementMaxKeptPerUser bounds what is kept of one user.
	StatementMaxKeptPerUser = Int("kyuubi.server.statement.max.kept.per.user", 1000,
		"How many statements of one user are kept after their end. 0 is no limit.").AtLeast(0).Ours()

	// StatementResultMaxSize bounds one result.
	StatementResultMaxSize = Bytes("kyuubi.server.statement.result.max.size", 1<<30,
		"How large a statement's result may become in its file; past that the statement fails. 0 is no limit.").AtLeast(0).Ours()

	// StatementResultTotalMaxSize bounds all results.
	StatementResultTotalMaxSize = Bytes("kyuubi.server.statement.result.total.max.size", 10<<30,
		"How large the files of all statements' results may become together. To stay below, the oldest that have ended are freed before their time. 0 is no limit.").
		AtLeast(0).Ours()
)

var statementArea = Area{
	Title: "Statements",
	Intro: "Single statements over REST run without a session (POST /api/v1/statements); their results are kept for a while.",
	Settings: []Setting{
		StatementTTL, StatementMaxRunning, StatementMaxRunningPerUser, StatementMaxKept, StatementMaxKeptPerUser,
		StatementResultMaxSize, StatementResultTotalMaxSize,
	},
}

package config

import "time"

// Settings of the process.
var (
	// DataDir is the directory for everything the gateway keeps.
	DataDir = dataDir()

	// ServerName names this gateway to people.
	ServerName = String("kyuubi.server.name", "", "A name for this gateway, for people to tell several apart.")

	// InfoProvider says who answers GetInfo.
	InfoProvider = Enum("kyuubi.server.info.provider", "ENGINE",
		"Whose name and version clients see when they ask for the database's: the engine's or the gateway's.",
		Choice{Values: []string{"ENGINE", "SERVER"}})

	// RetrieveMode says how settings are shown in REST answers.
	RetrieveMode = Enum("kyuubi.server.conf.retrieveMode", "REDACTED",
		"How the settings of sessions are shown in REST answers: with secrets redacted.",
		Choice{Values: []string{"REDACTED"}, Later: []string{"ORIGINAL", "NONE"}})

	// RedactionRegex finds what must not be shown.
	RedactionRegex = Regexp("kyuubi.server.redaction.regex", `(?i)secret|password|token|access[.]key`,
		"A value is hidden in every output when this expression matches its key or, for settings that are not the gateway's own, the value. Empty hides only what is known to be secret.").
		Kyuubi("unset before 1.13")

	// StopGrace is how long a stop waits.
	StopGrace = Duration("kyuubi.server.stop.grace", 20*time.Second,
		"How long running operations may go on after the gateway was told to stop (SIGTERM, SIGINT or SIGHUP); then they are canceled. A second signal ends it at once.").
		AtLeast(0).Ours()

	// LogLevel is the least level that is logged.
	LogLevel = Enum("kyuubi.server.log.level", "INFO", "The least level of log lines. Those below WARN are written together, up to 100 ms late; only `kill -9` or a crash loses the ones that wait.",
		Choice{Values: []string{"DEBUG", "INFO", "WARN", "ERROR"}}).Ours()

	// LogFormat is the form of log lines.
	LogFormat = Enum("kyuubi.server.log.format", "text", "The form of log lines on standard error.",
		Choice{Values: []string{"text", "json"}}).Ours()
)

func dataDir() *Entry[string] {
	e := Path("kyuubi.server.data.dir", "",
		"The directory for everything the gateway keeps; `--data-dir` on the command line. It stands for `{{KYUUBI_HOME}}` in values, and relative paths in other settings begin here. Two gateways can't share one.").Ours()
	e.defaultText = "`$XDG_STATE_HOME/nekomata`, or `~/.local/state/nekomata`"
	return e
}

var serverArea = Area{
	Title: "Server",
	Settings: []Setting{
		DataDir, ServerName, InfoProvider, RetrieveMode, RedactionRegex, StopGrace, LogLevel, LogFormat,
	},
}

package config

import (
	"strings"
	"time"
)

// EngineEnv begins settings that are variables in the environment of what the
// gateway launches, such as kyuubi.engineEnv.SPARK_HOME.
const EngineEnv = "kyuubi.engineEnv."

// Settings of batches that run as processes of the gateway's machine.
var (
	// EngineDoAs submits batches as their users.
	EngineDoAs = Bool("kyuubi.engine.doAs.enabled", true,
		"Whether a Spark batch is submitted with `--proxy-user` and its user's name, unless that is the user that the gateway runs as, or the batch's conf has a keytab and a principal. "+
			"Hadoop's services then see that user; processes and files on the gateway's machine are the gateway's user's all the same.")

	// BatchKillGrace is how long a process may take to end.
	BatchKillGrace = Duration("kyuubi.batch.process.kill.grace", 10*time.Second,
		"How long the processes of a batch that is ended have between SIGTERM and SIGKILL.").AtLeast(0).Ours()

	// BatchClaimTimeout bounds the claim of a start.
	BatchClaimTimeout = Duration("kyuubi.batch.claim.timeout", 20*time.Second,
		"How long a batch's supervisor tries to claim the start in the metadata store before the batch goes back to the queue.").AtLeast(time.Second).Ours()
)

var batchLocalArea = Area{
	Title: "Batches on the gateway's machine",
	Intro: "`kyuubi.engineEnv.NAME` is a variable in the environment of what is launched, such as `kyuubi.engineEnv.SPARK_HOME`; a batch's own conf may have such ones too, which win. " +
		"Without `SPARK_HOME` there and in the gateway's environment, `spark-submit` is looked for in `PATH`. See docs/batches.md.",
	Settings: []Setting{EngineDoAs, BatchKillGrace, BatchClaimTimeout},
}

// EngineEnviron are the settings under [EngineEnv], by what follows it.
func (c *Config) EngineEnviron() map[string]string {
	out := map[string]string{}
	for key, g := range c.extra {
		if name, ok := strings.CutPrefix(key, EngineEnv); ok {
			out[name] = g.value
		}
	}
	return out
}

package config

import "time"

// BatchConf begins the settings that batches of a type have unless their clients
// set them: kyuubi.batchConf.<type>.<key>.
const BatchConf = "kyuubi.batchConf."

// Settings of submissions.
var (
	// BatchLimitPerUser bounds a user's batches.
	BatchLimitPerUser = Int("kyuubi.server.limit.batch.connections.per.user", 0,
		"How many batches of one user may be waiting or at work, on all gateways together; past that a new one gets 429. 0 is no limit. "+
			"Users of `kyuubi.server.limit.connections.user.unlimited.list` have none.").AtLeast(0)

	// BatchLimitPerAddress bounds the batches from one address.
	BatchLimitPerAddress = Int("kyuubi.server.limit.batch.connections.per.ipaddress", 0,
		"How many batches from one IP address may be waiting or at work; 0 is no limit.").AtLeast(0)

	// BatchLimitPerUserAddress bounds a user's batches from one address.
	BatchLimitPerUserAddress = Int("kyuubi.server.limit.batch.connections.per.user.ipaddress", 0,
		"How many batches of one user from one IP address may be waiting or at work; 0 is no limit.").AtLeast(0)

	// BatchIgnoreList drops keys.
	BatchIgnoreList = Strings("kyuubi.batch.conf.ignore.list", nil,
		"Keys that are dropped when a client sets them for a batch. An entry that ends in `.*` stands for all keys that begin so, "+
			"and one of Spark's for the key without `spark.`, too, as Spark has it. What clients may not set for sessions (`kyuubi.session.conf.restrict.list`) they may not set for batches either.")

	// LocalDirAllowList bounds where local files may be.
	LocalDirAllowList = Paths("kyuubi.session.local.dir.allow.list", nil,
		"The directories in which the resource of a batch, and the files of `spark.jars`, `spark.files` and the like, may be as far as they are local ones; "+
			"`..` and links are followed. Empty allows all. Uploaded files are always allowed.")

	// SparkFileConfigList names more settings that hold files.
	SparkFileConfigList = Strings("kyuubi.server.spark.file.config.list", nil,
		"More settings that hold files, which `kyuubi.session.local.dir.allow.list` is for.")

	// BatchUpload allows files with submissions.
	BatchUpload = Bool("kyuubi.batch.resource.upload.enabled", true,
		"Whether clients may upload files with a batch.")

	// BatchResourceMaxSize bounds the resource.
	BatchResourceMaxSize = Bytes("kyuubi.batch.resource.file.max.size", 0,
		"How large an uploaded resource may be, which is checked while it is read; 0 is no limit.").AtLeast(0)

	// BatchExtraMaxSize bounds other files.
	BatchExtraMaxSize = Bytes("kyuubi.batch.extra.resource.file.max.size", 0,
		"How large any other uploaded file may be; 0 is no limit.").AtLeast(0)

	// BatchSharedUploads says that uploads are everywhere.
	BatchSharedUploads = Bool("kyuubi.batch.resource.upload.shared", false,
		"Whether the directory `upload` under `kyuubi.batch.dir` is the same on the machines of all gateways. "+
			"Else a batch with uploaded files runs only on the machine that has them.").Ours()

	// BatchCancelWait is how long a cancel waits.
	BatchCancelWait = Duration("kyuubi.batch.cancel.wait", 20*time.Second,
		"How long the answer to a cancel waits for the batch's end, which the gateway that has it sees to.").AtLeast(time.Millisecond).AtMost(10 * time.Minute).Ours()
)

var batchSubmitArea = Area{
	Title: "Submitting batches",
	Intro: "`" + BatchConf + "TYPE.KEY` is the value of KEY for batches of a type (`spark`, which is PYSPARK's too, or `sql`) whose client sets none.",
	Settings: []Setting{
		BatchLimitPerUser, BatchLimitPerAddress, BatchLimitPerUserAddress, BatchIgnoreList, LocalDirAllowList, SparkFileConfigList,
		BatchUpload, BatchResourceMaxSize, BatchExtraMaxSize, BatchSharedUploads, BatchCancelWait,
	},
}

package config

// Settings of batches.
var (
	// BatchHost names the machine that batches can be bound to.
	BatchHost = String("kyuubi.batch.host.id", "",
		"The name of this machine, to which batches are bound that run as its processes or use files uploaded to it. "+
			"Gateways of one machine must have the same one. Empty is the machine id of the operating system (`/etc/machine-id`), else the host's name.").Ours()

	// BatchDir is where batches keep their files.
	BatchDir = Path("kyuubi.batch.dir", "batch",
		"The directory where batches keep their files: logs, uploads, and what is known of their processes. "+
			"Gateways of one machine that share a metadata store should use the same one.").Ours()
)

var batchArea = Area{
	Title:    "Batches",
	Settings: []Setting{BatchHost, BatchDir},
}

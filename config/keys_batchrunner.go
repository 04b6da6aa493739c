package config

import (
	"regexp"
	"time"
)

// Settings of what runs batches.
var (
	// BatchMaxRunning bounds the batches of one gateway.
	BatchMaxRunning = Int("kyuubi.batch.max.running", 100,
		"How many batches this gateway has at work before it takes no more from the queue. What it takes over from gateways that have died comes on top. "+
			"0 takes none: a gateway that only accepts batches for others.").AtLeast(0).Ours()

	// BatchSubmitters bounds the launches of one gateway.
	BatchSubmitters = Int("kyuubi.batch.submitter.threads", 16,
		"How many batches this gateway launches at the same time. A batch is launched once its machine or cluster knows it.").AtLeast(1)

	// BatchLease is how long a gateway may be silent.
	BatchLease = Duration("kyuubi.batch.lease.duration", 20*time.Second,
		"After how long without a sign of life of a gateway others take its batches over. Signs are given four times as often, and looked for as often, "+
			"so that a take-over takes at most five quarters of it. All gateways of one metadata store must have the same value.").AtLeast(time.Second).Ours()

	// BatchQueueInterval is how often the queue is looked at.
	BatchQueueInterval = Duration("kyuubi.batch.queue.interval", time.Second,
		"How often a gateway looks for batches that others have accepted. Those that it has accepted itself it takes at once.").AtLeast(10 * time.Millisecond).Ours()

	// BatchCheckInterval is how often an application is asked for.
	BatchCheckInterval = Duration("kyuubi.batch.application.check.interval", 5*time.Second,
		"How often the application of a batch is asked for. Young ones are asked for more often.").AtLeast(10 * time.Millisecond)

	// BatchStarvation is when a batch that does not begin to run is reported.
	BatchStarvation = Duration("kyuubi.batch.application.starvation.timeout", 3*time.Minute,
		"After how long without having begun to run a batch that was submitted to its cluster gets a warning in the log, and each time again.").AtLeast(time.Second)

	// BatchHostSilence is when a machine is given up.
	BatchHostSilence = Duration("kyuubi.batch.host.lost.timeout", time.Hour,
		"After how long without any gateway on their machine the batches that are bound to it end as ERROR, \"lost with its host\".").AtLeast(time.Second).Ours()

	// BatchHookURL is whom to tell of ends.
	BatchHookURL = String("kyuubi.batch.webhook.url", "",
		"Where each end of a batch is posted as JSON, as `GET /api/v1/batches/ID` answers it, with the header `Idempotency-Key: ID-STATE`. "+
			"What is not answered with 2xx is tried again for a day, more and more seldom, also after this gateway's death; so the same end may come more than once. "+
			"All gateways of one metadata store must have the same value. Empty is nobody.").
		Check("empty, or http://... or https://...", func(u string) bool { return u == "" || hookURL.MatchString(u) }).Ours()

	// BatchHookSecret signs what they are told.
	BatchHookSecret = String("kyuubi.batch.webhook.secret", "",
		"Signs those requests: the header `X-Nekomata-Signature` is `sha256=` and the HMAC of the body with this secret.").Secret().Ours()

	// MetadataMaxAge is how long a batch is kept.
	MetadataMaxAge = Duration("kyuubi.metadata.max.age", 72*time.Hour,
		"How long a batch is kept in the metadata store, with its log, after its end.").AtLeast(time.Second)

	// CleanerEnabled switches the removal of old batches.
	CleanerEnabled = Bool("kyuubi.metadata.cleaner.enabled", true, "Whether batches are removed after `kyuubi.metadata.max.age`.")

	// CleanerInterval is how often old batches are removed.
	CleanerInterval = Duration("kyuubi.metadata.cleaner.interval", 30*time.Minute,
		"How often old batches are looked for. One gateway does it for all.").AtLeast(time.Second)

	// CleanerStep is how many batches are removed at once.
	CleanerStep = Int("kyuubi.metadata.cleaner.batch.size", 1000, "How many batches are removed at once.").AtLeast(1)

	// CleanerPause is the time between two steps.
	CleanerPause = Duration("kyuubi.metadata.cleaner.batch.interval", 3*time.Second, "The time between two such removals.").AtLeast(0)
)

var hookURL = regexp.MustCompile(`^https?://[^/?#\s]+\S*$`)

var batchRunnerArea = Area{
	Title: "Running batches",
	Intro: "Batches wait in the metadata store until a gateway takes one and holds it by a lease. When a gateway dies, another one goes on with its batches.",
	Settings: []Setting{
		BatchMaxRunning, BatchSubmitters, BatchLease, BatchQueueInterval, BatchCheckInterval, BatchStarvation, BatchHostSilence, BatchHookURL, BatchHookSecret,
		MetadataMaxAge, CleanerEnabled, CleanerInterval, CleanerStep, CleanerPause,
	},
}

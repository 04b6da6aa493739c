package metadata

import "time"

// State is where a batch stands.
type State string

// The states. A batch that waits for a gateway is Pending.
const (
	// Pending is accepted and not known to run.
	Pending State = "PENDING"
	// Running has an application.
	Running State = "RUNNING"
	// Finished ended well.
	Finished State = "FINISHED"
	// Error ended badly.
	Error State = "ERROR"
	// Canceled was ended by somebody.
	Canceled State = "CANCELED"
)

// initialized is Kyuubi's word for a batch that waits for a gateway.
const initialized State = "INITIALIZED"

// Terminal says that the state never changes again.
func (s State) Terminal() bool { return s == Finished || s == Error || s == Canceled }

// Valid says that s is one of the states.
func (s State) Valid() bool { return s == Pending || s == Running || s.Terminal() }

// Batch is one submission. Times have milliseconds; a zero time has not come yet.
type Batch struct {
	// Key orders batches by their acceptance; the store gives it.
	Key int64
	// ID is the batch's UUID, in its canonical form.
	ID string
	// User is whom the batch runs as, RealUser who logged in.
	User, RealUser string
	// Address is where the client called from.
	Address string
	// Type is the kind of batch, such as SPARK.
	Type string
	// Name is what its owner calls it.
	Name string
	// Resource and ClassName say what runs.
	Resource, ClassName string
	// Conf and Args are the request's. They may hold secrets.
	Conf map[string]string
	Args []string
	// ClusterManager says where it runs, such as "yarn"; empty is locally.
	ClusterManager string
	// Priority is higher for what goes first; Kyuubi's default is 10.
	Priority int
	// Digest tells one request from another under the same ID; the store only keeps it.
	Digest string
	// Host is the machine that the batch is bound to; empty is none. No gateway of
	// another machine takes it.
	Host string
	// Instance is the host:port of the gateway that accepted the batch or, from
	// then on, has taken it last.
	Instance string
	// LogLocation is where the batch's log is written.
	LogLocation string

	// State is where it stands.
	State State
	// Created is when it was accepted, Ended when its state became terminal.
	Created, Ended time.Time
	// Started is when the start was claimed, which happens once.
	Started time.Time
	// CancelRequested says that somebody asked whoever holds the lease to end it.
	CancelRequested bool
	// App is what runs.
	App Application

	// Lease is who may change the batch; the zero Lease is nobody.
	Lease Lease
	// LeaseExpires is until when, by the database's clock.
	LeaseExpires time.Time
	// Attempt counts how often gateways have taken it.
	Attempt int
	// Foreign says that Kyuubi made the row and nobody has told the gateways to
	// take it: see [Store.Adopt].
	Foreign bool
}

// Application is a batch's job as its cluster sees it.
type Application struct {
	ID, Name, URL string
	// State is the cluster's word, such as RUNNING or KILLED.
	State string
	// Diagnostic says what went wrong.
	Diagnostic string
	// Opened is when the application was first known.
	Opened time.Time
}

// Lease is the right to change a batch. It stays good until another gateway
// takes the batch over, whatever any clock says: Version has grown then, and all
// changes under the old lease fail with [ErrLeaseLost].
type Lease struct {
	// ID is the batch.
	ID string
	// Owner is who holds it: a name that no other process has, or ever had.
	Owner string
	// Version grows each time a batch is taken.
	Version int64
}

// Taker is a gateway that takes batches.
type Taker struct {
	// Owner will hold the leases; see [Lease].
	Owner string
	// Instance is the host:port that clients see.
	Instance string
	// Host is the machine, which batches may be bound to.
	Host string
	// Lease is how long the leases are good unless renewed.
	Lease time.Duration
}

// Held is a lease that its owner still has.
type Held struct {
	Lease Lease
	// CancelRequested says that somebody wants the batch to end.
	CancelRequested bool
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func at(ms int64) time.Time {
	if ms <= 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}

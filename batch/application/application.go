package application

import (
	"context"
	"errors"
	"time"
)

// Application runs jobs of one kind. Its methods may be called by several
// gateways at once, and after any of them was killed. They fail with
// *sqlerr.Error: Unavailable when the cluster or the machine can't be asked now.
type Application interface {
	// Launch starts a job and returns once its start is claimed. It is called at
	// most once for each lease. When it fails, nothing was started and nothing will
	// be by this call; only ErrUnsure says that the job may have started.
	Launch(ctx context.Context, job Job) error
	// Find says how the job stands, from any gateway. Its answer is Unknown as long
	// as a launched job may still turn up, and NotFound when there is no trace of
	// it although there should be.
	Find(ctx context.Context, job Job) (Info, error)
	// Kill ends the job and everything that belongs to it, and says in a sentence
	// what it did. A job that has ended or is unknown is no failure.
	Kill(ctx context.Context, job Job) (string, error)
	// Forget removes what is left of a job that has ended, its log excepted.
	Forget(ctx context.Context, job Job) error
	// Bound says that the job lives and dies with the machine that launched it: no
	// gateway elsewhere can find it.
	Bound() bool
}

// ErrUnsure is the cause of a failed Launch that may have started the job: look
// for it, and never launch it again.
var ErrUnsure = errors.New("the job may have started")

// Job is a batch as an application sees it. Tag it with ID, so that it is found.
type Job struct {
	// ID is the batch's id.
	ID string
	// Type is the kind of batch, such as SPARK.
	Type string
	// User is whom it runs as, Name what its owner calls it.
	User, Name string
	// Resource, ClassName, Conf and Args say what runs. Conf may hold secrets.
	Resource, ClassName string
	Conf                map[string]string
	Args                []string
	// Log is the absolute path of the file that gets its output.
	Log string
	// Started is when its start was claimed; zero while it was not.
	Started time.Time
	// Claim is the lease under which its start is claimed.
	Claim Claim
}

// Claim names the lease that whoever starts a job must still hold.
type Claim struct {
	Owner   string `json:"owner"`
	Version int64  `json:"version"`
}

// Info is what is known of a job.
type Info struct {
	// ID is the application's own id, such as application_1_0001 or a process id;
	// Name and URL are the application's too. Each is empty while unknown.
	ID, Name, URL string
	State         State
	// Diagnostic says what went wrong, fit for a client.
	Diagnostic string
}

// State is how an application stands, in Kyuubi's words.
type State string

// The states. See [Application] for Unknown and NotFound.
const (
	Unknown  State = "UNKNOWN"
	Pending  State = "PENDING"
	Running  State = "RUNNING"
	Finished State = "FINISHED"
	Failed   State = "FAILED"
	Killed   State = "KILLED"
	NotFound State = "NOT_FOUND"
)

// Ended says that the state never changes again.
func (s State) Ended() bool {
	return s == Finished || s == Failed || s == Killed || s == NotFound
}

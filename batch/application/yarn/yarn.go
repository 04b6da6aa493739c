package yarn

import (
	"context"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/nekomata-sql/nekomata/batch/application"
	"github.com/nekomata-sql/nekomata/batch/application/cluster"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// Strategy says as whom the ResourceManager is asked.
type Strategy string

// The strategies, in Kyuubi's words.
const (
	// AsGateway is the gateway's own user.
	AsGateway Strategy = "NONE"
	// AsAdmin is an administrator of the cluster.
	AsAdmin Strategy = "ADMIN"
	// AsOwner is the user of the batch.
	AsOwner Strategy = "OWNER"
)

// Options is what a YARN is made of.
type Options struct {
	// Submitter runs spark-submit on this machine.
	Submitter cluster.Submitter
	// ResourceManagers are the addresses of their REST APIs, as in
	// http://rm1.example.com:8088. One of several is active.
	ResourceManagers []string
	// User says as whom they are asked; Gateway is the gateway's own user (empty
	// leaves it to the ResourceManager), Admin the administrator.
	User           Strategy
	Gateway, Admin string
	// Client is what asks; nil is one of its own.
	Client *http.Client
	// RequestTimeout is how long one of them may take to answer; 0 means 10 s.
	RequestTimeout time.Duration
	// SubmitTimeout is how long after its start a job may take to turn up; 0 means
	// 30 s.
	SubmitTimeout time.Duration
}

// YARN is the application whose jobs a YARN cluster runs.
type YARN struct {
	cluster.Submission
	opts     Options
	managers *managers
}

var _ application.Application = (*YARN)(nil)

// New returns a YARN. It asks nobody. It fails with Invalid when an address is none.
func New(o Options) (*YARN, error) {
	if o.RequestTimeout == 0 {
		o.RequestTimeout = 10 * time.Second
	}
	if o.SubmitTimeout == 0 {
		o.SubmitTimeout = 30 * time.Second
	}
	m, err := newManagers(o)
	if err != nil {
		return nil, err
	}
	y := &YARN{opts: o, managers: m}
	y.Submission = cluster.Submission{
		Submitter: o.Submitter, Applications: applications{y}, Timeout: o.SubmitTimeout,
	}
	return y, nil
}

// Bound is false: any gateway finds the job by its tag.
func (y *YARN) Bound() bool { return false }

// Launch starts spark-submit, with the batch's id among the tags.
func (y *YARN) Launch(ctx context.Context, job application.Job) error {
	job.Conf = maps.Clone(job.Conf)
	if job.Conf == nil {
		job.Conf = map[string]string{}
	}
	cluster.Put(job.Conf, tagsKey, tags(cluster.Setting(job.Conf, tagsKey), job.ID))
	if cluster.Setting(job.Conf, attemptsKey) == "" {
		// An application master that starts the job again would start it twice.
		job.Conf[attemptsKey] = "1"
	}
	return y.opts.Submitter.Launch(ctx, job)
}

const (
	tagsKey     = "spark.yarn.tags"
	attemptsKey = "spark.yarn.maxAppAttempts"
	// everyBatch is the tag of all batches, by which Kyuubi's users find them.
	everyBatch = "KYUUBI"
)

var uuidForm = regexp.MustCompile(`(?i)^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// tags adds ours to a client's, less those with which its job would pass for
// another batch.
func tags(given, id string) string {
	all := []string{everyBatch, id}
	for tag := range strings.SplitSeq(given, ",") {
		tag = strings.TrimSpace(tag)
		if tag != "" && !uuidForm.MatchString(tag) && !slices.Contains(all, tag) {
			all = append(all, tag)
		}
	}
	return strings.Join(all, ",")
}

// asked is the user as whom the ResourceManager is asked for a job.
func (y *YARN) asked(job application.Job) string {
	switch y.opts.User {
	case AsAdmin:
		return y.opts.Admin
	case AsOwner:
		return job.User
	default:
		return y.opts.Gateway
	}
}

// applications are the cluster's.
type applications struct{ *YARN }

// Look finds a job's application by its tag. Of several, which only a stranger's
// use of the tag can bring about, it is the first one.
func (a applications) Look(ctx context.Context, job application.Job) (application.Info, bool, error) {
	reports, err := a.managers.tagged(ctx, job.ID, a.asked(job))
	if err != nil || len(reports) == 0 {
		return application.Info{}, false, err
	}
	return reports[0].info(), true, nil
}

// End kills a job's applications.
func (a applications) End(ctx context.Context, job application.Job) ([]string, error) {
	user := a.asked(job)
	reports, err := a.managers.tagged(ctx, job.ID, user)
	if err != nil {
		return nil, err
	}
	var told []string
	for _, r := range reports {
		if r.state().Ended() {
			continue
		}
		there, err := a.managers.kill(ctx, r.ID, user)
		if err != nil {
			return told, err
		}
		if there {
			told = append(told, r.ID)
		}
	}
	return told, nil
}

// unavailable is the error of a cluster that can't be asked now.
func unavailable(err error, addresses []string) error {
	return sqlerr.Wrap(err, sqlerr.Unavailable, "no ResourceManager of the YARN cluster answers (%s)", strings.Join(addresses, ", "))
}

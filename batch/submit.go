package batch

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"maps"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/nekomata-sql/nekomata/auth"
	"github.com/nekomata-sql/nekomata/metadata"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// Check makes the checks of a submission that need no file: its form, who may
// submit, whether its id is known. The batch that has its id is returned, flagged;
// the zero Info says that there is none.
func (m *Manager) Check(ctx context.Context, req Request) (Info, error) {
	if err := m.Normalize(&req); err != nil {
		return Info{}, err
	}
	if err := m.gate.denied(req.User, req.ClientAddress); err != nil {
		return Info{}, err
	}
	if req.Uploaded && m.opts.Uploads.Off {
		return Info{}, uploadsOff()
	}
	known, err := m.known(ctx, &req)
	if known != nil || err != nil {
		return *orNone(known), err
	}
	leave, err := m.admit(ctx, &req)
	if err == nil {
		leave() // it is counted again when the files are here
	}
	return Info{}, err
}

func orNone(i *Info) *Info {
	if i == nil {
		return &Info{}
	}
	return i
}

// Submit accepts a batch: the store has it when it returns, and some gateway will
// run it once. An id that is known gets its batch, flagged, and nothing happens;
// when it is somebody else's, Submit fails with Exists. files is nil unless
// Request.Uploaded.
//
// It fails with Invalid, Denied, Exhausted, TooLarge, and with Unavailable when the
// store can't be asked: the batch may have been accepted then, and submitting it
// again under the same id finds out.
func (m *Manager) Submit(ctx context.Context, req Request, files *Upload) (Info, error) {
	if _, err := auth.FromContext(ctx); err != nil {
		return Info{}, err
	}
	if err := m.Normalize(&req); err != nil {
		return Info{}, err
	}
	if err := m.gate.denied(req.User, req.ClientAddress); err != nil {
		return Info{}, err
	}
	if m.seen.has(req.id) {
		if known, err := m.known(ctx, &req); known != nil || err != nil {
			return *orNone(known), unavailable(err)
		}
	}
	leave, err := m.admit(ctx, &req)
	if err != nil {
		// A retry of a known id is answered, whatever the limits say now. They are
		// asked first because they cost nothing, and most ids are new.
		if known, failed := m.known(ctx, &req); known != nil || failed != nil {
			return *orNone(known), failed
		}
		return Info{}, err
	}
	defer leave()
	return m.accept(ctx, &req, files)
}

// admit makes the checks that a known id doesn't need. leave must be called when
// the batch is stored, or not.
func (m *Manager) admit(ctx context.Context, req *Request) (leave func(), err error) {
	if err := m.refusal(req); err != nil {
		return nil, err
	}
	return m.gate.enter(ctx, m.opts.Store, req.User, req.ClientAddress)
}

// refusal says what of a request is not allowed here.
func (m *Manager) refusal(req *Request) error {
	for _, set := range []map[string]string{req.Conf, req.Extra} {
		for key := range set {
			if keyList(m.opts.RestrictConf).names(req.Type, key) {
				return sqlerr.New(sqlerr.Denied, "%s is a restrict key according to the server-side configuration "+
					"(kyuubi.session.conf.restrict.list), please remove it and retry if you want to proceed", key)
			}
		}
	}
	if err := m.opts.Paths.check(req); err != nil || m.opts.Check == nil {
		return err
	}
	return m.opts.Check(req, m.settings(req))
}

// settings are those that a batch runs with, but for the reserved ones.
func (m *Manager) settings(req *Request) map[string]string {
	conf := make(map[string]string, len(req.Conf)+8)
	maps.Copy(conf, m.defaults(req.Type))
	for key, value := range req.Conf {
		if keyList(m.opts.IgnoreConf).names(req.Type, key) {
			continue
		}
		if known := sparkKey(req.Type, key); known != key && req.Conf[known] == "" {
			delete(conf, known) // a default, which Spark would take for both
		}
		conf[key] = value
	}
	for _, key := range ours {
		delete(conf, sparkPrefix+key) // Spark would take it instead of ours
	}
	return conf
}

// sparkPrefix begins the names of Spark's settings.
const sparkPrefix = "spark."

// sparkKey is a setting's name as Spark takes it, for a batch of its types: it gets
// all of them below its own prefix.
func sparkKey(kind, key string) string {
	switch {
	case kind == TypeSQL, strings.HasPrefix(key, sparkPrefix):
		return key
	case strings.HasPrefix(key, "hadoop."):
		return sparkPrefix + "hadoop." + key
	default:
		return sparkPrefix + key
	}
}

// known is the batch that has the request's id, nil when there is none.
func (m *Manager) known(ctx context.Context, req *Request) (*Info, error) {
	if req.id == "" {
		return nil, nil //nolint:nilnil // nobody has an id that isn't there
	}
	b, err := m.opts.Store.Get(ctx, req.id)
	switch {
	case errors.Is(err, sqlerr.NotFound):
		return nil, nil //nolint:nilnil // as said
	case err != nil:
		return nil, err
	}
	i, err := m.duplicate(b, req)
	return &i, err
}

// duplicate is a batch as whoever submits it again sees it.
func (m *Manager) duplicate(b metadata.Batch, req *Request) (Info, error) {
	if b.User != req.User {
		return Info{}, sqlerr.New(sqlerr.Exists, "%s=%s is taken: choose another one", KeyID, req.id)
	}
	m.seen.add(b.ID)
	m.duplicated.Add(1)
	// Kyuubi's rows have no digest.
	return Info{Batch: b, Duplicated: true, Differs: b.Digest != "" && !sameRequest(b.Digest, req.digest())}, nil
}

// accept stores the batch and only then tells anybody.
func (m *Manager) accept(ctx context.Context, req *Request, files *Upload) (Info, error) {
	once := uuid.New()
	b := m.record(req, hex.EncodeToString(once[:]))
	if files != nil {
		if err := files.settle(&b, req); err != nil {
			// Whoever accepted the batch may have ended it and tidied up meanwhile.
			if known, failed := m.known(ctx, req); known != nil && failed == nil {
				return *known, nil
			}
			return Info{}, err
		}
	}
	// A client that hangs up now must not leave it open whether the batch is accepted.
	const longest = 20 * time.Second
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), longest)
	defer cancel()
	i, sure, err := m.insert(ctx, b, req)
	accepted := err == nil && !i.Duplicated
	if files != nil && (accepted || !sure) {
		files.leave()
	}
	if accepted {
		m.seen.add(i.ID)
		m.accepted.Add(1)
		m.opts.Wake()
	}
	return i, unavailable(err)
}

// unavailable says that a store which doesn't answer in time is not there right
// now: the client should try again.
func unavailable(err error) error {
	if errors.Is(err, sqlerr.Timeout) {
		return sqlerr.Wrap(err, sqlerr.Unavailable, "the metadata store did not answer in time, try again")
	}
	return err
}

// insert stores a row, or finds the one that was first. sure is false when the row
// may have been stored by a call that failed.
func (m *Manager) insert(ctx context.Context, b metadata.Batch, req *Request) (i Info, sure bool, err error) {
	sure = true
	const attempts = 3
	for range attempts {
		err = m.opts.Store.Insert(ctx, b)
		switch {
		case err == nil:
			b.State = metadata.Pending
			return Info{Batch: b}, true, nil
		case metadata.RetryOf(err) == metadata.Unsure:
			sure = false
		case !errors.Is(err, sqlerr.Exists):
			return Info{}, sure, err
		}
		found, failed := m.opts.Store.Get(ctx, b.ID)
		switch {
		case failed == nil && found.Digest == b.Digest:
			return Info{Batch: found}, true, nil
		case failed == nil:
			i, err = m.duplicate(found, req)
			return i, true, err
		case !errors.Is(failed, sqlerr.NotFound):
			return Info{}, sure, failed
		}
		// Nothing was stored, or the row has gone since: once more.
	}
	return Info{}, sure, err
}

// record is the row that a request becomes.
func (m *Manager) record(req *Request, once string) metadata.Batch {
	conf := m.settings(req)
	id, instance := req.id, m.opts.Instance()
	if id == "" {
		id = uuid.NewString()
	}
	req.id = id
	uploaded := "false"
	if req.Uploaded {
		uploaded = "true"
	}
	maps.Copy(conf, map[string]string{
		KeyID: id, KeyUploaded: uploaded, KeyClientAddress: req.ClientAddress, KeyServerAddress: req.ServerAddress,
		KeyConnectionURL: instance, KeyRealUser: req.RealUser,
	})
	return metadata.Batch{
		ID: id, User: req.User, RealUser: req.RealUser, Address: req.ClientAddress, Type: req.Type, Name: req.Name,
		Resource: req.Resource, ClassName: req.ClassName, Conf: conf, Args: req.Args,
		ClusterManager: ClusterManager(req.Type, conf), Priority: req.priority, Digest: req.digest() + digestSeparator + once,
		Instance: instance, LogLocation: m.logPath(id), Created: time.Now().Truncate(time.Millisecond),
	}
}

// InCluster says that the settings of a batch let its driver run in the cluster.
func InCluster(conf map[string]string) bool {
	return strings.EqualFold(sparkSetting(conf, "submit.deployMode"), "cluster")
}

// sparkSetting is a setting of Spark, with or without its prefix.
func sparkSetting(conf map[string]string, name string) string {
	return cmp.Or(strings.TrimSpace(conf["spark."+name]), strings.TrimSpace(conf[name]))
}

func (m *Manager) defaults(kind string) map[string]string {
	if kind == TypePySpark {
		kind = TypeSpark
	}
	return m.opts.Defaults[strings.ToLower(kind)]
}

// ClusterManager is the cluster that a batch's settings name: "" is this machine,
// also for a driver here that uses executors elsewhere. Spark takes settings without
// its prefix, too.
func ClusterManager(kind string, conf map[string]string) string {
	master := sparkSetting(conf, "master")
	if kind != TypeSQL && (strings.HasPrefix(master, "yarn") || strings.HasPrefix(master, "k8s://")) {
		return master
	}
	return ""
}

// keyList holds exact keys and prefixes ("abc.*").
type keyList []string

// names says whether a key of a batch is in the list, by the name that it has there or
// by the one that Spark will call it.
func (l keyList) names(kind, key string) bool {
	return len(l) > 0 && (l.has(key) || l.has(sparkKey(kind, key)))
}

func (l keyList) has(key string) bool {
	for _, k := range l {
		if p, ok := strings.CutSuffix(k, ".*"); ok && strings.HasPrefix(key, p+".") || k == key {
			return true
		}
	}
	return false
}

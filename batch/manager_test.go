package batch_test

import (
	"context"
	"maps"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/auth"
	"github.com/nekomata-sql/nekomata/batch"
	"github.com/nekomata-sql/nekomata/metadata"
	"github.com/nekomata-sql/nekomata/metadata/metadatatest"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// desk is a Manager on a real store.
type desk struct {
	*batch.Manager

	store *metadata.Store
	dir   string
	woken atomic.Int64
}

func newDesk(t *testing.T, edit func(*batch.ManagerOptions)) *desk {
	t.Helper()
	d := &desk{dir: t.TempDir()}
	d.store = metadatatest.Open(t, metadata.Options{URL: "jdbc:sqlite:" + t.TempDir() + "/store.db"})
	o := batch.ManagerOptions{
		Store: d.store, Instance: func() string { return "gw1:10099" }, Host: "here", Dir: d.dir,
		Wake: func() { d.woken.Add(1) }, CancelWait: 5 * time.Second,
		Redact: func(key, value string) string {
			if key == "spark.password" {
				return "***"
			}
			return value
		},
	}
	if edit != nil {
		edit(&o)
	}
	d.Manager = batch.NewManager(o)
	return d
}

// as is a caller.
func as(t *testing.T, user string) context.Context {
	t.Helper()
	return auth.NewContext(t.Context(), auth.Principal{User: user, Admin: user == "root", Address: "10.0.0.1"})
}

// job is ann's request with an id.
func job(id string, edit ...func(*batch.Request)) batch.Request {
	r := batch.Request{
		User: "ann", RealUser: "ann", ClientAddress: "10.0.0.9", ServerAddress: "10.0.0.1",
		Type: "spark", Resource: "/jobs/a.jar", ClassName: "a.B", Name: "a job",
		Conf: map[string]string{"spark.x": "1", "spark.password": "geheim"}, Args: []string{"x", ""},
	}
	if id != "" {
		r.Conf["kyuubi.batch.id"] = id
	}
	for _, e := range edit {
		e(&r)
	}
	return r
}

func TestCheckSeesWhatWouldRun(t *testing.T) {
	t.Parallel()
	var seen map[string]string
	d := newDesk(t, func(o *batch.ManagerOptions) {
		o.Defaults = map[string]map[string]string{"spark": {"spark.x": "0", "spark.y": "2"}}
		o.IgnoreConf = []string{"spark.password"}
		o.Check = func(r *batch.Request, conf map[string]string) error {
			seen = conf
			return sqlerr.New(sqlerr.Denied, "no %s here", r.Type)
		}
	})
	id := uuid.NewString()
	_, err := d.Submit(as(t, "ann"), job(id), nil)
	require.ErrorIs(t, err, sqlerr.Denied)
	require.Equal(t, map[string]string{"spark.x": "1", "spark.y": "2", "kyuubi.batch.id": id}, seen)
	_, err = d.store.Get(t.Context(), id)
	require.ErrorIs(t, err, sqlerr.NotFound)
}

func TestPriorityOfAType(t *testing.T) {
	t.Parallel()
	d := newDesk(t, func(o *batch.ManagerOptions) {
		o.Defaults = map[string]map[string]string{"spark": {"kyuubi.batch.priority": "3"}}
	})
	i, err := d.Submit(as(t, "ann"), job(""), nil)
	require.NoError(t, err)
	require.Equal(t, 3, i.Priority)
	i, err = d.Submit(as(t, "ann"), job("", func(r *batch.Request) { r.Conf["kyuubi.batch.priority"] = "20" }), nil)
	require.NoError(t, err)
	require.Equal(t, 20, i.Priority)

	strict := newDesk(t, func(o *batch.ManagerOptions) { o.IgnoreConf = []string{"kyuubi.batch.*"} })
	i, err = strict.Submit(as(t, "ann"), job("", func(r *batch.Request) { r.Conf["kyuubi.batch.priority"] = "20" }), nil)
	require.NoError(t, err)
	require.Equal(t, 10, i.Priority, "what is dropped doesn't count")
}

func TestClusterManager(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind string
		conf map[string]string
		want string
	}{
		{batch.TypeSpark, map[string]string{"spark.master": "yarn"}, "yarn"},
		{batch.TypeSpark, map[string]string{"master": "yarn"}, "yarn"},
		{batch.TypePySpark, map[string]string{"master": "yarn", "spark.master": "k8s://https://k8s"}, "k8s://https://k8s"},
		{batch.TypeSpark, map[string]string{"spark.master": "local[2]", "master": "yarn"}, ""},
		{batch.TypeSQL, map[string]string{"spark.master": "yarn"}, ""},
		{batch.TypeSpark, nil, ""},
	} {
		require.Equal(t, c.want, batch.ClusterManager(c.kind, c.conf), "%+v", c)
	}
}

func TestSubmitOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t, func(o *batch.ManagerOptions) {
		o.Defaults = map[string]map[string]string{"spark": {"spark.x": "0", "spark.y": "2", "spark.hadoop.hadoop.z": "3"}}
		o.IgnoreConf = []string{"spark.ignored.*"}
	})
	id := uuid.NewString()
	req := job(id, func(r *batch.Request) {
		maps.Copy(r.Conf, map[string]string{
			"spark.ignored.a": "1", "kyuubi.batch.resource.uploaded": "lie", "kyuubi.session.real.user": "root",
			"kyuubi.client.ipAddress": "lie", "kyuubi.batch.priority": "12", "spark.master": "yarn",
			// What Spark would call them.
			"ignored.b": "1", "spark.kyuubi.batch.id": "lie", "spark.kyuubi.session.real.user": "root", "hadoop.z": "4",
		})
	})
	first, err := d.Submit(as(t, "ann"), req, nil)
	require.NoError(t, err)
	require.False(t, first.Duplicated)
	require.EqualValues(t, 1, d.woken.Load())

	again, err := d.Submit(as(t, "ann"), req, nil)
	require.NoError(t, err)
	require.True(t, again.Duplicated)
	require.False(t, again.Differs)
	require.Equal(t, first.Created, again.Created)
	require.EqualValues(t, 1, d.woken.Load(), "nothing new waits")
	accepted, duplicated := d.Submissions()
	require.Equal(t, []int64{1, 1}, []int64{accepted, duplicated})

	b := again.Batch
	require.Equal(t, map[string]string{
		"spark.x": "1", "spark.y": "2", "spark.password": "geheim", "spark.master": "yarn", "hadoop.z": "4",
		"kyuubi.batch.id": id, "kyuubi.batch.priority": "12", "kyuubi.batch.resource.uploaded": "false", "kyuubi.client.ipAddress": "10.0.0.9",
		"kyuubi.server.ipAddress": "10.0.0.1", "kyuubi.session.connection.url": "gw1:10099", "kyuubi.session.real.user": "ann",
	}, b.Conf)
	require.Equal(t, "SPARK", b.Type)
	require.Equal(t, 12, b.Priority)
	require.Equal(t, "yarn", b.ClusterManager)
	require.Equal(t, d.dir+"/log/"+id+".log", b.LogLocation)
	require.Empty(t, b.Host)
	require.Equal(t, metadata.Pending, b.State)

	for name, change := range map[string]func(*batch.Request){
		"args": func(r *batch.Request) { r.Args = []string{"y"} },
		"conf": func(r *batch.Request) { r.Conf["spark.x"] = "3" },
		"name": func(r *batch.Request) { r.Name = "b" },
		"type": func(r *batch.Request) { r.Type = "PYSPARK" },
	} {
		other, err := d.Submit(as(t, "ann"), job(id, change), nil)
		require.NoError(t, err, name)
		require.True(t, other.Duplicated && other.Differs, name)
		require.Equal(t, "a job", other.Name, name)
	}
	_, err = d.Submit(as(t, "bob"), job(id, func(r *batch.Request) { r.User, r.RealUser = "bob", "bob" }), nil)
	require.ErrorIs(t, err, sqlerr.Exists)
	require.NotContains(t, err.Error(), "ann")
}

func TestSubmitWithoutAnID(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	a, err := d.Submit(as(t, "ann"), job(""), nil)
	require.NoError(t, err)
	b, err := d.Submit(as(t, "ann"), job(""), nil)
	require.NoError(t, err)
	require.NotEqual(t, a.ID, b.ID)
	require.NoError(t, uuid.Validate(a.ID))
	got, err := d.Get(as(t, "ann"), a.ID)
	require.NoError(t, err)
	require.Equal(t, a.ID, got.Conf["kyuubi.batch.id"])
}

func TestSubmitRefuses(t *testing.T) {
	t.Parallel()
	d := newDesk(t, func(o *batch.ManagerOptions) {
		o.RestrictConf = []string{"spark.secret.*"}
		o.Limits.DenyUsers, o.Limits.DenyAddresses = []string{"eve"}, []string{"10.6.6.6"}
	})
	for _, c := range []struct {
		message string
		kind    sqlerr.Kind
		edit    func(*batch.Request)
	}{
		{"FLINK is not in the supported list: SPARK, PYSPARK, SQL", sqlerr.Invalid, func(r *batch.Request) { r.Type = "flink" }},
		{"a missing batchType is not in the supported list", sqlerr.Invalid, func(r *batch.Request) { r.Type = "" }},
		{"resource is a required parameter", sqlerr.Invalid, func(r *batch.Request) { r.Resource = "" }},
		{"classname is a required parameter for SPARK", sqlerr.Invalid, func(r *batch.Request) { r.ClassName = "" }},
		{"kyuubi.batch.id=x must be an UUID", sqlerr.Invalid, func(r *batch.Request) { r.Conf["kyuubi.batch.id"] = "x" }},
		{"kyuubi.batch.id= must be an UUID", sqlerr.Invalid, func(r *batch.Request) { r.Conf["kyuubi.batch.id"] = "" }},
		{"must be an UUID", sqlerr.Invalid, func(r *batch.Request) { r.Conf["kyuubi.batch.id"] = "169B227A-0157-4C5D-BFAC-E017E68768A9" }},
		{"must be an UUID", sqlerr.Invalid, func(r *batch.Request) { r.Conf["kyuubi.batch.id"] = "169b227a01574c5dbface017e68768a9" }},
		{"kyuubi.batch.priority=high must be an integer", sqlerr.Invalid, func(r *batch.Request) { r.Conf["kyuubi.batch.priority"] = "high" }},
		{"resource has at most 1024 characters", sqlerr.Invalid, func(r *batch.Request) { r.Resource = strings.Repeat("é", 1025) }},
		{"NUL", sqlerr.Invalid, func(r *batch.Request) { r.Conf["a"] = "\x00" }},
		{"multipart", sqlerr.Invalid, func(r *batch.Request) { r.Extra = map[string]string{"spark.jars": "a.jar"} }},
		{"spark.secret.a is a restrict key", sqlerr.Denied, func(r *batch.Request) { r.Conf["spark.secret.a"] = "1" }},
		{"secret.a is a restrict key", sqlerr.Denied, func(r *batch.Request) { r.Type, r.Conf["secret.a"] = "PYSPARK", "1" }},
		{"resource is a required parameter", sqlerr.Invalid, func(r *batch.Request) { r.Resource = " " }},
		{"classname is a required parameter for SPARK", sqlerr.Invalid, func(r *batch.Request) { r.ClassName = "\t" }},
		{"deny user list", sqlerr.Denied, func(r *batch.Request) { r.User = "eve" }},
		{"deny ip list", sqlerr.Denied, func(r *batch.Request) { r.ClientAddress = "10.6.6.6" }},
	} {
		_, err := d.Submit(as(t, "ann"), job(uuid.NewString(), c.edit), nil)
		require.ErrorIs(t, err, c.kind, c.message)
		require.ErrorContains(t, err, c.message)
	}
	list, err := d.List(as(t, "root"), batch.Filter{}, batch.Page{Size: 10})
	require.NoError(t, err)
	require.Empty(t, list.Batches, "nothing is left behind")
	_, err = d.Submit(t.Context(), job(""), nil)
	require.ErrorIs(t, err, sqlerr.Unauthenticated)
}

func TestWhoSeesABatch(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	a, err := d.Submit(as(t, "ann"), job(""), nil)
	require.NoError(t, err)
	for user, kind := range map[string]error{"ann": nil, "root": nil, "bob": sqlerr.Denied} {
		_, err := d.Get(as(t, user), a.ID)
		require.ErrorIs(t, err, kind, user)
	}
	for _, id := range []string{uuid.NewString(), "abc", ""} {
		_, err = d.Get(as(t, "ann"), id)
		require.ErrorIs(t, err, sqlerr.NotFound)
		require.ErrorContains(t, err, "Invalid batchId: "+id)
	}
	_, err = d.Cancel(as(t, "bob"), a.ID)
	require.ErrorIs(t, err, sqlerr.Denied)
	_, err = d.LocalLog(as(t, "bob"), a.ID, 0, 1)
	require.ErrorIs(t, err, sqlerr.Denied)
}

func TestLists(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	for range 3 {
		_, err := d.Submit(as(t, "ann"), job(""), nil)
		require.NoError(t, err)
	}
	_, err := d.Submit(as(t, "bob"), job("", func(r *batch.Request) { r.User, r.RealUser = "bob", "bob" }), nil)
	require.NoError(t, err)

	list := func(user string, f batch.Filter, p batch.Page) batch.List {
		l, err := d.List(as(t, user), f, p)
		require.NoError(t, err)
		return l
	}
	require.EqualValues(t, 4, list("root", batch.Filter{}, batch.Page{Size: 100}).Total)
	require.EqualValues(t, 1, list("bob", batch.Filter{}, batch.Page{Size: 100}).Total)
	require.EqualValues(t, 3, list("root", batch.Filter{User: "ann", Type: "spark", State: "pending"}, batch.Page{Size: 100}).Total)
	some := list("root", batch.Filter{}, batch.Page{Size: 3})
	require.Len(t, some.Batches, 3)
	require.EqualValues(t, 4, some.Total)
	rest := list("root", batch.Filter{}, batch.Page{Size: 3, After: some.Batches[2].Cursor()})
	require.Len(t, rest.Batches, 1)
	require.EqualValues(t, 4, rest.Total)
	require.EqualValues(t, 4, list("root", batch.Filter{}, batch.Page{Size: 3, From: 4}).Total)

	_, err = d.List(as(t, "bob"), batch.Filter{User: "ann"}, batch.Page{Size: 1})
	require.ErrorIs(t, err, sqlerr.Denied)
	_, err = d.List(as(t, "bob"), batch.Filter{State: "INITIALIZED"}, batch.Page{Size: 1})
	require.ErrorIs(t, err, sqlerr.Invalid)
	_, err = d.List(as(t, "bob"), batch.Filter{CreatedFrom: time.UnixMilli(2), EndedBy: time.UnixMilli(1)}, batch.Page{Size: 1})
	require.ErrorContains(t, err, "Invalid time range")
	n, err := d.Count(as(t, "root"), batch.Filter{User: "ann"})
	require.NoError(t, err)
	require.EqualValues(t, 3, n)
}

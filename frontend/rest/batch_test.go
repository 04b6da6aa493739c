package rest

import (
	"bytes"
	"encoding/json"
	"io"
	"io/fs"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/api"
	"github.com/nekomata-sql/nekomata/batch"
	"github.com/nekomata-sql/nekomata/metadata"
	"github.com/nekomata-sql/nekomata/metadata/metadatatest"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// runBatches is the batch rule on a real store, and where its files are.
func runBatches(tb testing.TB, o batch.ManagerOptions) (m *batch.Manager, store *metadata.Store, dir string) {
	tb.Helper()
	dir = tb.TempDir()
	store = metadatatest.Open(tb, metadata.Options{URL: "jdbc:sqlite:" + dir + "/store.db"})
	o.Store, o.Dir, o.Host = store, dir+"/batch", "here"
	if o.Instance == nil {
		o.Instance = func() string { return "127.0.0.1:10099" }
	}
	return batch.NewManager(o), store, o.Dir
}

const batchesPath = "/api/v1/batches"

// sparkBatch is a request's body with an id, and with what is added to its conf.
func sparkBatch(id, conf string) string {
	return `{"batchType":"spark","resource":"/jobs/a.jar","className":"a.B","name":"n","conf":{"kyuubi.batch.id":"` + id + `"` + conf + `},"args":["1"],"new":1}`
}

func TestBatchAnswers(t *testing.T) {
	t.Parallel()
	m, _, _ := runBatches(t, batch.ManagerOptions{Limits: batch.Limits{PerUser: 2, DenyUsers: []string{"eve"}}})
	g, doc := open(t, Options{Batches: m, Auth: passwords{}}, nil), readDocument(t)
	id := uuid.NewString()
	first := g.as(t, "ann", "POST", batchesPath, sparkBatch(id, ""))
	require.Equal(t, 200, first.Code, first.Body)
	for _, c := range []struct {
		user, method, path, body string
		status                   int
		message                  string
	}{
		{"ann", "POST", "", sparkBatch(id, ""), 200, `"batchInfo":{"kyuubi.batch.duplicated":"true"}`},
		{"ann", "POST", "", sparkBatch(id, `,"spark.x":"1"`), 200, `"kyuubi.batch.request.differs":"true"`},
		{"bob", "POST", "", sparkBatch(id, ""), 409, "is taken"},
		{"ann", "POST", "", sparkBatch("a-b", ""), 400, "kyuubi.batch.id=a-b must be an UUID"},
		{"ann", "POST", "", `{"batchType":"SPARK"}`, 400, "resource is a required parameter"},
		{"ann", "POST", "", `{"batchType":"SPARK","resource":"a"}`, 400, "classname is a required parameter for SPARK"},
		{"ann", "POST", "", `{"batchType":"x","resource":"a"}`, 400, "X is not in the supported list: SPARK, PYSPARK, SQL"},
		{"ann", "POST", "", `{"batchType":"SQL","resource":"a","conf":{"a":null}}`, 400, "conf.a: null is no value"},
		{"ann", "POST", "", `{"batchType":"SQL","resource":"a","conf":{"a":"\u0000"}}`, 400, "NUL"},
		{"ann", "POST", "", `{"batchType":"SQL","resource":{"a":1}}`, 400, "resource: expected a string, got object"},
		{"ann", "POST", "", `{"batchType":"SQL","resource":"a","conf":[1]}`, 400, "conf: expected an object, got array"},
		{"ann", "POST", "", `{"batchType":"SQL","resource":"a","args":["a",1]}`, 400, "args[1]: expected a string, got number"},
		{"ann", "POST", "", sparkBatch(uuid.NewString(), `,"kyuubi.session.proxy.user":"bob"`), 403, "Failed to validate proxy privilege of ann for bob"},
		{"root", "POST", "", sparkBatch(uuid.NewString(), `,"hive.server2.proxy.user":"cid"`), 200, `"user":"cid"`},
		{"eve", "POST", "", `{"batchType":"SQL","resource":"a"}`, 403, "deny user list"},
		{"ann", "POST", "", `{"batchType":"SQL","resource":"a"}`, 200, `"batchType":"SQL","name":null`},
		{"ann", "POST", "", `{"batchType":"SQL","resource":"a"}`, 429, "Connection limit per user reached (user: ann limit: 2)"},
		{"ann", "POST", "", sparkBatch(id, ""), 200, "duplicated"},
		{"bob", "GET", "/" + id, "", 403, "somebody else's"},
		{"bob", "DELETE", "/" + id, "", 403, "somebody else's"},
		{"bob", "GET", "/" + id + "/localLog", "", 403, "somebody else's"},
		{"ann", "GET", "/" + uuid.NewString(), "", 404, "Invalid batchId: "},
		{"ann", "GET", "/abc/localLog", "", 404, "Invalid batchId: abc"},
		{"ann", "GET", "/" + id + "/localLog?size=0", "", 400, "size must be from 1 to 100000, not 0"},
		{"ann", "GET", "/" + id + "/localLog?from=-2", "", 400, "from must be the number of a line, from 0, or -1 for the last lines, not -2"},
		{"ann", "GET", "/" + id + "/localLog?from=x", "", 400, "from must be an integer"},
		{"ann", "GET", "/" + id + "/localLog?from=-1&size=5", "", 200, `{"logRowSet":[],"rowCount":0}`},
		{"ann", "GET", "/" + id + "/localLog", "", 200, `{"logRowSet":[],"rowCount":0}`},
		{"bob", "GET", "", "", 200, `{"from":0,"total":0,"batches":[]}`},
		{"ann", "GET", "", "", 200, `"total":2`},
		{"root", "GET", "?size=1&from=1&desc=true", "", 200, `{"from":1,"total":3,"batches":[{`},
		{"ann", "GET", "?batchUser=root", "", 403, "only administrators"},
		{"ann", "GET", "?batchState=initialized", "", 400, "PENDING, RUNNING"},
		{"ann", "GET", "?batchState=pending&batchType=sql", "", 200, `"total":1`},
		{"ann", "GET", "?createTime=2&endTime=1", "", 400, "Invalid time range"},
		{"ann", "GET", "?createTime=-1", "", 400, "Invalid time range"},
		{"ann", "GET", "?endTime=1", "", 200, `"total":0`},
		{"ann", "GET", "?size=10001", "", 400, "size must be from 1 to 10000, not 10001"},
		{"ann", "GET", "?from=99999999999", "", 400, "from must be from 0 to 2147483647, not 99999999999"},
		{"ann", "GET", "?desc=maybe", "", 400, "desc must be"},
		{"ann", "GET", "?cursor=abc", "", 400, "cursor must be"},
		{"ann", "GET", "?cursor=*", "", 200, `"nextCursor":""`},
		{"ann", "GET", "?cursor=*&size=1", "", 200, `"nextCursor":"1-`},
		{"ann", "POST", "/reassign", `{"kyuubiInstance":"a:1"}`, 403, "not an administrator"},
		{"root", "POST", "/reassign", `{"kyuubiInstance":"127.0.0.1:10099"}`, 409, "KyuubiInstance is alive"},
		{"root", "POST", "/reassign", `{"kyuubiInstance":"a:1"}`, 200, `{"batchIds":[],"originalKyuubiInstance":"a:1","newKyuubiInstance":"127.0.0.1:10099","message":"`},
		{"ann", "GET", "../admin/batch/count", "", 403, "not an administrator"},
		{"root", "GET", "../admin/batch/count", "", 200, `{"count":2}`},
		{"root", "GET", "../admin/batch/count?batchType=SQL&batchUser=ann&batchState=PENDING", "", 200, `{"count":1}`},
		{"ann", "POST", "../admin/batches/" + id + "/adopt", "", 403, "not an administrator"},
		{"root", "POST", "../admin/batches/" + id + "/adopt", "", 409, "already"},
		{"ann", "DELETE", "/" + id + "?hive.server2.proxy.user=bob", "", 403, "Failed to validate"},
		{"ann", "DELETE", "/" + id, "", 200, `{"success":true,"msg":"`},
		{"ann", "DELETE", "/" + id, "", 200, `{"success":false,"msg":"batch ` + id + ` is already terminal so can not kill it."}`},
		{"ann", "GET", "/" + id, "", 200, `"state":"CANCELED"`},
		{"ann", "POST", "", sparkBatch(id, ""), 200, `"state":"CANCELED"`},
	} {
		path := batchesPath + c.path
		if rest, up := strings.CutPrefix(c.path, "../"); up {
			path = "/api/v1/" + rest
		}
		w := g.as(t, c.user, c.method, path, c.body)
		require.Equal(t, c.status, w.Code, "%+v: %s", c, w.Body)
		require.Contains(t, w.Body.String(), c.message, "%+v", c)
		doc.check(t, c.message, c.method, path, c.body, w)
	}
	again := into[api.Batch](t, g.as(t, "ann", "POST", batchesPath, sparkBatch(id, "")))
	require.Equal(t, into[api.Batch](t, first).CreateTime, again.CreateTime)
}

func TestBatchesWithoutAStore(t *testing.T) {
	t.Parallel()
	store, stop := metadatatest.OpenUntil(t, metadata.Options{URL: "jdbc:sqlite:" + t.TempDir() + "/s.db"})
	stop()
	g := open(t, Options{Batches: batch.NewManager(batch.ManagerOptions{Store: store, Dir: t.TempDir()})}, nil)
	for _, c := range [][3]string{
		{"POST", batchesPath, sparkBatch(uuid.NewString(), "")},
		{"GET", batchesPath, ""},
		{"GET", batchesPath + "/" + uuid.NewString(), ""},
		{"DELETE", batchesPath + "/" + uuid.NewString(), ""},
	} {
		w := g.call(t, http.StatusServiceUnavailable, c[0], c[1], c[2])
		require.Equal(t, "5", w.Header().Get("Retry-After"))
	}
	none := open(t, Options{}, nil)
	none.call(t, http.StatusNotImplemented, "GET", batchesPath, "")
}

// part is one of a form; a name in file makes it a file.
type part struct{ name, file, mediaType, text string }

// multipartBody writes a form.
func multipartBody(t *testing.T, parts ...part) (body *bytes.Buffer, mediaType string) {
	t.Helper()
	body = &bytes.Buffer{}
	m := multipart.NewWriter(body)
	for _, p := range parts {
		disposition := `form-data; name="` + p.name + `"`
		if p.file != "" {
			disposition += `; filename="` + p.file + `"`
		}
		h := textproto.MIMEHeader{"Content-Disposition": {disposition}}
		if p.mediaType != "" {
			h.Set("Content-Type", p.mediaType)
		}
		w, err := m.CreatePart(h)
		require.NoError(t, err)
		_, err = io.WriteString(w, p.text)
		require.NoError(t, err)
	}
	require.NoError(t, m.Close())
	return body, m.FormDataContentType()
}

// upload posts a form.
func (g *gateway) upload(t *testing.T, user string, parts ...part) *httptest.ResponseRecorder {
	t.Helper()
	body, mediaType := multipartBody(t, parts...)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, batchesPath, body)
	r.Header.Set("Content-Type", mediaType)
	r.SetBasicAuth(user, user)
	return g.do(r)
}

// leftFiles lists the files below a directory, by their names.
func leftFiles(t *testing.T, dir string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, filepath.Base(path))
		}
		return err
	})
	if !os.IsNotExist(err) {
		require.NoError(t, err)
	}
	return names
}

func TestBatchUploads(t *testing.T) {
	t.Parallel()
	m, store, dir := runBatches(t, batch.ManagerOptions{Uploads: batch.UploadLimits{Resource: 1 << 20, Extra: 100}})
	g := open(t, Options{Batches: m, Auth: passwords{}, MaxBodyBytes: 4 << 10}, nil)
	id := uuid.NewString()
	asked := func(conf, extra string) part {
		return part{"batchRequest", "", "application/json", `{"batchType":"PYSPARK","conf":{` + conf + `},"extraResourcesMap":{` + extra + `}}`}
	}
	mine := asked(`"kyuubi.batch.id":"`+id+`"`, `"spark.submit.pyFiles":"b.py,c.py"`)
	main := part{"resourceFile", "a.py", "application/octet-stream", strings.Repeat("x", 1<<20)}
	b, c := part{"b.py", "b.py", "", "b"}, part{"c.py", "/tmp/else.py", "text/plain", "c"}

	// In any order, as clients have it that keep parts in a hash table.
	w := g.upload(t, "ann", b, main, mine, c)
	require.Equal(t, 200, w.Code, w.Body)
	require.ElementsMatch(t, []string{"a.py", "b.py", "c.py"}, leftFiles(t, dir))
	stored, err := store.Get(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, "a.py", filepath.Base(stored.Resource))
	home := filepath.Dir(stored.Resource)
	require.Equal(t, home+"/b.py,"+home+"/c.py", stored.Conf["spark.submit.pyFiles"])
	require.Equal(t, "true", stored.Conf["kyuubi.batch.resource.uploaded"])
	require.Equal(t, "here", stored.Host)

	for _, parts := range [][]part{{mine, main, b, c}, {main, b, c, mine}} {
		w = g.upload(t, "ann", parts...)
		require.Equal(t, 200, w.Code, w.Body)
		require.Equal(t, map[string]string{"kyuubi.batch.duplicated": "true"}, into[api.Batch](t, w).BatchInfo)
		require.Equal(t, http.StatusConflict, g.upload(t, "bob", parts...).Code)
	}
	fresh := asked("", `"spark.submit.pyFiles":"b.py,c.py"`)
	large := part{"resourceFile", "a.py", "", strings.Repeat("x", 1<<20+1)}
	for _, f := range []struct {
		status  int
		message string
		parts   []part
	}{
		{400, "not uploaded: b.py, c.py", []part{fresh, main}},
		{413, "a.py is larger than 1048576 bytes (kyuubi.batch.resource.file.max.size)", []part{fresh, b, c, large}},
		{413, "kyuubi.batch.extra.resource.file.max.size", []part{b, {"c.py", "", "", strings.Repeat("x", 101)}, fresh}},
		{400, "the part batchRequest is missing", []part{main, b}},
		{400, "the part batchRequest is missing", nil},
		{400, "there twice", []part{fresh, fresh}},
		{400, "needs a filename", []part{fresh, {"resourceFile", "", "", "x"}}},
		{400, "only one file can be the resource", []part{fresh, main, {"resourceFile", "z.py", "", "x"}}},
		{400, "a plain name", []part{fresh, main, {"../c.py", "", "", "x"}}},
		{400, "has no name", []part{fresh, {"", "x", "", "x"}}},
		{400, "resource is a required parameter", []part{asked("", "")}},
		{400, "must be an UUID", []part{asked(`"kyuubi.batch.id":"x"`, ""), main}},
		{403, "proxy privilege", []part{asked(`"kyuubi.session.proxy.user":"bob"`, ""), main}},
		{415, "application/json", []part{{"batchRequest", "", "text/xml", "{}"}}},
		{400, "not valid JSON", []part{{"batchRequest", "", "", "{"}}},
		{413, "batchRequest is larger", []part{{"batchRequest", "", "", strings.Repeat(" ", 5<<10)}}},
	} {
		w := g.upload(t, "ann", f.parts...)
		require.Equal(t, f.status, w.Code, "%s: %s", f.message, w.Body)
		require.Contains(t, w.Body.String(), f.message)
	}
	body, mediaType := multipartBody(t, fresh, b, c, main)
	for name, r := range map[string]*http.Request{
		"cut off":     httptest.NewRequestWithContext(t.Context(), "POST", batchesPath, bytes.NewReader(body.Bytes()[:body.Len()/2])),
		"no form":     httptest.NewRequestWithContext(t.Context(), "POST", batchesPath, strings.NewReader("{}")),
		"no boundary": httptest.NewRequestWithContext(t.Context(), "POST", batchesPath, strings.NewReader("{}")),
		"compressed":  httptest.NewRequestWithContext(t.Context(), "POST", batchesPath, strings.NewReader("{}")),
	} {
		r.Header.Set("Content-Type", mediaType)
		want := http.StatusBadRequest
		if name == "compressed" {
			r.Header.Set("Content-Encoding", "gzip")
			want = http.StatusUnsupportedMediaType
		}
		if name == "no boundary" {
			r.Header.Set("Content-Type", "multipart/form-data")
		}
		r.SetBasicAuth("ann", "ann")
		require.Equal(t, want, g.do(r).Code, name)
	}
	require.ElementsMatch(t, []string{"a.py", "b.py", "c.py"}, leftFiles(t, dir), "only what was accepted is left")
	list := into[api.GetBatchesResponse](t, g.as(t, "root", "GET", batchesPath, ""))
	require.EqualValues(t, 1, list.Total)
}

// TestBatchUploadIsNotReadInVain: a known id, or a request that is refused, costs no
// disk, and the client may send all before it looks.
func TestBatchUploadIsNotReadInVain(t *testing.T) {
	t.Parallel()
	m, _, dir := runBatches(t, batch.ManagerOptions{Uploads: batch.UploadLimits{Off: true}})
	g := open(t, Options{Batches: m}, nil)
	s := httptest.NewServer(g)
	defer s.Close()
	body, mediaType := multipartBody(t,
		part{"batchRequest", "", "application/json", `{"batchType":"PYSPARK"}`}, part{"resourceFile", "a.py", "", strings.Repeat("x", 30<<20)})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+batchesPath, body)
	require.NoError(t, err)
	req.Header.Set("Content-Type", mediaType)
	resp, err := s.Client().Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	var e api.Error
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&e))
	require.Equal(t, sqlerr.Denied.HTTPStatus(), resp.StatusCode)
	require.Contains(t, e.Message, "kyuubi.batch.resource.upload.enabled")
	require.Empty(t, leftFiles(t, dir))
}

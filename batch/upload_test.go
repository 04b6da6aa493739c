package batch_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/batch"
	"github.com/nekomata-sql/nekomata/metadata"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

func walkFiles(dir string, each func(path string)) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			each(path)
		}
		return err
	})
}

// uploaded is a request with files.
func uploaded(id string, edit ...func(*batch.Request)) batch.Request {
	return job(id, append([]func(*batch.Request){func(r *batch.Request) { r.Uploaded, r.Resource = true, "" }}, edit...)...)
}

func TestUploads(t *testing.T) {
	t.Parallel()
	d := newDesk(t, func(o *batch.ManagerOptions) {
		o.Paths.Allowed = []string{"/nowhere"}
		o.IgnoreConf = []string{"spark.ignored"}
	})
	files := d.NewUpload()
	defer files.Discard()
	for name, text := range map[string]string{"b.jar": "b", "c.jar": "c", "unused": "u", "d.txt": "d"} {
		require.NoError(t, files.Receive(t.Context(), name, false, strings.NewReader(text)))
	}
	require.NoError(t, files.Receive(t.Context(), "a.jar", true, strings.NewReader("a")))
	id := uuid.NewString()
	i, err := d.Submit(as(t, "ann"), uploaded(id, func(r *batch.Request) {
		r.Extra = map[string]string{"spark.jars": "b.jar, c.jar", "spark.files": "d.txt", "spark.none": "", "spark.ignored": "d.txt"}
		r.Conf["spark.files"] = "hdfs://x/y"
	}), files)
	require.NoError(t, err)
	home := filepath.Dir(i.Resource)
	require.Equal(t, filepath.Join(d.dir, "upload", id), filepath.Dir(home))
	require.Equal(t, home+"/b.jar,"+home+"/c.jar", i.Conf["spark.jars"])
	require.Equal(t, "hdfs://x/y,"+home+"/d.txt", i.Conf["spark.files"])
	require.NotContains(t, i.Conf, "spark.ignored")
	require.Equal(t, "true", i.Conf["kyuubi.batch.resource.uploaded"])
	require.Equal(t, "here", i.Host)
	require.Equal(t, 4, count(t, d.dir))
	stored, err := d.Get(as(t, "ann"), id)
	require.NoError(t, err)
	require.Equal(t, i.Conf, stored.Conf)
	require.Equal(t, i.Resource, stored.Resource)
	files.Discard()
	require.FileExists(t, i.Resource, "it is the batch's now")

	// The same once more: nothing is kept.
	again := d.NewUpload()
	require.NoError(t, again.Receive(t.Context(), "a.jar", true, strings.NewReader("other")))
	req := uploaded(id)
	known, err := d.Check(as(t, "ann"), req)
	require.NoError(t, err)
	require.True(t, known.Duplicated)
	known, err = d.Submit(as(t, "ann"), req, again)
	require.NoError(t, err)
	require.True(t, known.Duplicated && known.Differs)
	again.Discard()
	require.Equal(t, 4, count(t, d.dir))

	canceled, err := d.Cancel(as(t, "ann"), id)
	require.NoError(t, err)
	require.True(t, canceled.Done)
	require.Zero(t, count(t, d.dir))
}

func TestSharedUploadsBindToNoHost(t *testing.T) {
	t.Parallel()
	d := newDesk(t, func(o *batch.ManagerOptions) { o.SharedUploads = true })
	files := d.NewUpload()
	defer files.Discard()
	require.NoError(t, files.Receive(t.Context(), "a.jar", true, strings.NewReader("a")))
	i, err := d.Submit(as(t, "ann"), uploaded(""), files)
	require.NoError(t, err)
	require.Empty(t, i.Host)
}

func TestUploadsThatAreRefused(t *testing.T) {
	t.Parallel()
	d := newDesk(t, func(o *batch.ManagerOptions) {
		o.Uploads = batch.UploadLimits{Resource: 10, Extra: 5}
		o.RestrictConf = []string{"no"}
	})
	broken := iotest.ErrReader(errors.New("gone"))
	for _, c := range []struct {
		name     string
		resource bool
		text     string
		kind     error
	}{
		{"a.jar", true, strings.Repeat("x", 10), nil},
		{"a.jar", true, strings.Repeat("x", 11), sqlerr.TooLarge},
		{"a.jar", false, strings.Repeat("x", 6), sqlerr.TooLarge},
		{"../a.jar", false, "x", sqlerr.Invalid},
		{"/etc/passwd", false, "x", sqlerr.Invalid},
		{"..", true, "x", sqlerr.Invalid},
		{"", true, "x", sqlerr.Invalid},
		{"a,b", false, "x", sqlerr.Invalid},
		{"a\\b", false, "x", sqlerr.Invalid},
		{strings.Repeat("x", 256), false, "x", sqlerr.Invalid},
	} {
		files := d.NewUpload()
		err := files.Receive(t.Context(), c.name, c.resource, strings.NewReader(c.text))
		if c.kind == nil {
			require.NoError(t, err)
		} else {
			require.ErrorIs(t, err, c.kind, "%+v", c)
		}
		files.Discard()
	}
	files := d.NewUpload()
	require.ErrorIs(t, files.Receive(t.Context(), "a", false, broken), sqlerr.Invalid)
	require.NoError(t, files.Receive(t.Context(), "b", true, strings.NewReader("")))
	require.ErrorContains(t, files.Receive(t.Context(), "b", false, strings.NewReader("")), "two uploaded files are called b")
	require.ErrorContains(t, files.Receive(t.Context(), "c", true, strings.NewReader("")), "only one file can be the resource")
	_, err := d.Submit(as(t, "ann"), uploaded("", func(r *batch.Request) { r.Extra = map[string]string{"k": "z,y,a,b"} }), files)
	require.ErrorContains(t, err, "files that were not uploaded: b, y, z")
	_, err = d.Submit(as(t, "ann"), uploaded("", func(r *batch.Request) { r.Conf["no"] = "1" }), files)
	require.ErrorIs(t, err, sqlerr.Denied)
	for key, kind := range map[string]sqlerr.Kind{
		"no": sqlerr.Denied, "": sqlerr.Invalid, " ": sqlerr.Invalid, "kyuubi.batch.id": sqlerr.Invalid,
		"kyuubi.batch.resource.uploaded": sqlerr.Invalid, "spark.kyuubi.session.real.user": sqlerr.Invalid,
	} {
		_, err = d.Submit(as(t, "ann"), uploaded("", func(r *batch.Request) { r.Extra = map[string]string{key: "a"} }), files)
		require.ErrorIs(t, err, kind, key)
	}
	files.Discard()

	none := d.NewUpload()
	_, err = d.Submit(as(t, "ann"), uploaded(""), none)
	require.ErrorContains(t, err, "resource is a required parameter")
	require.Zero(t, count(t, d.dir), "nothing is left behind")
	left, err := os.ReadDir(filepath.Join(d.dir, "upload", ".staging"))
	require.NoError(t, err)
	require.Empty(t, left)

	off := newDesk(t, func(o *batch.ManagerOptions) { o.Uploads.Off = true })
	require.ErrorContains(t, off.NewUpload().Receive(t.Context(), "a", false, strings.NewReader("")), "kyuubi.batch.resource.upload.enabled")
	_, err = off.Check(as(t, "ann"), uploaded(""))
	require.ErrorIs(t, err, sqlerr.Denied)
}

// TestSweep has what crashes leave behind.
func TestSweep(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	submit := func() batch.Info {
		files := d.NewUpload()
		require.NoError(t, files.Receive(t.Context(), "a.jar", true, strings.NewReader("a")))
		i, err := d.Submit(as(t, "ann"), uploaded(""), files)
		require.NoError(t, err)
		return i
	}
	waiting, ended := submit(), submit()
	require.NoError(t, d.store.CancelWaiting(t.Context(), ended.ID)) // by a gateway elsewhere
	leave := func(age time.Duration, parts ...string) string {
		dir := filepath.Join(append([]string{d.dir, "upload"}, parts...)...)
		require.NoError(t, os.MkdirAll(dir, 0o700))
		file := filepath.Join(dir, "x")
		require.NoError(t, os.WriteFile(file, nil, 0o600))
		old := time.Now().Add(-age)
		require.NoError(t, errors.Join(os.Chtimes(file, old, old), os.Chtimes(dir, old, old)))
		return file
	}
	gone := []string{
		ended.Resource, leave(25*time.Hour, ".staging", "a"), leave(2*time.Hour, uuid.NewString(), "once"), leave(2*time.Hour, waiting.ID, "loser"),
	}
	kept := []string{waiting.Resource, leave(0, ".staging", "b"), leave(time.Minute, uuid.NewString(), "once"), leave(time.Minute, waiting.ID, "other"), leave(99*time.Hour, "notes")}
	ctx, stop := context.WithCancel(t.Context())
	over := make(chan error)
	go func() { over <- d.Run(ctx, func() {}) }()
	for _, path := range gone {
		require.Eventually(t, func() bool {
			_, err := os.Stat(path)
			return errors.Is(err, fs.ErrNotExist)
		}, 10*time.Second, time.Millisecond, path)
	}
	stop()
	require.NoError(t, <-over)
	for _, path := range kept {
		require.FileExists(t, path)
	}
	require.Equal(t, metadata.Pending, waiting.State)
}

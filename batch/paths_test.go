package batch_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/batch"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

func TestPaths(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	in, out := filepath.Join(root, "in"), filepath.Join(root, "out")
	for _, dir := range []string{in, out, in + "/sub", out + "/deep"} {
		require.NoError(t, os.MkdirAll(dir, 0o700))
	}
	require.NoError(t, os.WriteFile(out+"/secret", nil, 0o600))
	for link, to := range map[string]string{"way": out, "file": out + "/secret", "nowhere": out + "/missing", "home": in + "/sub", "deep": out + "/deep"} {
		require.NoError(t, os.Symlink(to, in+"/"+link))
	}
	require.NoError(t, os.Symlink(in, root+"/alias"))
	d := newDesk(t, func(o *batch.ManagerOptions) {
		o.Paths = batch.Paths{Allowed: []string{root + "/alias/", root + "/none"}, Keys: []string{"spark.my.file"}}
	})
	submit := func(key, value string) error {
		_, err := d.Submit(as(t, "ann"), job("", func(r *batch.Request) {
			r.Resource = in + "/a.jar"
			if key == "" {
				r.Resource = value
			} else {
				r.Conf[key] = value
			}
		}), nil)
		return err
	}
	for _, ok := range []struct{ key, value string }{
		{"", in + "/new/a.jar"},
		{"", "file://" + in + "/a.jar"},
		{"", "file:" + in + "/a.jar"},
		{"", in + "/sub/../a.jar"},
		{"", in + "/home/a.jar"},
		{"", root + "/alias/a.jar"},
		{"", "hdfs://nn/a.jar"},
		{"", "s3a://b/../../etc/passwd"},
		{"", "local:///opt/spark/a.jar"},
		{"", "spark-internal"},
		{"spark.jars", in + "/a.jar, hdfs://nn/b.jar,"},
		{"spark.archives", in + "/a.zip#name"},
		{"spark.other", "/etc/passwd"},
	} {
		require.NoError(t, submit(ok.key, ok.value), "%+v", ok)
	}
	for _, bad := range []struct{ key, value string }{
		{"", "/etc/passwd"},
		{"", "file:///etc/passwd"},
		{"", "FILE:/etc/passwd"},
		{"", "file:etc/passwd"},
		{"", in + "/../out/secret"},
		{"", in + "/%2e%2e/../../out/secret"},
		{"", "file://" + in + "/%2e%2e/out/secret"},
		{"", in + "/way/secret"},
		{"", in + "/way/new"},
		{"", in + "/file"},
		{"", in + "/nowhere"},
		{"", in + "/deep/../secret"},
		{"", in + "/deep/../new"},
		{"", in + "/deep/../new/../newer"},
		{"", in + "x/a.jar"},
		{"", "a.jar"},
		{"", "../a.jar"},
		{"", "file://[::1/etc/passwd"},
		{"spark.jars", in + "/a.jar,/etc/b.jar"},
		{"jars", "/etc/b.jar"},
		{"spark.yarn.keytab", "/etc/krb5.keytab"},
		{"spark.my.file", "/etc/x"},
	} {
		require.ErrorIs(t, submit(bad.key, bad.value), sqlerr.Denied, "%+v", bad)
	}
	require.ErrorContains(t, submit("", "/etc/passwd"), "kyuubi.session.local.dir.allow.list")
}

package spark

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/batch/application"
	"github.com/nekomata-sql/nekomata/batch/application/applicationtest"
	"github.com/nekomata-sql/nekomata/batch/application/process"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

func TestMain(m *testing.M) { os.Exit(applicationtest.Main(m)) }

// home makes a Spark whose spark-submit is a shell script.
func home(tb testing.TB, text string) string {
	tb.Helper()
	dir := tb.TempDir()
	require.NoError(tb, os.MkdirAll(filepath.Join(dir, "bin"), 0o700))
	require.NoError(tb, os.WriteFile(filepath.Join(dir, "bin", "spark-submit"), []byte("#!/bin/sh\n"+text), 0o700))
	return dir
}

func redact(key, value string) string {
	if strings.Contains(key, "password") || strings.Contains(key, "secret") {
		return "***"
	}
	return value
}

func TestConformance(t *testing.T) {
	t.Parallel()
	job := func(text string) func(testing.TB) application.Job {
		return func(tb testing.TB) application.Job {
			tb.Helper()
			return application.Job{
				Type: "PYSPARK", User: "ann", Name: "a job", Resource: "/job.py",
				Conf: map[string]string{"kyuubi.engineEnv.SPARK_HOME": home(tb, text)},
			}
		}
	}
	applicationtest.Run(t, applicationtest.Subject{
		New: func(_ testing.TB, o process.Options) application.Application {
			return New(Options{Process: o, Environ: os.Environ()})
		},
		Succeeds:   job("echo hello"),
		Fails:      job("echo '25/01/02 03:04:05 INFO SparkContext: fine'; echo 'java.io.IOException: broken' >&2; echo '25/01/02 03:04:05 INFO Hook: bye'; exit 1"),
		Waits:      job("sleep 600"),
		Diagnostic: "exit code 1; it said last:\njava.io.IOException: broken",
	})
}

func TestCommandLine(t *testing.T) {
	t.Parallel()
	spark := home(t, "")
	require.NoError(t, os.MkdirAll(filepath.Join(spark, "conf"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(spark, "conf", "spark-defaults.conf"), []byte("spark.ui.enabled false"), 0o600))
	a := New(Options{
		Process: process.Options{Dir: "/batches"}, Environ: []string{"PATH=/bin", "NEKOMATA_SECRET=x", "A=1", "B=1"},
		EngineEnv: map[string]string{"SPARK_HOME": spark, "B": "2", "C": "2"}, ProxyUsers: true, ServerUser: "neko", Redact: redact,
	})
	id := uuid.NewString()
	job := application.Job{
		ID: id, Type: "SPARK", User: "ann", Name: "täglich: zählen", Resource: "hdfs:///a.jar", ClassName: "com.A",
		Args: []string{"--out", "/x y", "--password", "geheim", "--secret=geheim"},
		Conf: map[string]string{
			"spark.x.secret": "geheim", "kyuubi.batch.id": id, "hadoop.a": "b", "ui.port": "1", "spark.ui.port": "2", "my.key with:=": " lead\ning\\", "spark.yarn.tags": "mine",
			"kyuubi.engineEnv.C": "3",
		},
	}
	c, err := a.build(t.Context(), job)
	require.NoError(t, err)
	file := "/batches/run/" + id + "/files/spark.properties"
	require.Equal(t, append([]string{
		spark + "/bin/spark-submit", "--properties-file", file, "--class", "com.A", "--proxy-user", "ann", "hdfs:///a.jar",
	}, job.Args...), c.Argv)
	require.ElementsMatch(t, []string{"PATH=/bin", "A=1", "B=2", "C=3", "SPARK_HOME=" + spark}, c.Env)
	require.Equal(t, "spark.ui.enabled false\n\n"+
		`spark.app.name=t\u00e4glich: z\u00e4hlen
spark.hadoop.hadoop.a=b
spark.kubernetes.driver.label.kyuubi-unique-tag=`+id+`
spark.kyuubi.batch.id=`+id+`
spark.my.key\ with\:\==\ lead\ning\\
spark.ui.port=2
spark.x.secret=geheim
spark.yarn.maxAppAttempts=1
spark.yarn.tags=mine,KYUUBI,`+id+"\n", c.Files["spark.properties"])
	preface := strings.Join(c.Preface, "\n")
	require.NotContains(t, preface, "geheim")
	require.Contains(t, preface, `--proxy-user ann hdfs:///a.jar --out "/x y" --password *** --secret=***`)

	for _, change := range []func(*application.Job){
		func(j *application.Job) { j.User = "neko" },
		func(j *application.Job) {
			j.Conf = map[string]string{"spark.kerberos.keytab": "k", "spark.kerberos.principal": "p"}
		},
	} {
		own := job
		change(&own)
		c, err = a.build(t.Context(), own)
		require.NoError(t, err)
		require.NotContains(t, c.Argv, "--proxy-user")
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	good := application.Job{ID: uuid.NewString(), Resource: "/a.py", User: "ann"}
	for name, tc := range map[string]struct {
		env    []string
		change func(*application.Job)
		want   string
	}{
		"no Spark":    {[]string{"PATH=" + t.TempDir()}, func(*application.Job) {}, "has no Spark: install one and set kyuubi.engineEnv.SPARK_HOME"},
		"wrong Spark": {[]string{"SPARK_HOME=/nowhere"}, func(*application.Job) {}, "SPARK_HOME=/nowhere"},
		"resource":    {nil, func(j *application.Job) { j.Resource = "--conf" }, `resource must not begin with -, which "--conf" does`},
		"no resource": {nil, func(j *application.Job) { j.Resource = "" }, "resource is a required parameter"},
		"class":       {nil, func(j *application.Job) { j.ClassName = "-x" }, "className must not begin"},
	} {
		job := good
		tc.change(&job)
		err := New(Options{Environ: tc.env, Process: process.Options{Self: []string{"/bin/false"}}}).Launch(t.Context(), job)
		require.ErrorIs(t, err, sqlerr.Invalid, name)
		require.ErrorContains(t, err, tc.want, name)
	}
}

func TestDefaultsThatNameACluster(t *testing.T) {
	t.Parallel()
	const k8s = "k8s://https://k8s"
	for _, c := range []struct {
		defaults, master string
		conf             map[string]string
		want             string
	}{
		{"spark.master yarn\n", "", nil, "spark.master=yarn"},
		{"# spark.master yarn\nspark.masterful=yarn\nspark.master  =  local[2]\n", "", nil, ""},
		{"spark.master local\n", "yarn", nil, ""},
		{"", "yarn", nil, "spark.master=yarn"},
		{"spark.master=" + k8s, "", map[string]string{"master": "local"}, ""},
		{"spark.master:yarn", "", map[string]string{"spark.master": "yarn"}, ""},
		{"spark.submit.deployMode cluster", "", map[string]string{"spark.master": k8s}, "spark.submit.deployMode=cluster"},
		{"spark.submit.deployMode cluster", "", map[string]string{"spark.master": k8s, "submit.deployMode": "client"}, ""},
		{"spark.submit.deployMode cluster", "", map[string]string{"spark.master": "yarn"}, ""},
	} {
		spark := home(t, "")
		require.NoError(t, os.MkdirAll(filepath.Join(spark, "conf"), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(spark, "conf", "spark-defaults.conf"), []byte(c.defaults), 0o600))
		a := New(Options{Environ: []string{"SPARK_HOME=" + spark, "MASTER=" + c.master}})
		_, err := a.build(t.Context(), application.Job{ID: uuid.NewString(), Resource: "/a.py", Conf: c.conf})
		if c.want == "" {
			require.NoError(t, err, "%+v", c)
			continue
		}
		require.ErrorIs(t, err, sqlerr.Invalid, "%+v", c)
		require.ErrorContains(t, err, c.want)
		require.ErrorContains(t, err, "kyuubi.batchConf.spark.spark.")
	}
}

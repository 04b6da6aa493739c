package server

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/batch"
	"github.com/nekomata-sql/nekomata/batch/application/kubernetes"
	"github.com/nekomata-sql/nekomata/config"
	"github.com/nekomata-sql/nekomata/metadata"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// built is a gateway made of settings, which does not run.
func built(t *testing.T, settings ...string) (*Server, error) {
	t.Helper()
	c, err := config.Load(config.Sources{DataDir: t.TempDir(), Flags: settings})
	require.NoError(t, err)
	return New(Options{Config: c, Version: "test"})
}

func TestWhatRunsABatch(t *testing.T) {
	t.Parallel()
	s, err := built(t, "kyuubi.yarn.resourcemanager.addresses=http://rm:8088")
	require.NoError(t, err)
	inCluster := map[string]string{"spark.submit.deployMode": "cluster"}
	for _, test := range []struct {
		batch metadata.Batch
		want  string
	}{
		{metadata.Batch{Type: "SQL"}, appSQL},
		{metadata.Batch{Type: "SPARK"}, appLocal},
		{metadata.Batch{Type: "PYSPARK", ClusterManager: "yarn"}, appYARN},
		{metadata.Batch{Type: "SPARK", ClusterManager: "YARN", Conf: inCluster}, appYARN},
		{metadata.Batch{Type: "SPARK", ClusterManager: "k8s://https://k8s:6443", Conf: inCluster}, appKubernetes},
		{metadata.Batch{Type: "SPARK", ClusterManager: "kubernetes", Conf: inCluster}, appKubernetes},
		// Its driver is the process that submits.
		{metadata.Batch{Type: "SPARK", ClusterManager: "k8s://https://k8s:6443"}, appLocal},
	} {
		got, err := s.applicationOf(test.batch)
		require.NoError(t, err)
		require.Same(t, s.applications[test.want], got, "%+v", test.batch)
		require.Equal(t, test.want == appLocal || test.want == appSQL, got.Bound())
	}
}

func TestResourceManagersOfHadoopsConfiguration(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "yarn-site.xml")
	require.NoError(t, os.WriteFile(file, []byte(`<configuration><property><name>yarn.resourcemanager.hostname</name><value>rm</value></property></configuration>`), 0o600))
	s, err := built(t, "kyuubi.engineEnv.HADOOP_CONF_DIR="+dir, "kyuubi.engineEnv.YARN_CONF_DIR="+t.TempDir())
	require.NoError(t, err)
	got, err := s.resourceManagers()
	require.NoError(t, err)
	require.Equal(t, []string{"http://rm:8088"}, got)

	require.NoError(t, os.WriteFile(file, []byte(`not XML`), 0o600))
	_, err = built(t, "kyuubi.engineEnv.HADOOP_CONF_DIR="+dir)
	require.ErrorIs(t, err, sqlerr.Invalid)

	s, err = built(t, "kyuubi.engineEnv.HADOOP_CONF_DIR="+t.TempDir(), "kyuubi.engineEnv.YARN_CONF_DIR="+t.TempDir())
	require.NoError(t, err)
	_, err = s.applicationOf(metadata.Batch{Type: "SPARK", ClusterManager: "yarn"})
	require.ErrorIs(t, err, sqlerr.Unsupported)
	require.ErrorContains(t, err, "kyuubi.yarn.resourcemanager.addresses")
}

func TestClusterSettingsThatAreRefused(t *testing.T) {
	t.Parallel()
	for _, setting := range []string{
		"kyuubi.yarn.resourcemanager.addresses=rm:8088",
		"kyuubi.kubernetes.client.initialize.list=a:b:c",
		"kyuubi.kubernetes.c1.trust.certificates=maybe",
	} {
		_, err := built(t, setting)
		require.ErrorIs(t, err, sqlerr.Invalid, setting)
	}
}

func TestKubernetesOverrides(t *testing.T) {
	t.Parallel()
	s, err := built(t,
		"kyuubi.kubernetes.master.address=https://all", "kyuubi.kubernetes.authenticate.caCertFile=/ca.pem",
		"kyuubi.kubernetes.c1.master.address=https://c1", "kyuubi.kubernetes.c1.authenticate.oauthToken=t1",
		"kyuubi.kubernetes.c1.etl.master.address=https://c1-etl", "kyuubi.kubernetes.c1.etl.authenticate.clientKeyFile=keys/etl.pem",
		"kyuubi.kubernetes.c1.etl.trust.certificates=true")
	require.NoError(t, err)
	all := kubernetes.Access{Master: "https://all", CAFile: "/ca.pem"}
	require.Equal(t, all, s.kubernetesAccess("", "default"))
	require.Equal(t, all, s.kubernetesAccess("c2", "etl"))
	require.Equal(t, kubernetes.Access{Master: "https://c1", CAFile: "/ca.pem", Token: "t1"}, s.kubernetesAccess("c1", "default"))
	require.Equal(t, kubernetes.Access{
		Master: "https://c1-etl", CAFile: "/ca.pem", Token: "t1", KeyFile: filepath.Join(s.data.path, "keys", "etl.pem"), TrustAll: true,
	}, s.kubernetesAccess("c1", "etl"))
	for _, v := range s.conf.Values(false) {
		require.NotEqual(t, "t1", v.Value, v.Key)
	}
}

func TestWhatIsRefusedBeforeItIsStored(t *testing.T) {
	t.Parallel()
	s, err := built(t, "kyuubi.kubernetes.namespace.allow.list=spark", "kyuubi.kubernetes.context.allow.list=c1",
		"kyuubi.kubernetes.context=c1", "kyuubi.kubernetes.namespace=spark")
	require.NoError(t, err)
	check := func(r batch.Request, conf map[string]string) error { return s.checkBatch(&r, conf) }
	job := batch.Request{Type: batch.TypeSpark, Resource: "local:///a.jar", ClassName: "A", User: "ann"}
	for _, prefix := range []string{"spark.", ""} {
		conf := map[string]string{prefix + "master": "k8s://https://k8s", prefix + "submit.deployMode": "cluster"}
		require.NoError(t, check(job, conf))
		conf[prefix+"kubernetes.namespace"] = "secret"
		require.ErrorIs(t, check(job, conf), sqlerr.Denied)
		conf[prefix+"kubernetes.namespace"], conf[prefix+"kubernetes.context"] = "spark", "c2"
		require.ErrorIs(t, check(job, conf), sqlerr.Denied)
	}
	// Another gateway may know a cluster that this one doesn't.
	require.NoError(t, check(job, map[string]string{"spark.master": "yarn"}))
	for _, change := range []func(*batch.Request){
		func(r *batch.Request) { r.Resource = "--version" },
		func(r *batch.Request) { r.ClassName = "-x" },
	} {
		odd := job
		change(&odd)
		require.ErrorIs(t, check(odd, nil), sqlerr.Invalid)
	}
	// An uploaded file is handed over by its path.
	require.NoError(t, check(batch.Request{Type: batch.TypePySpark, Resource: "-x.py", Uploaded: true}, nil))

	// Settings that a client leaves to the gateway count too.
	conf := map[string]string{"kyuubi.engine.duckdb.path": "/etc/x.db"}
	require.ErrorIs(t, check(batch.Request{Type: batch.TypeSQL, Resource: "a.sql", Uploaded: true}, conf), sqlerr.Denied)
}

package e2e

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/api"
	"github.com/nekomata-sql/nekomata/batch/application/yarn/yarntest"
)

// TestSparkOnYARN runs a word count with its driver on a real cluster. The gateway
// knows the cluster by Hadoop's own configuration.
func TestSparkOnYARN(t *testing.T) {
	t.Parallel()
	skipShort(t)
	if os.Getenv("E2E_YARN") == "" {
		t.Skip("four virtual machines of Java at once: make e2e-yarn")
	}
	cluster := yarntest.Start(t)
	home, python := sparkHome(t), need(t, "clients", ".cache", "venv", "bin", "python")
	dir := t.TempDir()
	b := newBatches(t, ownServer(t, "kyuubi.engineEnv.SPARK_HOME="+home, "kyuubi.engineEnv.PYSPARK_PYTHON="+python,
		"kyuubi.engineEnv.SPARK_LOCAL_IP=127.0.0.1", "kyuubi.engineEnv.HADOOP_CONF_DIR="+cluster.Conf,
		// This cluster lets nobody act for others.
		"kyuubi.engine.doAs.enabled=false", "kyuubi.batch.application.check.interval=PT0.2S"))
	conf := map[string]string{
		"spark.master": "yarn", "spark.submit.deployMode": "cluster",
		"spark.yarn.jars": "local:" + home + "/jars/*", "spark.yarn.stagingDir": "file:" + filepath.Join(dir, "staging"),
		"spark.hadoop.fs.defaultFS":              "file:///",
		"spark.yarn.appMasterEnv.PYSPARK_PYTHON": python, "spark.executorEnv.PYSPARK_PYTHON": python,
		"spark.driver.memory": "512m", "spark.executor.memory": "512m", "spark.executor.instances": "1",
		"spark.yarn.report.interval": "200ms", "spark.ui.enabled": "false",
	}
	source, result := filepath.Join(dir, "in.txt"), filepath.Join(dir, "out.txt")
	require.NoError(t, os.WriteFile(source, []byte("a rose is a rose\nis a rose\n"), 0o600))
	sent := b.upload(api.BatchRequest{BatchType: "PYSPARK", Name: "words on yarn", Conf: conf, Args: []string{source, result}}, script("words.py"))
	got := b.until(sent.ID, "RUNNING")
	require.Regexp(t, `^application_\d+_\d+$`, text(got.AppID))
	got = b.until(sent.ID, "FINISHED")
	require.Equal(t, "words on yarn", text(got.Name))
	require.Equal(t, "FINISHED", text(got.AppState))
	require.Contains(t, text(got.AppURL), text(got.AppID))
	counted, err := os.ReadFile(result)
	require.NoError(t, err)
	require.Equal(t, "a 3\nis 2\nrose 3\n", string(counted))
}

package e2e

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/api"
	"github.com/nekomata-sql/nekomata/client"
)

// batches is a gateway that runs batches, as a client of it.
type batches struct {
	*client.Client

	t *testing.T
	g *gateway
}

func newBatches(t *testing.T, g *gateway) *batches {
	t.Helper()
	c, err := client.New(client.Options{URLs: []string{"http://" + g.rest}, User: "ann"})
	require.NoError(t, err)
	return &batches{Client: c, t: t, g: g}
}

func (b *batches) submit(r api.BatchRequest) api.Batch {
	b.t.Helper()
	sent, err := b.SubmitBatch(b.t.Context(), r)
	require.NoError(b.t, err)
	ctx := context.WithoutCancel(b.t.Context())
	b.t.Cleanup(func() { _, _ = b.CancelBatch(ctx, sent.ID) })
	return sent
}

// upload submits a batch with its resource.
func (b *batches) upload(r api.BatchRequest, path string) api.Batch {
	b.t.Helper()
	sent, err := b.UploadBatch(b.t.Context(), r, client.File{
		Name: filepath.Base(path), Open: func() (io.ReadCloser, error) { return os.Open(path) },
	})
	require.NoError(b.t, err)
	return sent
}

// until waits for a state and fails at any other end.
func (b *batches) until(id, state string) api.Batch {
	b.t.Helper()
	deadline := time.Now().Add(5 * time.Minute)
	for {
		got, err := b.Batch(b.t.Context(), id)
		require.NoError(b.t, err)
		if got.State == state {
			return got
		}
		if got.EndTime != 0 || time.Now().After(deadline) {
			require.Failf(b.t, "the batch does not get "+state, "it is %s, %s\n%s", got.State, text(got.AppDiagnostic), b.log(id))
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func (b *batches) log(id string) string {
	b.t.Helper()
	lines, err := b.BatchLog(b.t.Context(), id, 0, 10_000)
	require.NoError(b.t, err)
	return strings.Join(lines.LogRowSet, "\n")
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// sparkHome is the Spark inside of PySpark.
func sparkHome(t *testing.T) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(need(t, "clients", ".cache", "venv"), "lib/python3*/site-packages/pyspark"))
	require.NoError(t, err)
	require.Len(t, found, 1)
	return found[0]
}

// spark is a gateway with a Spark, and settings that keep it small.
func spark(t *testing.T) *batches {
	t.Helper()
	return newBatches(t, ownServer(t, "kyuubi.engineEnv.SPARK_HOME="+sparkHome(t),
		"kyuubi.engineEnv.PYSPARK_PYTHON="+need(t, "clients", ".cache", "venv", "bin", "python"),
		"kyuubi.engineEnv.SPARK_LOCAL_IP=127.0.0.1",
		"kyuubi.batchConf.spark.spark.master=local[1]", "kyuubi.batchConf.spark.spark.ui.enabled=false",
		"kyuubi.batchConf.spark.spark.driver.memory=512m",
		// A third less work for a Java that lives for seconds.
		"kyuubi.batchConf.spark.spark.driver.extraJavaOptions=-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
		"kyuubi.batch.application.check.interval=PT0.2S"))
}

func script(name string) string { return filepath.Join(root, "test", "e2e", "batches", name) }

func TestSparkBatches(t *testing.T) {
	t.Parallel()
	b := spark(t)
	for name, test := range map[string]func(*testing.T, *batches){
		"WordCount": wordCount, "Jar": jar, "Fails": failingBatch, "Canceled": canceledBatch, "Refused": refusedBatches,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, newBatches(t, b.g))
		})
	}
}

func wordCount(t *testing.T, b *batches) {
	dir := t.TempDir()
	source, result := filepath.Join(dir, "in.txt"), filepath.Join(dir, "out.txt")
	require.NoError(t, os.WriteFile(source, []byte("a rose is a rose\nis a rose\n"), 0o600))
	id := uuid.NewString()
	request := api.BatchRequest{
		BatchType: "pyspark", Name: "words", Args: []string{source, result},
		Conf: map[string]string{"kyuubi.batch.id": id, "my.key": "a b", "spark.my.password": "geheim"},
	}
	sent := b.upload(request, script("words.py"))
	require.Equal(t, id, sent.ID)
	again := b.upload(request, script("words.py"))
	require.True(t, client.Duplicated(again))
	got := b.until(id, "FINISHED")
	require.Equal(t, "FINISHED", text(got.AppState))
	require.NotEmpty(t, text(got.AppID))
	require.NotZero(t, got.AppStartTime)
	counted, err := os.ReadFile(result)
	require.NoError(t, err)
	require.Equal(t, "a 3\nis 2\nrose 3\n", string(counted))
	log := b.log(id)
	require.Contains(t, log, "app words batch "+id+" mine a b")
	require.Contains(t, log, "spark-submit --proxy-user ann")
	require.NotContains(t, log, "geheim")
}

func jar(t *testing.T, b *batches) {
	dir := t.TempDir()
	for _, argv := range [][]string{
		{"javac", "-nowarn", "-cp", filepath.Join(sparkHome(t), "jars", "*"), "-d", dir, script("Count.java")},
		{"jar", "cf", filepath.Join(dir, "count.jar"), "-C", dir, "Count.class"},
	} {
		out, err := command(t, 2*time.Minute, argv[0], argv[1:]...).CombinedOutput()
		require.NoError(t, err, "%s", out)
	}
	sent := b.submit(api.BatchRequest{BatchType: "SPARK", Resource: filepath.Join(dir, "count.jar"), ClassName: "Count", Args: []string{"1000"}})
	b.until(sent.ID, "FINISHED")
	require.Contains(t, b.log(sent.ID), "sum 499500")
}

func failingBatch(t *testing.T, b *batches) {
	path := filepath.Join(t.TempDir(), "fails.py")
	require.NoError(t, os.WriteFile(path, []byte("raise ValueError('nothing to count')"), 0o600))
	sent := b.submit(api.BatchRequest{BatchType: "PYSPARK", Resource: path})
	got := b.until(sent.ID, "ERROR")
	require.Contains(t, text(got.AppDiagnostic), "ValueError: nothing to count")
	require.Contains(t, text(got.AppDiagnostic), "exit code 1")
	require.Equal(t, "FAILED", text(got.AppState))

	sent = b.submit(api.BatchRequest{BatchType: "PYSPARK", Resource: path, Conf: map[string]string{"kyuubi.engineEnv.SPARK_HOME": "/nowhere"}})
	got = b.until(sent.ID, "ERROR")
	require.Contains(t, text(got.AppDiagnostic), "set kyuubi.engineEnv.SPARK_HOME")
}

func canceledBatch(t *testing.T, b *batches) {
	ran := filepath.Join(t.TempDir(), "ran")
	sent := b.submit(api.BatchRequest{BatchType: "PYSPARK", Resource: script("wait.py"), Args: []string{ran, "/never"}})
	b.until(sent.ID, "RUNNING")
	require.Eventually(t, func() bool { return exists(ran) }, time.Minute, 20*time.Millisecond)
	require.NotEmpty(t, tagged(t, sent.ID))
	done, err := b.CancelBatch(t.Context(), sent.ID)
	require.NoError(t, err)
	require.True(t, done.Success, done.Msg)
	b.until(sent.ID, "CANCELED")
	require.Empty(t, tagged(t, sent.ID), "Python and Java are gone")
	done, err = b.CancelBatch(t.Context(), sent.ID)
	require.NoError(t, err)
	require.False(t, done.Success, "it has ended")
}

func refusedBatches(t *testing.T, b *batches) {
	for _, r := range []api.BatchRequest{
		{BatchType: "SPARK", Resource: "/x.jar"},
		{BatchType: "PYSPARK"},
		{BatchType: "FLINK", Resource: "/x.jar"},
		{BatchType: "SQL", Resource: "/x.sql", Conf: map[string]string{"kyuubi.engine.duckdb.path": filepath.Join(b.g.dir, "nekomata.duckdb")}},
	} {
		_, err := b.SubmitBatch(t.Context(), r)
		var refused *client.Error
		require.ErrorAs(t, err, &refused)
		require.Equal(t, 400, refused.Status, refused.Message)
	}
}

func TestSQLBatch(t *testing.T) {
	t.Parallel()
	b := newBatches(t, ownServer(t))
	path := filepath.Join(t.TempDir(), "tour.sql")
	write := func(text string) { require.NoError(t, os.WriteFile(path, []byte(text), 0o600)) }
	database := map[string]string{"kyuubi.engine.duckdb.path": filepath.Join(root, "data", "e2e-"+uuid.NewString()+".duckdb")}
	t.Cleanup(func() { _ = os.Remove(database["kyuubi.engine.duckdb.path"]) })

	write("-- words; of a tour\ncreate table words as select explode(split('a b ; c', ' ')) as `word`;\nselect count(*) as n from words where word <> '${hivevar:not}';")
	sent := b.upload(api.BatchRequest{BatchType: "SQL", Name: "tour", Args: []string{"not=a"}, Conf: database}, path)
	b.until(sent.ID, "FINISHED")
	log := b.log(sent.ID)
	require.Contains(t, log, "line 3> select count(*) as n from words where word <> '${hivevar:not}'\nn\n3\n-- 1 rows (")
	require.Contains(t, log, "2 statements in ")

	write("select word from words order by word desc limit 1;\nselect 'never shown'\n  from nowhere;\ndrop table words")
	sent = b.upload(api.BatchRequest{BatchType: "SQL", Conf: database}, path)
	got := b.until(sent.ID, "ERROR")
	require.Contains(t, text(got.AppDiagnostic), "statement 2 of 3, at line 2: ")
	require.Contains(t, text(got.AppDiagnostic), "(line 3, column 8)")
	require.NotContains(t, text(got.AppDiagnostic), "select word")
	require.Contains(t, b.log(sent.ID), "word\nc\n-- 1 rows (", "what the first batch left in its file")

	write("select sum(sin(a.id * b.id + c.id)) from range(100000) a, range(100000) b, range(100000) c")
	_, err := b.SubmitBatch(t.Context(), api.BatchRequest{BatchType: "SQL", Resource: path})
	require.ErrorContains(t, err, "upload it with the request")
	beside, err := b.UploadBatch(t.Context(), api.BatchRequest{
		BatchType: "SQL", Resource: path, ExtraResourcesMap: map[string]string{"x": "x"},
	}, client.File{}, client.File{Name: "x", Open: func() (io.ReadCloser, error) { return os.Open(path) }})
	require.NoError(t, err)
	require.Contains(t, text(b.until(beside.ID, "ERROR").AppDiagnostic), "upload it with the request", "a file beside is no way around")
	sent = b.upload(api.BatchRequest{BatchType: "SQL"}, path)
	b.until(sent.ID, "RUNNING")
	done, err := b.CancelBatch(t.Context(), sent.ID)
	require.NoError(t, err)
	require.True(t, done.Success, done.Msg)
	b.until(sent.ID, "CANCELED")
	require.Empty(t, tagged(t, sent.ID))
}

// TestBatchesOutliveTheGateway kills a gateway while two batches run: one goes on
// past its restart, the other ends while there is no gateway at all. A shell script
// takes the place of Spark, which is slow to start.
func TestBatchesOutliveTheGateway(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	require.NoError(t, os.Mkdir(path("bin"), 0o700))
	require.NoError(t, os.WriteFile(path("bin/spark-submit"), []byte(`#!/bin/sh
		shift 5 # the file of settings, the user, and the resource
		echo ran >> "$1"
		until [ -e "$2" ]; do sleep 0.05; done
		echo it may end
	`), 0o700))
	conf := []string{"kyuubi.engineEnv.SPARK_HOME=" + dir, "kyuubi.batch.lease.duration=PT2S", "kyuubi.batch.application.check.interval=PT0.2S"}
	b := newBatches(t, ownServer(t, conf...))
	names := []string{"one", "two"}
	var sent, before []api.Batch
	for _, name := range names {
		sent = append(sent, b.submit(api.BatchRequest{BatchType: "PYSPARK", Resource: "/x.py", Args: []string{path(name), path(name + ".end")}}))
	}
	for i, name := range names {
		before = append(before, b.until(sent[i].ID, "RUNNING"))
		require.Eventually(t, func() bool { return exists(path(name)) }, time.Minute, 20*time.Millisecond)
	}
	require.NoError(t, b.g.cmd.Process.Kill())
	<-b.g.exited
	require.NoError(t, os.WriteFile(path("two.end"), nil, 0o600))
	require.Eventually(t, func() bool { return len(tagged(t, sent[1].ID)) == 0 }, time.Minute, 20*time.Millisecond)
	require.NotEmpty(t, tagged(t, sent[0].ID))

	g, err := start(b.g.dir, conf...)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, g.stop()) })
	b = newBatches(t, g)
	got := b.until(sent[1].ID, "FINISHED")
	require.Equal(t, before[1].AppID, got.AppID)
	require.Contains(t, b.log(sent[1].ID), "it may end")
	b.until(sent[0].ID, "RUNNING")
	require.NoError(t, os.WriteFile(path("one.end"), nil, 0o600))
	got = b.until(sent[0].ID, "FINISHED")
	require.Equal(t, before[0].AppID, got.AppID)
	require.Equal(t, before[0].AppStartTime, got.AppStartTime)
	for _, name := range names {
		ran, err := os.ReadFile(path(name))
		require.NoError(t, err)
		require.Equal(t, "ran\n", string(ran), "once")
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// tagged are the processes of a batch.
func tagged(t *testing.T, id string) []string {
	t.Helper()
	found, err := filepath.Glob("/proc/[0-9]*/environ")
	require.NoError(t, err)
	var out []string
	for _, path := range found {
		env, err := os.ReadFile(path)
		if err == nil && strings.Contains("\x00"+string(env), "\x00KYUUBI_BATCH_ID="+id+"\x00") {
			out = append(out, path)
		}
	}
	return out
}

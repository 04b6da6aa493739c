package kubernetes_test

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nekomata-sql/nekomata/batch/application"
	"github.com/nekomata-sql/nekomata/batch/application/applicationtest"
	"github.com/nekomata-sql/nekomata/batch/application/kubernetes"
	"github.com/nekomata-sql/nekomata/batch/application/process"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// soon is how long a busy machine may take for what should be quick.
const soon = 20 * time.Second

// TestMain runs the supervisors of the programs that submit, too.
func TestMain(m *testing.M) { os.Exit(applicationtest.Main(m)) }

// TestConformance is what every application must do; curl is who submits.
func TestConformance(t *testing.T) {
	t.Parallel()
	s := newAPIServer(t)
	does := func(what string) func(testing.TB) application.Job {
		return func(testing.TB) application.Job {
			return application.Job{Name: "Count Words!", User: "alice", Resource: what}
		}
	}
	applicationtest.Run(t, applicationtest.Subject{
		New: func(tb testing.TB, o process.Options) application.Application {
			tb.Helper()
			o.Host = ""
			o.Build = func(_ context.Context, job application.Job) (process.Command, error) {
				p := pod(job.ID, job.Conf["spark.kubernetes.driver.pod.name"])
				p.Annotations = map[string]string{"does": job.Resource}
				body, err := json.Marshal(p)
				return process.Command{
					Argv: []string{
						"sh", "-c", `echo hello; exec curl -fsS -o /dev/null -d "$1" "$2"`, "spark-submit", string(body),
						s.URL + "/api/v1/namespaces/" + job.Conf["spark.kubernetes.namespace"] + "/pods",
					},
					Env: os.Environ(),
				}, err
			}
			return start(tb, kubernetes.Options{Submitter: process.New(o), Access: access(s)})
		},
		Succeeds: does("succeeds"), Fails: does("fails"), Waits: does("waits"),
		Diagnostic: `"phase":"Failed"`,
		Outlives:   true,
	})
}

func access(s *apiServer) func(string, string) kubernetes.Access {
	return func(string, string) kubernetes.Access {
		return kubernetes.Access{Master: s.URL, Token: s.token, Kubeconfig: os.DevNull}
	}
}

// start runs a Kubernetes until the test ends.
func start(tb testing.TB, o kubernetes.Options) *kubernetes.Kubernetes {
	tb.Helper()
	if o.Submitter == nil {
		o.Submitter = idle{}
	}
	k, err := kubernetes.New(o)
	require.NoError(tb, err)
	ctx, cancel := context.WithCancel(context.WithoutCancel(tb.Context()))
	over := make(chan error, 1)
	ready := make(chan struct{})
	go func() { over <- k.Run(ctx, func() { close(ready) }) }()
	<-ready
	tb.Cleanup(func() {
		cancel()
		require.NoError(tb, <-over)
	})
	return k
}

// watching is one that has begun to watch the default place.
func watching(t *testing.T, s *apiServer, o kubernetes.Options) *kubernetes.Kubernetes {
	t.Helper()
	_, before := s.counts()
	o.Access, o.Initialize = access(s), []string{""}
	k := start(t, o)
	require.Eventually(t, func() bool {
		_, watches := s.counts()
		return watches > before
	}, soon, 5*time.Millisecond)
	return k
}

// idle submits nothing, and knows of nothing.
type idle struct{}

func (idle) Launch(context.Context, application.Job) error { return nil }
func (idle) Find(context.Context, application.Job) (application.Info, error) {
	return application.Info{State: application.NotFound, Diagnostic: "this machine knows of no such job"}, nil
}
func (idle) Kill(context.Context, application.Job) (string, error) { return "nothing ran", nil }
func (idle) Forget(context.Context, application.Job) error         { return nil }

func pod(id, name string) *corev1.Pod {
	p := &corev1.Pod{}
	p.Name, p.Namespace = name, "default"
	p.Labels = map[string]string{"kyuubi-unique-tag": id, "spark-app-selector": "spark-" + id[:8], "spark-app-name": "count-words", "spark-role": "driver"}
	p.Spec.Containers = []corev1.Container{{Name: "spark-kubernetes-driver", Ports: []corev1.ContainerPort{{Name: "spark-ui", ContainerPort: 4041}}}}
	return p
}

func newJob() application.Job {
	return application.Job{ID: uuid.NewString(), User: "alice", Name: "count words", Started: time.Now().Add(-time.Hour)}
}

func find(t *testing.T, k *kubernetes.Kubernetes, job application.Job) application.Info {
	t.Helper()
	info, err := k.Find(t.Context(), job)
	require.NoError(t, err)
	return info
}

func becomes(t *testing.T, k *kubernetes.Kubernetes, job application.Job, want application.State) application.Info {
	t.Helper()
	var info application.Info
	require.Eventually(t, func() bool {
		info = find(t, k, job)
		return info.State == want
	}, soon, 10*time.Millisecond, "%+v", &info)
	return info
}

func phase(p corev1.PodPhase) func(*corev1.Pod) {
	return func(pod *corev1.Pod) { pod.Status.Phase = p }
}

// TestTheWatchTells follows pods through all that can befall a watch.
func TestTheWatchTells(t *testing.T) {
	t.Parallel()
	s := newAPIServer(t)
	k := watching(t, s, kubernetes.Options{})
	job := newJob()
	p := pod(job.ID, "driver")
	require.Equal(t, application.NotFound, find(t, k, job).State)
	s.add(p)
	require.Equal(t, application.Info{ID: "spark-" + job.ID[:8], Name: "count-words", State: application.Pending}, find(t, k, job),
		"at once, whatever the watch has said")

	require.Eventually(t, func() bool { // the watch has said it when nobody lists any more
		before, watches := s.counts()
		find(t, k, job)
		after, _ := s.counts()
		return watches > 0 && before == after
	}, soon, 10*time.Millisecond)
	s.change(p, phase(corev1.PodRunning))
	becomes(t, k, job, application.Running)
	lists, watches := s.counts()

	s.cutWatches()
	s.change(p, phase(corev1.PodUnknown))
	becomes(t, k, job, application.Unknown)
	after, again := s.counts()
	require.Greater(t, again, watches, "a watch that was cut begins again")
	require.Equal(t, lists, after, "where it was: nothing is listed again")

	s.expire()
	s.change(p, phase(corev1.PodRunning))
	becomes(t, k, job, application.Running)
	after, _ = s.counts()
	require.Greater(t, after, lists, "a version that is too old has everything listed again")

	s.set(func() { s.down = true })
	s.cutWatches()
	require.Equal(t, application.Running, find(t, k, job).State, "an outage changes nothing")
	_, err := k.Find(t.Context(), newJob())
	require.ErrorIs(t, err, sqlerr.Unavailable, "of what was never seen nobody can tell")
	s.change(p, phase(corev1.PodSucceeded))
	s.set(func() { s.down = false })
	require.Empty(t, becomes(t, k, job, application.Finished).Diagnostic)
}

func TestMoreThanOnePageIsListed(t *testing.T) {
	t.Parallel()
	s := newAPIServer(t)
	jobs := make([]application.Job, 1100)
	for i := range jobs {
		jobs[i] = newJob()
		p := pod(jobs[i].ID, "driver-"+jobs[i].ID)
		p.Status.Phase = corev1.PodRunning
		s.add(p)
	}
	k := watching(t, s, kubernetes.Options{})
	require.Eventually(t, func() bool {
		before, watches := s.counts()
		find(t, k, jobs[0])
		after, _ := s.counts()
		return watches > 0 && before == after
	}, soon, 10*time.Millisecond)
	before, _ := s.counts()
	for _, job := range jobs {
		require.Equal(t, application.Running, find(t, k, job).State)
	}
	after, _ := s.counts()
	require.Equal(t, before, after, "all of them are watched")
}

func TestDeletedPods(t *testing.T) {
	t.Parallel()
	s := newAPIServer(t)
	k := watching(t, s, kubernetes.Options{})
	for _, test := range []struct {
		name  string
		phase corev1.PodPhase
		want  application.State
		why   string
	}{
		{"running", corev1.PodRunning, application.Failed, "Pod running is deleted"},
		{"pending", corev1.PodPending, application.Failed, "Pod pending is deleted"},
		{"finished", corev1.PodSucceeded, application.Finished, ""},
		{"failed", corev1.PodFailed, application.Failed, `"phase":"Failed"`},
	} {
		job := newJob()
		p := pod(job.ID, test.name)
		p.Status.Phase = test.phase
		s.add(p)
		find(t, k, job)
		s.vanish(p)
		info := becomes(t, k, job, test.want)
		if test.want == application.Failed && test.phase != corev1.PodFailed {
			require.Equal(t, test.why, info.Diagnostic)
		}
		require.Contains(t, info.Diagnostic, test.why)
		require.Equal(t, "spark-"+job.ID[:8], info.ID)
	}
}

// TestDeletedWhileTheWatchIsCut has the last word of a pod come late or not at all.
func TestDeletedWhileTheWatchIsCut(t *testing.T) {
	t.Parallel()
	s := newAPIServer(t)
	k := watching(t, s, kubernetes.Options{})
	late, lost := newJob(), newJob()
	pods := map[string]*corev1.Pod{late.ID: pod(late.ID, "late"), lost.ID: pod(lost.ID, "lost")}
	for _, job := range []application.Job{late, lost} {
		s.add(pods[job.ID])
		s.change(pods[job.ID], phase(corev1.PodRunning))
		becomes(t, k, job, application.Running)
	}
	s.cutWatches()
	s.change(pods[late.ID], phase(corev1.PodSucceeded))
	s.vanish(pods[late.ID])
	becomes(t, k, late, application.Finished)

	s.set(func() {
		s.down = true
		s.cutAll()
	})
	s.change(pods[lost.ID], phase(corev1.PodSucceeded))
	s.vanish(pods[lost.ID])
	s.expire()
	s.set(func() { s.down = false })
	require.Equal(t, "Pod lost is deleted", becomes(t, k, lost, application.Failed).Diagnostic)
}

func TestKill(t *testing.T) {
	t.Parallel()
	s := newAPIServer(t)
	k, other := watching(t, s, kubernetes.Options{}), watching(t, s, kubernetes.Options{})
	job := newJob()
	p := pod(job.ID, "driver")
	p.Annotations = map[string]string{"does": "waits"}
	s.add(p)
	becomes(t, k, job, application.Running)
	becomes(t, other, job, application.Running)

	s.set(func() { s.forbid = "DELETE" })
	_, err := k.Kill(t.Context(), job)
	require.ErrorIs(t, err, sqlerr.Denied)
	s.set(func() { s.forbid = "" })
	note, err := k.Kill(t.Context(), job)
	require.NoError(t, err)
	require.Equal(t, "pod driver was told to end; of the program that submits: nothing ran", note)
	becomes(t, k, job, application.Killed)
	becomes(t, other, job, application.Killed)
	require.Eventually(t, func() bool { return !s.has(p) }, soon, 10*time.Millisecond)
	becomes(t, other, job, application.Killed)

	note, err = k.Kill(t.Context(), job)
	require.NoError(t, err)
	require.Contains(t, note, "no application ran")
}

func TestCleanUp(t *testing.T) {
	t.Parallel()
	for kind, stay := range map[kubernetes.Kind][]string{
		kubernetes.None:      {"failed", "finished", "running"},
		kubernetes.Completed: {"failed", "running"},
		kubernetes.All:       {"running"},
	} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			s := newAPIServer(t)
			pods := map[string]*corev1.Pod{}
			for name, phase := range map[string]corev1.PodPhase{"finished": corev1.PodSucceeded, "failed": corev1.PodFailed, "running": corev1.PodRunning} {
				pods[name] = pod(uuid.NewString(), name)
				pods[name].Status.Phase = phase
				s.add(pods[name])
			}
			k := start(t, kubernetes.Options{
				Access: access(s), CleanUp: kind, Retain: 50 * time.Millisecond, CheckInterval: 10 * time.Millisecond, Initialize: []string{""},
			})
			there := func() []string {
				var names []string
				for _, name := range []string{"failed", "finished", "running"} {
					if s.has(pods[name]) {
						names = append(names, name)
					}
				}
				return names
			}
			require.Eventually(t, func() bool { return len(there()) == len(stay) }, soon, 10*time.Millisecond)
			time.Sleep(100 * time.Millisecond) // none goes that should stay
			require.Equal(t, stay, there())
			job := application.Job{ID: pods["finished"].Labels["kyuubi-unique-tag"], Started: time.Now().Add(-time.Hour)}
			require.Equal(t, application.Finished, find(t, k, job).State, "its end is known for longer")
		})
	}
}

func TestStuckPods(t *testing.T) {
	t.Parallel()
	s := newAPIServer(t)
	k := start(t, kubernetes.Options{Access: access(s), Source: kubernetes.Container})
	stuck, ended := newJob(), newJob()
	pods := map[string]*corev1.Pod{}
	for _, test := range []struct {
		job   application.Job
		state corev1.ContainerState
	}{
		{stuck, corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "ImagePullBackOff"}}},
		{ended, corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: 1}}},
	} {
		p := pod(test.job.ID, "driver-"+test.job.ID)
		p.Status.ContainerStatuses = []corev1.ContainerStatus{{Name: "spark-kubernetes-driver", State: test.state}}
		s.add(p)
		pods[test.job.ID] = p
		becomes(t, k, test.job, application.Failed)
		require.NoError(t, k.Forget(t.Context(), test.job))
	}
	require.Eventually(t, func() bool { return !s.has(pods[stuck.ID]) }, soon, 10*time.Millisecond, "its image may be there one day")
	require.True(t, s.has(pods[ended.ID]))
}

func TestURL(t *testing.T) {
	t.Parallel()
	s := newAPIServer(t)
	for pattern, want := range map[string]string{
		"": "",
		"http://{{SPARK_DRIVER_SVC}}.{{KUBERNETES_NAMESPACE}}.svc:{{SPARK_UI_PORT}}":     "http://words-driver-svc.default.svc:4041",
		"https://ui/{{KUBERNETES_CONTEXT}}/{{SPARK_APP_ID}}?pod={{SPARK_DRIVER_POD_IP}}": "https://ui/c1/{{id}}?pod=10.1.2.3",
	} {
		k := start(t, kubernetes.Options{Access: access(s), URLPattern: pattern, Context: "c1"})
		job := newJob()
		p := pod(job.ID, "driver-"+job.ID)
		p.Status.Phase, p.Status.PodIP = corev1.PodRunning, "10.1.2.3"
		s.add(p)
		info := find(t, k, job)
		if want == "http://words-driver-svc.default.svc:4041" {
			require.Empty(t, info.URL, "before its service is there")
			s.set(func() {
				s.services = []corev1.Service{{ObjectMeta: metav1.ObjectMeta{
					Name: "words-driver-svc", Namespace: "default", Labels: map[string]string{"spark-app-selector": info.ID},
				}}}
			})
			info = find(t, k, job)
		}
		if want == "https://ui/c1/{{id}}?pod=10.1.2.3" {
			want = "https://ui/c1/" + info.ID + "?pod=10.1.2.3"
		}
		require.Equal(t, want, info.URL)
		s.change(p, phase(corev1.PodSucceeded))
		require.Equal(t, want, becomes(t, k, job, application.Finished).URL, "it stays")
	}
}

// TestContexts has two clusters, one with TLS and a token, and jobs that name one.
func TestContexts(t *testing.T) {
	t.Parallel()
	plain := newAPIServer(t)
	secured := unstarted()
	secured.token = "s3cret"
	secured.Server = httptest.NewTLSServer(secured.handler())
	t.Cleanup(secured.end)
	dir := t.TempDir()
	ca := filepath.Join(dir, "ca.pem")
	require.NoError(t, os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secured.Certificate().Raw}), 0o600))
	kubeconfig := filepath.Join(dir, "config")
	require.NoError(t, os.WriteFile(kubeconfig, []byte(`{"apiVersion": "v1", "kind": "Config", "current-context": "plain",
		"clusters": [{"name": "plain", "cluster": {"server": "`+plain.URL+`"}}, {"name": "secured", "cluster": {"server": "http://nowhere.invalid"}}],
		"users": [{"name": "nobody", "user": {}}],
		"contexts": [{"name": "plain", "context": {"cluster": "plain", "user": "nobody"}}, {"name": "secured", "context": {"cluster": "secured", "user": "nobody"}}]}`), 0o600))
	l := &launched{}
	k := start(t, kubernetes.Options{
		Submitter: l, Contexts: []string{"", "secured", "missing"}, Namespaces: []string{"default", "etl"},
		Access: func(context, namespace string) kubernetes.Access {
			a := kubernetes.Access{Kubeconfig: kubeconfig}
			if context == "secured" && namespace == "etl" {
				a.Master, a.CAFile, a.Token = secured.URL, ca, "s3cret"
			}
			return a
		},
	})
	job := newJob()
	p := pod(job.ID, "driver")
	p.Namespace = "etl"
	secured.add(p)
	require.Equal(t, application.NotFound, find(t, k, job).State)
	for _, conf := range []map[string]string{
		{"spark.kubernetes.context": "secured", "spark.kubernetes.namespace": "etl"},
		{"kyuubi.kubernetes.context": "secured", "kyuubi.kubernetes.namespace": "etl"},
	} {
		job.Conf = conf
		require.Equal(t, application.Pending, find(t, k, job).State)
		require.NoError(t, k.Launch(t.Context(), job))
		require.Equal(t, "secured", l.job.Conf["spark.kubernetes.context"])
		require.Equal(t, "etl", l.job.Conf["spark.kubernetes.namespace"])
		require.Equal(t, job.ID, l.job.Conf["spark.kubernetes.driver.label.kyuubi-unique-tag"])
		require.Equal(t, "kyuubi-count-words-"+job.ID+"-driver", l.job.Conf["spark.kubernetes.driver.pod.name"])
		require.Len(t, job.Conf, 2, "the caller's is as it was")
	}
	for _, conf := range []map[string]string{{"spark.kubernetes.context": "plain"}, {"kubernetes.namespace": "kube-system"}, {"spark.kubernetes.namespace": "kube-system"}} {
		job.Conf = conf
		require.ErrorIs(t, k.Launch(t.Context(), job), sqlerr.Denied)
	}
	job.Conf = map[string]string{"spark.kubernetes.context": "missing"}
	_, err := k.Find(t.Context(), job)
	require.ErrorIs(t, err, sqlerr.Unavailable)
	require.ErrorContains(t, err, `"missing"`)
}

// launched keeps what it was to launch.
type launched struct {
	idle

	job application.Job
}

func (l *launched) Launch(_ context.Context, job application.Job) error { l.job = job; return nil }

func TestPlacesToWatchAreChecked(t *testing.T) {
	t.Parallel()
	_, err := kubernetes.New(kubernetes.Options{Initialize: []string{"a:b:c"}})
	require.ErrorIs(t, err, sqlerr.Invalid)
	_, err = kubernetes.New(kubernetes.Options{Initialize: []string{"a:b"}, Namespaces: []string{"c"}})
	require.ErrorIs(t, err, sqlerr.Denied)
}

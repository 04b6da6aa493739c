package kubernetes

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"

	"github.com/nekomata-sql/nekomata/batch/application"
)

// TestStates is every phase of a pod with every state of its driver's container.
func TestStates(t *testing.T) {
	t.Parallel()
	const (
		pending, running, finished, failed, killed, unknown = application.Pending, application.Running,
			application.Finished, application.Failed, application.Killed, application.Unknown
	)
	waiting := func(reason string) *corev1.ContainerState {
		return &corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason}}
	}
	ended := func(code int32) *corev1.ContainerState {
		return &corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: code}}
	}
	containers := []struct {
		state *corev1.ContainerState
		want  application.State
	}{
		{&corev1.ContainerState{}, pending},
		{waiting(""), pending},
		{waiting("ContainerCreating"), pending},
		{waiting("PodInitializing"), pending},
		{waiting("ImagePullBackOff"), failed},
		{waiting("CrashLoopBackOff"), failed},
		{&corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}, running},
		{ended(0), finished},
		{ended(1), failed},
		{ended(143), failed},
	}
	for phase, byPod := range map[string]application.State{
		"Pending": pending, "Running": running, "Succeeded": finished, "Failed": failed, "Error": failed, "OOMKilled": killed,
		"Unknown": unknown, "": unknown, "Odd": unknown,
	} {
		pod := &corev1.Pod{Status: corev1.PodStatus{Phase: corev1.PodPhase(phase)}}
		byPhase, byContainer := Options{Source: Pod}.withDefaults(), Options{Source: Container}.withDefaults()
		require.Equal(t, byPod, byPhase.state(pod), phase)
		require.Equal(t, byPod, byContainer.state(pod), "%s without a container", phase)
		for _, c := range containers {
			pod.Status.ContainerStatuses = []corev1.ContainerStatus{
				{Name: "side-car", State: *ended(1)}, {Name: "spark-kubernetes-driver", State: *c.state},
			}
			want := c.want
			if !want.Ended() && byPod.Ended() {
				want = byPod
			}
			require.Equal(t, byPod, byPhase.state(pod), "%s %+v", phase, c.state)
			require.Equal(t, want, byContainer.state(pod), "%s %+v", phase, c.state)
		}
	}
}

func TestDiagnostic(t *testing.T) {
	t.Parallel()
	pod := &corev1.Pod{Status: corev1.PodStatus{Phase: corev1.PodFailed, Reason: "Evicted", ContainerStatuses: []corev1.ContainerStatus{{
		Name: "spark-kubernetes-driver", State: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: 137, Reason: "OOMKilled"}},
	}}}}
	pod.Name, pod.Namespace = "driver", "etl"
	text := Options{Source: Pod}.withDefaults().info(pod).Diagnostic
	require.Contains(t, text, `"namespace":"etl","pod":"driver","podStatus":{`)
	require.Contains(t, text, `"reason":"Evicted"`)
	text = Options{Source: Container}.withDefaults().info(pod).Diagnostic
	require.Contains(t, text, `"containerStatus":{`)
	require.Contains(t, text, `"reason":"OOMKilled"`)
	require.NotContains(t, text, "Evicted")
}

func TestPodName(t *testing.T) {
	t.Parallel()
	const id = "6d9f3c1e-5f0a-4b1e-9a55-0d6e0f6a1b2c"
	require.Equal(t, "kyuubi-"+id+"-driver", podName("", id))
	require.Equal(t, "kyuubi-"+id+"-driver", podName("字数", id))
	require.Equal(t, "kyuubi-count-words-2-"+id+"-driver", podName(" Count words_2!", id))
	long := podName(strings.Repeat("ab-", 200), id)
	require.Len(t, long, maxPodName)
	require.Regexp(t, `^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`, long)
}

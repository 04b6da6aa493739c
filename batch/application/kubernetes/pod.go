package kubernetes

import (
	"encoding/json"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/nekomata-sql/nekomata/batch/application"
)

const (
	// tagLabel is the label of a driver's pod that holds the batch's id.
	tagLabel = "kyuubi-unique-tag"
	// appLabel and nameLabel are Spark's own.
	appLabel  = "spark-app-selector"
	nameLabel = "spark-app-name"
	// killedMark is the annotation of a pod that was deleted on request.
	killedMark = "nekomata-killed"
	// uiPort names the port of Spark's UI, and is its number by default.
	uiPort        = "spark-ui"
	uiPortDefault = 4040
)

// info is what a pod says of its job, its address excepted.
func (o Options) info(pod *corev1.Pod) application.Info {
	info := application.Info{ID: pod.Labels[appLabel], Name: pod.Labels[nameLabel], State: o.state(pod)}
	if info.ID == "" {
		info.ID = pod.Name
	}
	if info.Name == "" {
		info.Name = pod.Name
	}
	if info.State == application.Failed || info.State == application.Killed || info.State == application.Unknown {
		info.Diagnostic = o.diagnostic(pod)
	}
	return info
}

// state is a job's, by its pod.
func (o Options) state(pod *corev1.Pod) application.State {
	state := phaseState(string(pod.Status.Phase))
	if c := o.driver(pod); o.Source == Container && c != nil {
		// Others beside the driver may live on, or fail.
		if s := containerState(c.State); s.Ended() || !state.Ended() {
			state = s
		}
	}
	if state == application.Failed && pod.Annotations[killedMark] != "" {
		return application.Killed
	}
	return state
}

// phaseState is a state by a pod's phase.
func phaseState(phase string) application.State {
	switch phase {
	case "Pending":
		return application.Pending
	case "Running":
		return application.Running
	case "Succeeded":
		return application.Finished
	case "Failed", "Error":
		return application.Failed
	case "OOMKilled":
		return application.Killed
	default:
		return application.Unknown
	}
}

func containerState(s corev1.ContainerState) application.State {
	switch {
	case s.Terminated != nil && s.Terminated.ExitCode == 0:
		return application.Finished
	case s.Terminated != nil:
		return application.Failed
	case s.Running != nil:
		return application.Running
	case s.Waiting == nil:
		return application.Pending
	}
	switch s.Waiting.Reason {
	case "", "ContainerCreating", "PodInitializing":
		return application.Pending
	default: // its image can't be pulled, and so on
		return application.Failed
	}
}

// driver is the status of the driver's container; nil when there is none yet.
func (o Options) driver(pod *corev1.Pod) *corev1.ContainerStatus {
	for i := range pod.Status.ContainerStatuses {
		if pod.Status.ContainerStatuses[i].Name == o.Container {
			return &pod.Status.ContainerStatuses[i]
		}
	}
	return nil
}

// stuck says that the driver never began, but might yet.
func (o Options) stuck(pod *corev1.Pod) bool {
	c := o.driver(pod)
	return o.Source == Container && c != nil && c.State.Waiting != nil && !phaseState(string(pod.Status.Phase)).Ended()
}

// diagnostic is the pod's or the container's status, as JSON.
func (o Options) diagnostic(pod *corev1.Pod) string {
	said := map[string]any{"pod": pod.Name, "namespace": pod.Namespace}
	if c := o.driver(pod); o.Source == Container && c != nil {
		said["containerStatus"] = c
	} else {
		said["podStatus"] = pod.Status
	}
	text, err := json.Marshal(said)
	if err != nil {
		return "Pod " + pod.Name + " has failed"
	}
	return string(text)
}

// url makes an application's address.
func (o Options) url(pod *corev1.Pod, p place, service string) string {
	port := uiPortDefault
	for _, c := range pod.Spec.Containers {
		for _, named := range c.Ports {
			if named.Name == uiPort {
				port = int(named.ContainerPort)
			}
		}
	}
	return strings.NewReplacer(
		"{{SPARK_APP_ID}}", pod.Labels[appLabel],
		serviceMark, service,
		"{{SPARK_DRIVER_POD_IP}}", pod.Status.PodIP,
		"{{KUBERNETES_CONTEXT}}", p.context,
		"{{KUBERNETES_NAMESPACE}}", p.namespace,
		"{{SPARK_UI_PORT}}", strconv.Itoa(port),
	).Replace(o.URLPattern)
}

// serviceMark is the placeholder that takes a look at the cluster's services.
const serviceMark = "{{SPARK_DRIVER_SVC}}"

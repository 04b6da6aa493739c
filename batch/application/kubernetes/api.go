package kubernetes

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// api is what is asked of an API server, in one namespace.
type api struct {
	place   place
	client  *rest.RESTClient
	params  runtime.ParameterCodec
	timeout time.Duration
}

// Requests per second of one namespace, and how many at once. An API server has
// its own limits; these keep a gateway that goes wrong from being felt.
const (
	requestRate  = 50
	requestBurst = 100
)

func newAPI(p place, a Access, timeout time.Duration) (*api, error) {
	config, err := a.config(p.context)
	if err != nil {
		return nil, sqlerr.Wrap(err, sqlerr.Unavailable, "the Kubernetes context %q can't be used: %v", p.context, err)
	}
	scheme := runtime.NewScheme()
	if err := corev1.AddToScheme(scheme); err != nil {
		return nil, err
	}
	config.GroupVersion = &corev1.SchemeGroupVersion
	config.APIPath = "/api"
	config.NegotiatedSerializer = serializer.NewCodecFactory(scheme).WithoutConversion()
	config.UserAgent = "nekomata"
	config.WarningHandler = rest.NoWarnings{} // they are for people at a terminal
	config.QPS, config.Burst = requestRate, requestBurst
	client, err := rest.RESTClientFor(config)
	if err != nil {
		return nil, sqlerr.Wrap(err, sqlerr.Unavailable, "the API server of the Kubernetes context %q can't be used: %v", p.context, err)
	}
	return &api{place: p, client: client, params: runtime.NewParameterCodec(scheme), timeout: timeout}, nil
}

func (a Access) config(name string) (*rest.Config, error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = a.Kubeconfig
	o := &clientcmd.ConfigOverrides{CurrentContext: name}
	o.ClusterInfo = clientcmdapi.Cluster{Server: a.Master, CertificateAuthority: a.CAFile, InsecureSkipTLSVerify: a.TrustAll}
	o.AuthInfo = clientcmdapi.AuthInfo{Token: a.Token, TokenFile: a.TokenFile, ClientCertificate: a.CertFile, ClientKey: a.KeyFile}
	if a.Master != "" && name != "" {
		known, err := rules.Load()
		if err != nil {
			return nil, err
		}
		if known.Contexts[name] == nil { // it is made of settings alone
			o.CurrentContext = ""
			return clientcmd.NewDefaultClientConfig(*clientcmdapi.NewConfig(), o).ClientConfig()
		}
	}
	return clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, o).ClientConfig()
}

// list reads pods, as they are now.
func (a *api) list(ctx context.Context, o metav1.ListOptions) (*corev1.PodList, error) {
	ctx, cancel := context.WithTimeout(ctx, a.timeout)
	defer cancel()
	pods := &corev1.PodList{}
	err := a.client.Get().Namespace(a.place.namespace).Resource("pods").VersionedParams(&o, a.params).Do(ctx).Into(pods)
	return pods, err
}

func (a *api) watch(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
	o.Watch = true
	return a.client.Get().Namespace(a.place.namespace).Resource("pods").VersionedParams(&o, a.params).Watch(ctx)
}

// tagged reads the pods of a job, as they are now.
func (a *api) tagged(ctx context.Context, tag string) ([]corev1.Pod, error) {
	pods, err := a.list(ctx, metav1.ListOptions{LabelSelector: tagLabel + "=" + tag})
	if err != nil {
		return nil, a.unavailable(err)
	}
	return pods.Items, nil
}

// mark says on a pod that it was deleted on request, for whoever watches it.
func (a *api) mark(ctx context.Context, pod *corev1.Pod) error {
	ctx, cancel := context.WithTimeout(ctx, a.timeout)
	defer cancel()
	patch := []byte(`{"metadata":{"uid":"` + string(pod.UID) + `","annotations":{"` + killedMark + `":"true"}}}`)
	return a.client.Patch(types.MergePatchType).Namespace(a.place.namespace).Resource("pods").Name(pod.Name).Body(patch).Do(ctx).Error()
}

// remove deletes a pod and, by and by, what it owns: its executors. One that is
// gone is none.
func (a *api) remove(ctx context.Context, pod *corev1.Pod) error {
	ctx, cancel := context.WithTimeout(ctx, a.timeout)
	defer cancel()
	background := metav1.DeletePropagationBackground
	err := a.client.Delete().Namespace(a.place.namespace).Resource("pods").Name(pod.Name).Body(&metav1.DeleteOptions{
		PropagationPolicy: &background,
		Preconditions:     &metav1.Preconditions{UID: &pod.UID},
	}).Do(ctx).Error()
	switch {
	case apierrors.IsNotFound(err), apierrors.IsConflict(err): // gone, or another one by now
		return nil
	case apierrors.IsForbidden(err):
		return sqlerr.Wrap(err, sqlerr.Denied, "Kubernetes does not let the gateway delete the pod %s: %v", pod.Name, err)
	case err != nil:
		return a.unavailable(err)
	}
	return nil
}

// service is the name of the service through which a driver is reached; "" when
// there is none.
func (a *api) service(ctx context.Context, appID string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, a.timeout)
	defer cancel()
	services := &corev1.ServiceList{}
	err := a.client.Get().Namespace(a.place.namespace).Resource("services").
		VersionedParams(&metav1.ListOptions{LabelSelector: appLabel + "=" + appID}, a.params).Do(ctx).Into(services)
	if err != nil || len(services.Items) == 0 {
		return "", err
	}
	return services.Items[0].Name, nil
}

func (a *api) unavailable(err error) error {
	return sqlerr.Wrap(err, sqlerr.Unavailable, "the Kubernetes cluster can't be asked for pods in %s now: %v", a.place, err)
}

// informer keeps the pods that carry a tag, and begins again by itself after
// whatever breaks its watch.
func (a *api) informer() (cache.SharedIndexInformer, error) {
	lw := &cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			o.LabelSelector = tagLabel
			return a.list(ctx, o)
		},
		WatchFuncWithContext: func(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
			o.LabelSelector = tagLabel
			return a.watch(ctx, o)
		},
	}
	informer := cache.NewSharedIndexInformer(cache.ToListWatcherWithWatchListSemantics(lw, listFirst{}), &corev1.Pod{}, 0, cache.Indexers{
		tagLabel: func(obj any) ([]string, error) {
			if pod, ok := obj.(*corev1.Pod); ok {
				return []string{pod.Labels[tagLabel]}, nil
			}
			return nil, nil
		},
	})
	return informer, informer.SetTransform(slim)
}

// listFirst has pods listed and then watched: to get the list through the watch
// hangs on API servers that don't know of it.
type listFirst struct{}

// IsWatchListSemanticsUnSupported is what client-go asks.
func (listFirst) IsWatchListSemanticsUnSupported() bool { return true }

// slim drops what nobody asks for.
func slim(obj any) (any, error) {
	pod, ok := obj.(*corev1.Pod)
	if !ok {
		return obj, nil
	}
	kept := make([]corev1.Container, len(pod.Spec.Containers))
	for i, c := range pod.Spec.Containers {
		kept[i] = corev1.Container{Name: c.Name, Ports: c.Ports}
	}
	pod.ManagedFields = nil
	pod.Spec = corev1.PodSpec{Containers: kept}
	return pod, nil
}

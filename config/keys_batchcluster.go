package config

import (
	"strings"
	"time"
)

// Settings of batches that run on a cluster.
var (
	// SubmitTimeout is how long a job may take to turn up.
	SubmitTimeout = Duration("kyuubi.engine.submit.timeout", 30*time.Second,
		"How long after its start a batch's application may take to turn up on its cluster once the program that submits it has ended, or is on another gateway's machine. "+
			"Past that the batch ends as ERROR, and is never started again.").AtLeast(time.Second)

	// YARNSubmitTimeout is YARN's.
	YARNSubmitTimeout = Duration("kyuubi.engine.yarn.submit.timeout", 30*time.Second,
		"The same for YARN.").AtLeast(time.Second).Fallback(SubmitTimeout)

	// KubernetesSubmitTimeout is Kubernetes'.
	KubernetesSubmitTimeout = Duration("kyuubi.engine.kubernetes.submit.timeout", 30*time.Second,
		"The same for Kubernetes.").AtLeast(time.Second).Fallback(SubmitTimeout)
)

var batchClusterArea = Area{
	Title:    "Batches on a cluster",
	Settings: []Setting{SubmitTimeout, YARNSubmitTimeout, KubernetesSubmitTimeout},
}

// Settings of YARN.
var (
	// YARNResourceManagers are whom to ask.
	YARNResourceManagers = Strings("kyuubi.yarn.resourcemanager.addresses", nil,
		"The addresses of the ResourceManagers' web services, as in `http://rm1.example.com:8088`; with several, the active one is found. "+
			"Empty takes them from `yarn-site.xml` in `YARN_CONF_DIR` or `HADOOP_CONF_DIR`, as `kyuubi.engineEnv.*` or the gateway's environment has them.").Ours()

	// YARNUserStrategy says as whom.
	YARNUserStrategy = Enum("kyuubi.yarn.user.strategy", "NONE",
		"As whom the ResourceManager is asked about and told to end applications: NONE is the gateway's own user, ADMIN that of `kyuubi.yarn.user.admin`, OWNER the batch's.",
		Choice{Values: []string{"NONE", "ADMIN", "OWNER"}})

	// YARNAdmin is the administrator.
	YARNAdmin = String("kyuubi.yarn.user.admin", "yarn", "The administrator of the YARN cluster, for `kyuubi.yarn.user.strategy=ADMIN`.")
)

var yarnArea = Area{
	Title:    "Batches on YARN",
	Intro:    "See docs/batches-yarn.md.",
	Settings: []Setting{YARNResourceManagers, YARNUserStrategy, YARNAdmin},
}

// KubernetesOverrides begins settings of one context, or of a namespace of it:
// kyuubi.kubernetes.<context>[.<namespace>].<key>.
const KubernetesOverrides = "kyuubi.kubernetes."

// Settings of Kubernetes.
var (
	// KubernetesContext is where batches run that don't say.
	KubernetesContext = String("kyuubi.kubernetes.context", "",
		"The context of the kubeconfig that is for batches without `spark.kubernetes.context`. Empty is the current one, or the cluster whose pod the gateway is.").Session()

	// KubernetesNamespace is where batches run that don't say.
	KubernetesNamespace = String("kyuubi.kubernetes.namespace", "default",
		"The namespace of batches without `spark.kubernetes.namespace`.").Session()

	// KubernetesContexts are allowed.
	KubernetesContexts = Strings("kyuubi.kubernetes.context.allow.list", nil, "The contexts in which batches may run; empty allows all of the kubeconfig.")

	// KubernetesNamespaces are allowed.
	KubernetesNamespaces = Strings("kyuubi.kubernetes.namespace.allow.list", nil, "The namespaces in which batches may run; empty allows all.")

	// KubernetesMaster is the API server.
	KubernetesMaster = String("kyuubi.kubernetes.master.address", "",
		"The API server's address, as in `https://kubernetes.example.com:6443`. Empty is as the kubeconfig has it.")

	// KubernetesToken is a bearer token.
	KubernetesToken = String("kyuubi.kubernetes.authenticate.oauthToken", "", "The token with which the gateway logs in at the API server.").Secret()

	// KubernetesTokenFile holds one.
	KubernetesTokenFile = Path("kyuubi.kubernetes.authenticate.oauthTokenFile", "", "A file with that token, which is read again now and then.")

	// KubernetesCA is whom to trust.
	KubernetesCA = Path("kyuubi.kubernetes.authenticate.caCertFile", "", "A file with the certificates, as PEM, that the API server's is signed by.")

	// KubernetesCert is the gateway's certificate.
	KubernetesCert = Path("kyuubi.kubernetes.authenticate.clientCertFile", "", "A file with the gateway's own certificate, as PEM.")

	// KubernetesKey is its key.
	KubernetesKey = Path("kyuubi.kubernetes.authenticate.clientKeyFile", "", "A file with the key of the gateway's own certificate, as PEM.")

	// KubernetesTrust trusts all.
	KubernetesTrust = Bool("kyuubi.kubernetes.trust.certificates", false, "Whether any certificate of the API server is good. For tests only.")

	// KubernetesInitialize are watched from the start.
	KubernetesInitialize = Strings("kyuubi.kubernetes.client.initialize.list", nil,
		"Places, each as `context:namespace`, whose pods are watched from the start instead of from the first batch; what is left out is the default.")

	// KubernetesSource says what tells the state.
	KubernetesSource = Enum("kyuubi.kubernetes.application.state.source", "POD",
		"What tells how a batch stands: POD is the phase of the driver's pod, CONTAINER the state of the driver's container, for pods with others beside it.",
		Choice{Values: []string{"POD", "CONTAINER"}})

	// KubernetesContainer is the driver's container.
	KubernetesContainer = String("kyuubi.kubernetes.application.state.container", "spark-kubernetes-driver", "The name of the driver's container.")

	// KubernetesURL makes addresses.
	KubernetesURL = String("kyuubi.kubernetes.spark.appUrlPattern", "http://{{SPARK_DRIVER_SVC}}.{{KUBERNETES_NAMESPACE}}.svc:{{SPARK_UI_PORT}}",
		"The address of a batch's UI. Placeholders are `{{SPARK_APP_ID}}`, `{{SPARK_DRIVER_SVC}}`, `{{SPARK_DRIVER_POD_IP}}`, `{{KUBERNETES_CONTEXT}}`, `{{KUBERNETES_NAMESPACE}}` and `{{SPARK_UI_PORT}}`.")

	// KubernetesCleanUp deletes pods.
	KubernetesCleanUp = Enum("kyuubi.kubernetes.spark.cleanupTerminatedDriverPod.kind", "NONE",
		"Which drivers' pods are deleted after their end: NONE, ALL, or COMPLETED, those that ended well. It is for all pods with the label `kyuubi-unique-tag` in the namespaces that are watched.",
		Choice{Values: []string{"NONE", "ALL", "COMPLETED"}})

	// KubernetesCleanUpInterval is how often.
	KubernetesCleanUpInterval = Duration("kyuubi.kubernetes.spark.cleanupTerminatedDriverPod.checkInterval", time.Minute,
		"How often pods to delete are looked for.").AtLeast(10 * time.Millisecond)

	// KubernetesRetain is how long after the end.
	KubernetesRetain = Duration("kyuubi.kubernetes.terminatedApplicationRetainPeriod", 5*time.Minute,
		"How long after its end a pod is kept before it is deleted, and how long what became of a pod is remembered after that.").AtLeast(time.Second)

	// KubernetesPlainNames leaves out the application's name.
	KubernetesPlainNames = Bool("kyuubi.kubernetes.spark.forciblyRewriteDriverPodName.enabled", false,
		"Whether drivers' pods are called `kyuubi-ID-driver` rather than `kyuubi-NAME-ID-driver`, for clusters whose rules for names are strict. A batch that sets `spark.kubernetes.driver.pod.name` keeps it.")
)

var kubernetesArea = Area{
	Title: "Batches on Kubernetes",
	Intro: "`master.address`, `authenticate.*` and `trust.certificates` may differ between clusters: `kyuubi.kubernetes.CONTEXT.KEY` is for a context, " +
		"`kyuubi.kubernetes.CONTEXT.NAMESPACE.KEY` for a namespace of it. See docs/batches-kubernetes.md.",
	Settings: []Setting{
		KubernetesContext, KubernetesNamespace, KubernetesContexts, KubernetesNamespaces,
		KubernetesMaster, KubernetesToken, KubernetesTokenFile, KubernetesCA, KubernetesCert, KubernetesKey, KubernetesTrust,
		KubernetesInitialize, KubernetesSource, KubernetesContainer, KubernetesURL,
		KubernetesCleanUp, KubernetesCleanUpInterval, KubernetesRetain, KubernetesPlainNames,
	},
}

// KubernetesOverride is the value of one of Kubernetes' settings for a namespace of
// a context, given the one for all.
func (c *Config) KubernetesOverride(context, namespace, key, all string) string {
	rest := strings.TrimPrefix(key, KubernetesOverrides)
	for _, where := range []string{context + "." + namespace, context} {
		if context == "" {
			break
		}
		if g, ok := c.extra[KubernetesOverrides+where+"."+rest]; ok {
			return g.value
		}
	}
	return all
}

// KubernetesOverrides are the values of one of Kubernetes' settings for contexts and
// namespaces, by key.
func (c *Config) KubernetesOverrides(key string) map[string]string {
	out := map[string]string{}
	for k, g := range c.extra {
		if strings.HasPrefix(k, KubernetesOverrides) && strings.HasSuffix(k, "."+strings.TrimPrefix(key, KubernetesOverrides)) {
			out[k] = g.value
		}
	}
	return out
}

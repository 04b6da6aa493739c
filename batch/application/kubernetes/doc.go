// Package kubernetes runs a batch's job as pods of a Kubernetes cluster:
// spark-submit brings it there with the batch's id as a label of the driver's pod,
// and the API server tells of the pod and deletes it.
//
// It knows pods and their services, nothing else of a cluster. It must not know how
// a program is started, leases, or the metadata store.
package kubernetes

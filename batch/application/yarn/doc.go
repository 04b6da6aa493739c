// Package yarn runs a batch's job on a YARN cluster: spark-submit brings it there
// under a tag, the batch's id, and the ResourceManager's REST API tells of it and
// ends it.
//
// A ResourceManager that asks for Kerberos (SPNEGO) can't be asked yet. The package
// must not know how a program is started, leases, or the metadata store.
package yarn

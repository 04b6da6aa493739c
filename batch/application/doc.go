// Package application is the vocabulary of what runs a batch's job: a process of
// this machine, an application of a YARN cluster, a pod.
//
// The packages below it each satisfy [Application], and pass one conformance
// suite. It must not know the metadata store, leases beyond a [Claim], or any
// protocol.
package application

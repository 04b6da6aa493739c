// Package webhook tells a server of ours that a batch has ended, by one POST.
//
// Whoever calls it repeats what failed; each request says by its idempotency key
// which end it is about, so that a server may see one twice and count it once. The
// package must not know the metadata store or who calls.
package webhook

// Package batch is the batch rule: a client posts a batch under an id of its own,
// and whatever crashes, retries or races, its job is started once.
//
// A Manager answers clients from the metadata store: it submits, lists, cancels,
// and reads logs. A Runner takes waiting batches from the store under a lease,
// launches their applications, watches them, and takes over what other gateways
// have lost. The two share nothing but the store, so that any gateway answers for
// every batch.
//
// The package must not know any protocol, how an application is started (see
// package application), or SQL.
package batch

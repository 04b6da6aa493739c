// Package operation runs queries: each operation has a state machine, a log, a
// timeout and a result that is read in pages.
//
// It must not know sessions (an owner's id is all it sees), protocols, or which
// engine is behind.
package operation

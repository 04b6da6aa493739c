// Package process runs jobs as processes of this machine, each under a
// supervisor: a process of our own program in a session of its own, which
// outlives the gateway that launched it.
//
// The supervisor takes the job's place on this machine, claims the start with
// whoever keeps the leases, starts the job, waits for it and records how it ended.
// All that a gateway knows of a job it reads from that place and from /proc, so
// that any gateway of the machine, also one that was started later, says the same.
//
// The package must not know what the jobs are, nor who keeps the leases: a
// [Claimer] asks for the start.
package process

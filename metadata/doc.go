// Package metadata keeps what all gateways must agree on: batches, their leases,
// and delegation tokens, in MySQL (or MariaDB) or in an SQLite file.
//
// A [Store] is rows and conditional changes of rows. The table of batches has
// Kyuubi's columns under Kyuubi's names, so that a database of Kyuubi 1.8 or later
// can be adopted as it is, and columns of our own.
//
// The package must not know what a batch does: which rules a request must meet,
// how a job is launched or watched, and any protocol. It is the only one that
// speaks SQL to these databases.
package metadata

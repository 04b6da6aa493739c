// Package e2e runs the built program and lets the clients that people have talk to
// it: beeline, Hive's JDBC driver, PyHive, and plain HTTP. `make e2e` installs them.
//
// It must not import what serves: it knows what a user knows.
package e2e

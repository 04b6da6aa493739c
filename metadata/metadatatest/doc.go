// Package metadatatest is what every database behind a metadata.Store must do, as
// one suite, and the real MariaDB that it runs on.
//
// It must not know what batches are for, nor be imported by anything but tests.
package metadatatest

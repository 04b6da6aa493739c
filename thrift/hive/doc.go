// Package hive is what the Thrift compiler makes of TCLIService.thrift: the structs
// of the HiveServer2 protocol, a client and a processor. Only this comment is
// written by hand.
//
// It must not know anything: it is imported by who speaks the protocol, under the
// name tcli.
package hive

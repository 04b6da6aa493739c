// Package hs2 speaks the HiveServer2 binary protocol (TCLIService over
// TBinaryProtocol, with SASL PLAIN or without SASL) on one connection at a time:
// it logs the caller in, decodes a call, makes one call of the [Backend], and
// encodes the answer.
//
// It must not know sockets that listen, HTTP, engines, or what a statement
// means; and it keeps nothing but what one connection needs.
package hs2

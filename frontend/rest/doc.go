// Package rest serves Kyuubi's REST API v1: it decodes a request, makes one call
// of the [Backend], and encodes the answer. The bodies are package api's; the
// document of it all is openapi.yaml.
//
// It must not know sockets, Thrift, engines, or how sessions and operations live;
// and it keeps nothing from one request to the next.
package rest

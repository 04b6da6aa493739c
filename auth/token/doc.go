// Package token issues delegation tokens and believes them later: a text that its
// owner gives to a program, which logs in with it instead of his password, until
// the token expires or is canceled.
//
// A token carries what it says and a signature (HMAC-SHA256) under a key that
// never leaves the gateway's directory; what changes, how long it is good for and
// whether it still is, stands in a [Store]. The package must not know any
// protocol, nor how people log in.
package token

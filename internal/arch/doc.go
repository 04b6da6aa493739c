// Package arch holds the shape of the house as tests: who may import whom, which
// package may use which foreign one, that every package says what it is, and that
// no file grows past what a reader can hold.
//
// It must not know what any package does, only what it imports.
package arch

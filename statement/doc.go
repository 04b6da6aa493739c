// Package statement runs single statements: each on a fresh connection of the
// engine, without a session, and keeps its result for a time to live, so that it
// can be read at any place and as often as one likes.
//
// It must not know any protocol or which engine is behind. Who may touch what is
// decided here: the owner of a statement and administrators.
package statement

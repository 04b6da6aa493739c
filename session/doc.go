// Package session keeps the sessions: opening within limits, settings as the
// client sent them made ready for an engine, idle ones expired.
//
// It must not know operations, engines or protocols: what a session runs on is
// joined to it by its id, elsewhere.
package session

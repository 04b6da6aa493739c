// Package sqlerr is the one error type of the gateway: what went wrong, in the
// terms of SQL, with a text that is fit for a client and a cause that is fit
// for a log.
//
// It must not know any protocol, any engine or any other package of ours. Each
// frontend renders an [Error] its own way (TStatus, JSON) from [Kind]'s table.
package sqlerr

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
)

// Error is what every call of the gateway fails with. The zero value is not
// useful: build one with [New] or [Wrap].
type Error struct {
	// Kind says what sort of failure this is; it fixes the HTTP status and the
	// default SQLSTATE.
	Kind Kind
	// State is the five-letter SQLSTATE. Empty means the kind's default.
	State string
	// Code is the vendor code that JDBC shows as getErrorCode; 0 when there is none.
	Code int
	// Message is for the client: one sentence, without a stack trace, a path of
	// the server or a secret.
	Message string
	// Err is the cause, for the log only. It may be nil.
	Err error
}

// New makes an error of kind k whose client message is the formatted text.
func New(k Kind, format string, args ...any) *Error {
	return &Error{Kind: k, Message: fmt.Sprintf(format, args...)}
}

// Wrap is [New] with a cause that is logged but never shown to the client.
func Wrap(err error, k Kind, format string, args ...any) *Error {
	return &Error{Kind: k, Message: fmt.Sprintf(format, args...), Err: err}
}

// WithState returns a copy of e that carries a precise SQLSTATE.
func (e *Error) WithState(state string) *Error {
	c := *e
	c.State = state
	return &c
}

// NoConnection is the SQLSTATE of a session that is not there. Pools of connections
// throw one away for class 08, and for HY000 they go on handing it out.
const NoConnection = "08003"

// SQLState is e's SQLSTATE: its own, else the default of its kind.
func (e *Error) SQLState() string {
	if e.State != "" {
		return e.State
	}
	return e.Kind.SQLState()
}

// Error is the text for logs: the message with its cause.
func (e *Error) Error() string {
	if e.Err == nil {
		return e.Message
	}
	return e.Message + ": " + e.Err.Error()
}

// Unwrap gives the cause, so that errors.Is and errors.As look through.
func (e *Error) Unwrap() error { return e.Err }

// Is lets errors.Is(err, sqlerr.NotFound) ask for the kind.
func (e *Error) Is(target error) bool {
	k, ok := target.(Kind)
	return ok && k == e.Kind
}

// ForOperators says whether the cause matters to whoever runs the gateway, and how much:
// failures of ours, and what it lacks, such as room on a disk or a database. All else is
// between a client and its request.
func (e *Error) ForOperators() (slog.Level, bool) {
	switch {
	case e.Kind == Internal:
		return slog.LevelError, true
	case e.Err != nil && (e.Kind == Unavailable || e.Kind == Exhausted):
		return slog.LevelWarn, true
	default:
		return 0, false
	}
}

// From turns any error into an *Error that may be shown to a client. An *Error
// anywhere in the chain is used as it is; a canceled or expired context becomes
// Canceled or Timeout; everything else is Internal, with its text kept as the
// cause and hidden from the client. From(nil) is nil.
func From(err error) *Error {
	var e *Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &e):
		return e
	case errors.Is(err, context.Canceled):
		return Wrap(err, Canceled, "the operation was canceled")
	case errors.Is(err, context.DeadlineExceeded):
		return Wrap(err, Timeout, "the operation timed out")
	default:
		return Wrap(err, Internal, "internal error; the server's log has the details")
	}
}

package operation

import (
	"slices"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// State is where an operation is in its life. The numbers are TOperationState's.
type State uint8

// The states.
const (
	Initialized State = iota
	Running
	Finished
	Canceled
	Closed
	Error
	Unknown
	Pending
	TimedOut
	stateEnd // keep last
)

var stateNames = [stateEnd]string{
	Initialized: "INITIALIZED",
	Running:     "RUNNING",
	Finished:    "FINISHED",
	Canceled:    "CANCELED",
	Closed:      "CLOSED",
	Error:       "ERROR",
	Unknown:     "UKNOWN", // misspelt in TOperationState, so in every client too
	Pending:     "PENDING",
	TimedOut:    "TIMEDOUT",
}

// next is the whole state machine: what may follow each state.
var next = [stateEnd][]State{
	Initialized: {Pending, Running, TimedOut, Canceled, Closed},
	Pending:     {Running, Finished, TimedOut, Canceled, Closed, Error},
	Running:     {Finished, TimedOut, Canceled, Closed, Error},
	Finished:    {Error, Canceled, Closed}, // the first two: rows that broke, or were stopped, while they streamed
	Canceled:    {Closed},
	TimedOut:    {Closed},
	Error:       {Closed},
}

// String is the state's plain name, such as "RUNNING".
func (s State) String() string {
	if s >= stateEnd {
		return stateNames[Unknown]
	}
	return stateNames[s]
}

// Terminal says whether the operation's work is over, one way or another.
func (s State) Terminal() bool {
	switch s {
	case Finished, Canceled, Closed, Error, TimedOut:
		return true
	default:
		return false
	}
}

// advance returns to when it may follow from, else a Conflict that names both.
func advance(from, to State) (State, error) {
	if from < stateEnd && slices.Contains(next[from], to) {
		return to, nil
	}
	return from, sqlerr.New(sqlerr.Conflict, "illegal operation state transition from %s to %s", from, to)
}

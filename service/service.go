// Package service starts and stops the long-lived parts of the process in
// order: what a part needs is ready before it starts, and is still there until
// it has stopped.
//
// It must not know what the parts do; it imports only the standard library.
package service

import (
	"context"
	"errors"
	"fmt"
)

// Service is a part that runs until it is told to stop.
type Service interface {
	// String is the service's name in logs and errors.
	fmt.Stringer
	// Run serves until ctx is done, then drains, frees what it holds and returns
	// nil. It calls ready once, as soon as others may use the service. An error
	// before ready means that the start failed; a return before ctx is done, even
	// with nil, is a failure of the service.
	Run(ctx context.Context, ready func()) error
}

// ErrReturned is the failure of a service that returned nil before it was told
// to stop.
var ErrReturned = errors.New("ended before it was told to stop")

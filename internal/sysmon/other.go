//go:build !linux || !cgo

package sysmon

import (
	"errors"
	"time"
)

func slacken(time.Duration) error { return errors.ErrUnsupported }

//go:build !linux

package operation

import "runtime"

// giveWay lets goroutines that wait have this one's processor first.
func giveWay() { runtime.Gosched() }

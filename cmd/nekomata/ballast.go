package main

import "runtime"

// ballastSize is what the garbage collector is told to live with.
const ballastSize = 32 << 20

// ballast makes the heap look larger than it is, and returns what lets go of it.
// The collector runs when the heap has doubled, and a gateway's is only some MB:
// under load it ran a hundred times a second and took a quarter of the CPU. The
// memory is never touched, so the system never provides it; what can grow is the
// garbage between two collections, by as much.
func ballast() (release func()) {
	b := make([]byte, ballastSize)
	return func() { runtime.KeepAlive(b) }
}

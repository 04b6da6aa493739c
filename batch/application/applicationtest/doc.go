// Package applicationtest holds every application to what the batch rule counts
// on: a start is claimed once or nothing starts, any later instance finds the job,
// and killing twice is as good as once.
//
// It must not know any kind of application; see [Subject].
package applicationtest

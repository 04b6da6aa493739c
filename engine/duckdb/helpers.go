package duckdb

/*
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

// Parts of DuckDB's C interface that the bindings, which link it, don't have.
void *duckdb_create_task_state(void *database);
uint64_t duckdb_execute_n_tasks_state(void *state, uint64_t most);
void duckdb_finish_execution(void *state);
bool duckdb_task_state_is_finished(void *state);
void duckdb_destroy_task_state(void *state);

enum { eager = 16, shortest = 50 * 1000, longest = 1000 * 1000 }; // tries, nanoseconds

// Works on whatever tasks there are until the state is finished. It looks again and
// again, ever less often while there are none: no one would wake it, because what
// DuckDB counts for that purpose it also counts for tasks that others have taken.
static void help(void *state) {
	struct timespec nap = {0, shortest};
	for (int tries = 0; !duckdb_task_state_is_finished(state); tries++) {
		if (duckdb_execute_n_tasks_state(state, 1) > 0) {
			tries = 0;
			nap.tv_nsec = shortest;
		} else if (tries < eager) {
			sched_yield();
		} else {
			nanosleep(&nap, 0);
			if (nap.tv_nsec < longest) {
				nap.tv_nsec *= 2;
			}
		}
	}
}
*/
import "C"

import (
	"sync"

	native "github.com/duckdb/duckdb-go-bindings"
)

// enlist lets so many threads work on a database's tasks. dismissed tells them to
// leave, which they do after the task that they are at; gone is called when they have.
func enlist(db native.Database, threads int, gone func()) (dismiss func()) {
	state := C.duckdb_create_task_state(db.Ptr)
	var shift sync.WaitGroup
	for range threads {
		shift.Go(func() { C.help(state) })
	}
	return func() {
		C.duckdb_finish_execution(state)
		go func() {
			shift.Wait()
			C.duckdb_destroy_task_state(state)
			gone()
		}()
	}
}

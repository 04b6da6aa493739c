package duckdb

import (
	"fmt"
	"log/slog"
	"runtime"
	"time"

	"github.com/google/uuid"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// Options configure an engine. The zero value is a database in memory with
// DuckDB's own limits.
type Options struct {
	// ID names the engine to clients; empty makes one up.
	ID string
	// Path is the database file (kyuubi.engine.duckdb.path); empty keeps the
	// database in memory.
	Path string
	// ReadOnly opens the file without ever writing to it.
	ReadOnly bool
	// MemoryLimit is how many bytes DuckDB's buffers may take; 0 is DuckDB's
	// default, 80 % of the machine.
	MemoryLimit int64
	// Threads is how many threads DuckDB works with; 0 is one a core.
	Threads int
	// TempDirectory is where DuckDB spills; empty is DuckDB's default, beside the
	// database file.
	TempDirectory string
	// MaxTempDirectorySize is how many bytes may be spilled; 0 is DuckDB's default,
	// 90 % of the disk.
	MaxTempDirectorySize int64
	// ExternalAccess lets statements read and write files and attach databases.
	ExternalAccess bool
	// AllowedDirectories may be read and written without ExternalAccess.
	AllowedDirectories []string
	// MaxRunning is how many statements work at the same time; 0 is two a core.
	MaxRunning int
	// MaxQueued is how many more may wait for their turn; 0 is 1000.
	MaxQueued int
	// Dialect is what statements are written in: "hive", also for "", or "duckdb".
	Dialect string
	// DoubleQuotes and ShowLayout are what sessions begin with for
	// dialect.KeyDoubleQuotes and dialect.KeyShowLayout; "" is the first choice there.
	DoubleQuotes, ShowLayout string
	// Log receives what happens to the database; nil discards it.
	Log *slog.Logger

	// lentTime is how long a statement that was judged to be small may keep one of
	// the slots for small ones.
	lentTime time.Duration
	// unlocked names further settings that may be set after the start; for tests.
	unlocked []string
}

// DialectHive and DialectDuckDB are the values of Options.Dialect.
const (
	DialectHive   = "hive"
	DialectDuckDB = "duckdb"
)

// withDefaults fills in what was left out.
func (o Options) withDefaults() Options {
	if o.ID == "" {
		o.ID = uuid.NewString()
	}
	if o.MaxRunning <= 0 {
		o.MaxRunning = 2 * runtime.NumCPU()
	}
	if o.MaxQueued <= 0 {
		o.MaxQueued = 1000
	}
	if o.Dialect == "" {
		o.Dialect = DialectHive
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.lentTime <= 0 {
		o.lentTime = time.Second
	}
	return o
}

func (o Options) check() error {
	if o.Dialect != DialectHive && o.Dialect != DialectDuckDB {
		return sqlerr.New(sqlerr.Invalid, "kyuubi.engine.duckdb.sql.dialect=%s: expected %s or %s",
			o.Dialect, DialectHive, DialectDuckDB)
	}
	if o.ReadOnly && o.Path == "" {
		return sqlerr.New(sqlerr.Invalid, "a database in memory can't be read-only: set kyuubi.engine.duckdb.path")
	}
	return nil
}

// settings are the statements that configure a fresh database, in the order in
// which DuckDB takes them: directories before external access is switched off,
// the list of what sessions may set before the lock.
func (o Options) settings() []string {
	s := []string{
		"SET GLOBAL errors_as_json = true", // errors.go reads it
		"SET GLOBAL autoinstall_known_extensions = false",
		"SET GLOBAL autoload_known_extensions = false",
		"SET GLOBAL allow_community_extensions = false",
		// A secret that one session made must not show up in the next one's, nor in
		// the home directory.
		"SET GLOBAL allow_persistent_secrets = false",
		// Freed memory goes back to the system from a thread of the allocator's: else it would
		// stay until one of DuckDB's threads has nothing to do, and there are none (see crew).
		"SET GLOBAL allocator_background_threads = true",
		"SET GLOBAL default_null_order = 'nulls_first_on_asc_last_on_desc'", // Hive's
	}
	if o.Dialect != DialectDuckDB {
		s = append(s, "SET GLOBAL ieee_floating_point_ops = false") // x / 0 is NULL
	}
	if o.MemoryLimit > 0 {
		s = append(s, fmt.Sprintf("SET GLOBAL memory_limit = '%dB'", o.MemoryLimit))
	}
	if o.TempDirectory != "" {
		s = append(s, "SET GLOBAL temp_directory = "+quote(o.TempDirectory))
	}
	if o.MaxTempDirectorySize > 0 {
		s = append(s, fmt.Sprintf("SET GLOBAL max_temp_directory_size = '%dB'", o.MaxTempDirectorySize))
	}
	if len(o.AllowedDirectories) > 0 {
		s = append(s, "SET GLOBAL allowed_directories = "+quoteList(o.AllowedDirectories))
	}
	if !o.ExternalAccess {
		s = append(s, "SET GLOBAL enable_external_access = false")
	}
	allowed := append(append([]string{}, ownSettings...), sessionSettings...)
	return append(s,
		"SET GLOBAL allowed_configs = "+quoteList(append(allowed, o.unlocked...)),
		"SET GLOBAL lock_configuration = true")
}

// ownSettings are what this package sets on each connection after the lock.
var ownSettings = []string{"search_path", "schema", "enable_progress_bar", "enable_progress_bar_print"}

// sessionSettings are DuckDB's settings that a session may change: those that
// touch neither other connections nor the machine.
var sessionSettings = []string{
	"TimeZone", "Calendar", "integer_division", "order_by_non_integer_literal", "ieee_floating_point_ops",
	"scalar_subquery_error_on_multiple_rows", "preserve_identifier_case", "explain_output", "pivot_limit",
}

// Package dialect turns what Hive's clients send into what DuckDB runs.
//
// It has three layers. The lexer (lexer.go, literal.go, words.go) reads a
// statement as Hive does: comments, strings with backslash escapes, backticks;
// every token keeps its place, so that an error points into the text that the
// user wrote. The statement families (set.go, use.go, show.go, describe.go,
// database.go, table.go, view.go, alter.go, insert.go, merge.go, load.go and so on)
// are chosen by a statement's first words; what no family claims
// goes to DuckDB as it is, written anew token by token (emit.go), with Hive's functions
// renamed (calls.go) to macros that the engine makes (macros.go). The metadata
// questions of the Hive protocol (metadata.go, columns.go, keys.go) become one
// SQL statement each, with the type table of types.go.
//
// The package is pure Go and only makes plans: it must not know DuckDB's
// library, connections, sessions of the gateway or any protocol.
package dialect

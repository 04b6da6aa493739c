package duckdb

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	native "github.com/duckdb/duckdb-go-bindings"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// failure is an error of DuckDB's, taken apart. The zero value is none.
type failure struct {
	// class is DuckDB's name of the error's type, such as "Catalog".
	class string
	// text is the message without type, position and stack trace.
	text string
	// subtype says more about some classes, such as "MISSING_ENTRY".
	subtype string
	// object is the kind of thing that is missing or there already, such as
	// "Table", and name what it is called.
	object, name string
	// offset is the place in the statement, in bytes; -1 when it isn't known.
	offset int
	// sql is the statement that failed, where that isn't the plan's own.
	sql string
	// raw is everything that DuckDB said, for the log.
	raw string
}

// of is f with the statement that failed.
func (f failure) of(sql string) failure {
	f.sql = sql
	return f
}

func (f failure) failed() bool { return f.class != "" }

// fatal tells whether an error of this class may have cost the database.
func (f failure) fatal() bool { return f.class == classFatal || f.class == classInternal }

// conflict tells whether the statement lost against another transaction, or came
// at a moment when its transaction couldn't be.
func (f failure) conflict() bool { return f.class == classTransaction }

func (f failure) interrupted() bool { return f.class == classInterrupt }

// startError is the error of an engine that can't start.
func (f failure) startError(what string) error {
	return sqlerr.Wrap(errors.New(f.raw), sqlerr.Unavailable, "DuckDB can't be set up (%s): %s", what, f.text)
}

// Names of types of errors, as DuckDB writes them.
const (
	classFatal       = "FATAL"
	classInternal    = "INTERNAL"
	classInterrupt   = "INTERRUPT"
	classTransaction = "TransactionContext"
	classUnknown     = "Unknown Type"
)

// classes are the names by number, for errors that come with a number.
var classes = map[native.ErrorType]string{
	native.ErrorTypeOutOfRange: "Out of Range", native.ErrorTypeConversion: "Conversion",
	native.ErrorTypeDecimal: "Decimal", native.ErrorTypeMismatchType: "Mismatch Type",
	native.ErrorTypeDivideByZero: "Divide by Zero", native.ErrorTypeObjectSize: "Object Size",
	native.ErrorTypeInvalidType: "Invalid type", native.ErrorTypeSerialization: "Serialization",
	native.ErrorTypeTransaction: classTransaction, native.ErrorTypeNotImplemented: "Not implemented",
	native.ErrorTypeExpression: "Expression", native.ErrorTypeCatalog: "Catalog",
	native.ErrorTypeParser: "Parser", native.ErrorTypePlanner: "Planner",
	native.ErrorTypeScheduler: "Scheduler", native.ErrorTypeExecutor: "Executor",
	native.ErrorTypeConstraint: "Constraint", native.ErrorTypeIndex: "Index",
	native.ErrorTypeStat: "Stat", native.ErrorTypeConnection: "Connection",
	native.ErrorTypeSyntax: "Syntax", native.ErrorTypeSettings: "Settings",
	native.ErrorTypeBinder: "Binder", native.ErrorTypeNetwork: "Network",
	native.ErrorTypeOptimizer: "Optimizer", native.ErrorTypeNullPointer: "NullPointer",
	native.ErrorTypeErrorIO: "IO", native.ErrorTypeInterrupt: classInterrupt,
	native.ErrorTypeFatal: classFatal, native.ErrorTypeInternal: classInternal,
	native.ErrorTypeInvalidInput: "Invalid Input", native.ErrorTypeOutOfMemory: "Out of Memory",
	native.ErrorTypePermission: "Permission", native.ErrorTypeParameterNotResolved: "Parameter Not Resolved",
	native.ErrorTypeParameterNotAllowed: "Parameter Not Allowed", native.ErrorTypeDependency: "Dependency",
	native.ErrorTypeHTTP: "HTTP", native.ErrorTypeMissingExtension: "Missing Extension",
	native.ErrorTypeAutoload: "Extension Autoloading", native.ErrorTypeSequence: "Sequence",
	native.ErrorTypeInvalidConfiguration: "Invalid Configuration",
}

// streamEnded is what DuckDB puts before the error that ended a stream of rows.
const streamEnded = "Invalid Input Error: Attempting to execute an unsuccessful or closed pending query result"

// decode takes apart the message of an error, which DuckDB writes in JSON because
// our settings say so: {"exception_type": ...}, in some places with the type once
// more before it. Types are only believed where DuckDB puts them, at the
// beginning: further on a message may quote the statement, or be the client's own
// words, error('{"exception_type":"FATAL"...}'). The number is believed last: what
// ends a stream, or can't become Arrow, always has that of invalid input.
func decode(number native.ErrorType, message string) failure {
	f := failure{text: message, offset: -1, raw: message}
	if inner, ok := strings.CutPrefix(message, streamEnded); ok {
		f.text = "the rows were given up because another statement began on the connection"
		if inner, ok = strings.CutPrefix(inner, "\nError: "); !ok {
			f.class = classUnknown
			return f
		}
		f.text = inner
	}
	for _, class := range classes {
		if rest, ok := strings.CutPrefix(f.text, class+" Error: "); ok {
			f.class, f.text = class, rest
			break
		}
	}
	if strings.HasPrefix(f.text, `{"exception_type":`) {
		f = f.withJSON()
	}
	if f.class == "" {
		f.class = classes[number]
	}
	if f.class == "" {
		f.class = classUnknown
	}
	f.text = clean(f.text)
	return f
}

// withJSON is f with what its text says in JSON, unless that contradicts f.
func (f failure) withJSON() failure {
	var j struct {
		Class    string `json:"exception_type"`
		Text     string `json:"exception_message"`
		Subtype  string `json:"error_subtype"`
		Object   string `json:"type"`
		Name     string `json:"name"`
		Position string `json:"position"`
	}
	if json.Unmarshal([]byte(f.text), &j) != nil || j.Class == "" || f.class != "" && f.class != j.Class {
		return f
	}
	f.class, f.text, f.subtype, f.object, f.name = j.Class, j.Text, j.Subtype, j.Object, j.Name
	if n, err := strconv.Atoi(j.Position); err == nil {
		f.offset = n
	}
	return f
}

// clean leaves of a message what a client may read: no stack trace, no drawing of
// the place in a statement that may not be the client's, and not without end.
func clean(text string) string {
	const most = 4000
	for _, from := range []string{"\n\nStack Trace", "\nStack Trace", "\n\nLINE "} {
		text, _, _ = strings.Cut(text, from)
	}
	text = strings.TrimSpace(text)
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "..."
	}
	return text
}

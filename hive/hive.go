// Package hive gives Arrow columns their Hive types and Hive's text forms, which
// is what HiveServer2 clients, on Thrift and on REST, expect to read.
//
// It must not know any protocol: which wire field a value travels in is the
// frontends' business.
package hive

// TypeID is a Hive type. The numbers are TTypeId's.
type TypeID uint8

// The types.
const (
	Boolean TypeID = iota
	TinyInt
	SmallInt
	Int
	BigInt
	Float
	Double
	String
	Timestamp
	Binary
	Array
	Map
	Struct
	Union
	UserDefined
	Decimal
	Null
	Date
	Varchar
	Char
	IntervalYearMonth
	IntervalDayTime
	TimestampLocalTZ
)

// Column is a result column in Hive's terms.
type Column struct {
	Name string
	// Type is the Hive type of the values.
	Type TypeID
	// Precision and Scale are set for DECIMAL.
	Precision, Scale int
	// Length is set for VARCHAR and CHAR.
	Length int
	// Comment may be empty.
	Comment string
}

// Keys of Arrow field metadata that engines set.
const (
	// MetaType overrides the type that follows from the Arrow type, such as
	// "varchar(20)". It is ignored when the array's values can't be sent as that
	// type, as with "int" on a column of strings.
	MetaType = "hive.type"
	// MetaComment is the column's comment.
	MetaComment = "comment"
)

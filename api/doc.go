// Package api has the bodies of the REST interface as Go structs: Kyuubi's v1
// JSON, field for field and in its order, nulls included.
//
// It has no behaviour and must not know where the values come from. Times are
// milliseconds since 1970 in UTC.
package api

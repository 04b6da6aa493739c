package hs2

import (
	"github.com/nekomata-sql/nekomata/sqlerr"
	tcli "github.com/nekomata-sql/nekomata/thrift/hive"
)

// success is the status of what went well. Some clients refuse SUCCESS_WITH_INFO, so
// it is plain. It is shared and never changed.
var success = &tcli.TStatus{StatusCode: tcli.TStatusCode_SUCCESS_STATUS}

// status renders an error. infoMessages, in which Hive's servers encode a stack for
// the driver to rebuild, stay away: the drivers do without, and a stack is not for
// clients.
func status(e *sqlerr.Error) *tcli.TStatus {
	text := e.Message
	if text == "" {
		text = e.Kind.String() // drivers show an empty message as "null"
	}
	return &tcli.TStatus{
		StatusCode:   tcli.TStatusCode_ERROR_STATUS,
		SqlState:     new(e.SQLState()),
		ErrorCode:    new(int32(e.Code)),
		ErrorMessage: &text,
	}
}

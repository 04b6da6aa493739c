package rest

import (
	"maps"
	"net/http"
	"slices"
	"strconv"

	"github.com/nekomata-sql/nekomata/api"
)

// Events are what clients ask for again and again until something has ended. Their
// text is what encoding/json makes of them, in a third of its time.

// event answers with e, which is put into text by put.
func event[E any](c *APIRequestContext, e *E, put func(dst []byte, e *E) []byte) error {
	buf, giveBack := rowBuffer()
	text := put(buf, e)
	c.body(http.StatusOK, "application/json", text)
	giveBack(text)
	return nil
}

func appendSessionEvent(dst []byte, e *api.SessionEvent) []byte {
	dst = append(dst, `{"sessionId":`...)
	dst = appendJSONString(dst, e.SessionID)
	dst = append(dst, `,"clientVersion":`...)
	dst = strconv.AppendInt(dst, int64(e.ClientVersion), 10)
	dst = append(dst, `,"sessionType":`...)
	dst = appendJSONString(dst, e.SessionType)
	dst = append(dst, `,"sessionName":`...)
	dst = appendJSONString(dst, e.SessionName)
	dst = append(dst, `,"remoteSessionId":`...)
	dst = appendJSONString(dst, e.RemoteSessionID)
	dst = append(dst, `,"engineId":`...)
	dst = appendJSONString(dst, e.EngineID)
	dst = append(dst, `,"engineName":`...)
	dst = appendJSONString(dst, e.EngineName)
	dst = append(dst, `,"engineUrl":`...)
	dst = appendJSONString(dst, e.EngineURL)
	dst = append(dst, `,"user":`...)
	dst = appendJSONString(dst, e.User)
	dst = append(dst, `,"clientIp":`...)
	dst = appendJSONString(dst, e.ClientIP)
	dst = append(dst, `,"serverIp":`...)
	dst = appendJSONString(dst, e.ServerIP)
	dst = append(dst, `,"conf":`...)
	dst = appendTexts(dst, e.Conf)
	dst = append(dst, `,"eventTime":`...)
	dst = strconv.AppendInt(dst, e.EventTime, 10)
	dst = append(dst, `,"openedTime":`...)
	dst = strconv.AppendInt(dst, e.OpenedTime, 10)
	dst = append(dst, `,"startTime":`...)
	dst = strconv.AppendInt(dst, e.StartTime, 10)
	dst = append(dst, `,"endTime":`...)
	dst = strconv.AppendInt(dst, e.EndTime, 10)
	dst = append(dst, `,"totalOperations":`...)
	dst = strconv.AppendInt(dst, int64(e.TotalOperations), 10)
	dst = append(dst, `,"exception":`...)
	dst = appendRare(dst, e.Exception)
	return append(dst, '}')
}

func appendOperationEvent(dst []byte, e *api.OperationEvent) []byte {
	dst = append(dst, `{"statementId":`...)
	dst = appendJSONString(dst, e.StatementID)
	dst = append(dst, `,"remoteId":`...)
	dst = appendJSONString(dst, e.RemoteID)
	dst = append(dst, `,"statement":`...)
	dst = appendJSONString(dst, e.Statement)
	dst = append(dst, `,"shouldRunAsync":`...)
	dst = strconv.AppendBool(dst, e.ShouldRunAsync)
	dst = append(dst, `,"state":`...)
	dst = appendJSONString(dst, e.State)
	dst = append(dst, `,"eventTime":`...)
	dst = strconv.AppendInt(dst, e.EventTime, 10)
	dst = append(dst, `,"createTime":`...)
	dst = strconv.AppendInt(dst, e.CreateTime, 10)
	dst = append(dst, `,"startTime":`...)
	dst = strconv.AppendInt(dst, e.StartTime, 10)
	dst = append(dst, `,"completeTime":`...)
	dst = strconv.AppendInt(dst, e.CompleteTime, 10)
	dst = append(dst, `,"exception":`...)
	dst = appendRare(dst, e.Exception)
	dst = append(dst, `,"sessionId":`...)
	dst = appendJSONString(dst, e.SessionID)
	dst = append(dst, `,"sessionUser":`...)
	dst = appendJSONString(dst, e.SessionUser)
	dst = append(dst, `,"sessionType":`...)
	dst = appendJSONString(dst, e.SessionType)
	dst = append(dst, `,"kyuubiInstance":`...)
	dst = appendJSONString(dst, e.KyuubiInstance)
	dst = append(dst, `,"metrics":`...)
	dst = appendTexts(dst, e.Metrics)
	dst = append(dst, `,"progress":`...)
	dst = appendRare(dst, e.Progress)
	return append(dst, '}')
}

// appendTexts appends a map, in the order of its names.
func appendTexts(dst []byte, texts map[string]string) []byte {
	if texts == nil {
		return append(dst, "null"...)
	}
	var room [16]string // most maps need no more
	names := slices.AppendSeq(room[:0], maps.Keys(texts))
	slices.Sort(names)
	dst = append(dst, '{')
	for i, name := range names {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendJSONString(dst, name)
		dst = append(dst, ':')
		dst = appendJSONString(dst, texts[name])
	}
	return append(dst, '}')
}

// appendRare appends what few events have.
func appendRare[T any](dst []byte, v *T) []byte {
	if v == nil {
		return append(dst, "null"...)
	}
	text, err := plainJSON(v)
	if err != nil { // impossible: there is nothing in it that is not JSON
		return append(dst, "null"...)
	}
	return append(dst, text...)
}

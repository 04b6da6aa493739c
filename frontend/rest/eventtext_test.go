package rest

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nekomata-sql/nekomata/api"
)

// anyText is texts of all kinds, those that are no UTF-8 as well.
var anyText = rapid.OneOf(rapid.Just(""), rapid.String(), rapid.StringOf(rapid.RuneFrom([]rune("\"\\<>&\b\f\n\x00\x7f\u2028\u2029é😀"))),
	rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }))

func TestEventsAreWhatTheEncoderWrites(t *testing.T) {
	t.Parallel()
	// Texts that are no UTF-8 may be one name twice, in an order of the map's.
	texts := rapid.OneOf(rapid.Just(map[string]string(nil)), rapid.MapOfN(rapid.String(), anyText, 0, 20))
	exceptions := rapid.Ptr(rapid.Custom(func(t *rapid.T) api.Exception {
		return api.Exception{Message: anyText.Draw(t, "message"), Kind: anyText.Draw(t, "kind")}
	}), true)
	rapid.Check(t, func(t *rapid.T) {
		text := func(what string) string { return anyText.Draw(t, what) }
		number := func(what string) int64 { return rapid.Int64().Draw(t, what) }
		s := api.SessionEvent{
			SessionID: text("id"), ClientVersion: int(number("version")), SessionType: text("type"), SessionName: text("name"),
			RemoteSessionID: text("remote"), EngineID: text("engine"), EngineName: text("engine's name"), EngineURL: text("engine's URL"),
			User: text("user"), ClientIP: text("client"), ServerIP: text("server"), Conf: texts.Draw(t, "conf"),
			EventTime: number("event"), OpenedTime: number("opened"), StartTime: number("start"), EndTime: number("end"),
			TotalOperations: int(number("operations")), Exception: exceptions.Draw(t, "exception"),
		}
		want, err := plainJSON(s)
		require.NoError(t, err)
		require.Equal(t, string(want), string(appendSessionEvent(nil, &s)))

		o := api.OperationEvent{
			StatementID: text("id"), RemoteID: text("remote"), Statement: text("statement"), ShouldRunAsync: rapid.Bool().Draw(t, "async"),
			State: text("state"), EventTime: number("event"), CreateTime: number("created"), StartTime: number("started"),
			CompleteTime: number("completed"), Exception: exceptions.Draw(t, "exception"), SessionID: text("session"),
			SessionUser: text("user"), SessionType: text("type"), KyuubiInstance: text("instance"), Metrics: texts.Draw(t, "metrics"),
		}
		if rapid.Bool().Draw(t, "at work") {
			o.Progress = &api.OperationProgress{
				HeaderNames: progressHeaders, Rows: [][]string{{text("stage")}},
				ProgressedPercentage: rapid.Float64Range(0, 1).Draw(t, "fraction"), StartTime: number("start"),
			}
		}
		want, err = plainJSON(o)
		require.NoError(t, err)
		require.Equal(t, string(want), string(appendOperationEvent(nil, &o)))
	})
}

package rest

import (
	"cmp"
	"strconv"
	"time"

	"github.com/nekomata-sql/nekomata/api"
	"github.com/nekomata-sql/nekomata/engine"
	"github.com/nekomata-sql/nekomata/operation"
	"github.com/nekomata-sql/nekomata/session"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// never is the time of what has not happened, where 0 isn't.
const never = -1

func sessionData(i *session.Info, instance string) api.SessionData {
	return api.SessionData{
		Identifier: i.ID.String(), RemoteID: i.ID.String(),
		User: i.User, IPAddr: i.ClientAddress, Conf: i.Conf,
		CreateTime: millis(i.Created), Duration: max(0, i.LastAccess.Sub(i.Created).Milliseconds()), IdleTime: i.Idle.Milliseconds(),
		Exception: i.Exception, SessionType: typeOf(i.Type), KyuubiInstance: cmp.Or(i.Instance, instance),
		EngineID: i.EngineID, EngineName: i.EngineName, EngineURL: i.EngineURL,
		SessionName: i.Name, TotalOperations: i.TotalOperations,
	}
}

func sessionEvent(i *session.Info) api.SessionEvent {
	id := i.ID.String()
	e := api.SessionEvent{
		SessionID: id, RemoteSessionID: id,
		ClientVersion: i.ProtocolVersion, SessionType: typeOf(i.Type), SessionName: i.Name,
		EngineID: i.EngineID, EngineName: i.EngineName, EngineURL: i.EngineURL,
		User: i.User, ClientIP: i.ClientAddress, ServerIP: i.ConnectionURL, Conf: i.Conf,
		EventTime: millis(latest(i.Created, i.Opened, i.Ended)), OpenedTime: never, StartTime: millis(i.Created), EndTime: never,
		TotalOperations: i.TotalOperations,
	}
	if !i.Opened.IsZero() {
		e.OpenedTime = millis(i.Opened)
	}
	if !i.Ended.IsZero() {
		e.EndTime = millis(i.Ended)
	}
	if i.Exception != "" {
		e.Exception = &api.Exception{Message: i.Exception}
	}
	return e
}

func operationEvent(i *operation.Info, instance string) api.OperationEvent {
	id := i.ID.String()
	return api.OperationEvent{
		StatementID: id, RemoteID: id,
		Statement: statementText(i.Query), ShouldRunAsync: i.Async, State: stateName(i.State),
		EventTime:  millis(latest(i.Created, i.Started, i.Completed)),
		CreateTime: millis(i.Created), StartTime: millis(i.Started), CompleteTime: millis(i.Completed),
		Exception: exception(i.Err), SessionID: i.SessionID.String(), SessionUser: i.User, SessionType: typeOf(i.SessionType),
		KyuubiInstance: cmp.Or(i.Instance, instance), Metrics: metrics(i), Progress: progress(i),
	}
}

func operationDatas(infos []operation.Info, instance string) []api.OperationData {
	data := make([]api.OperationData, len(infos))
	for n := range infos {
		i := &infos[n]
		data[n] = api.OperationData{
			Identifier: i.ID.String(), RemoteID: i.ID.String(),
			Statement: statementText(i.Query), State: stateName(i.State),
			CreateTime: millis(i.Created), StartTime: millis(i.Started), CompleteTime: millis(i.Completed),
			SessionID: i.SessionID.String(), SessionUser: i.User, SessionType: typeOf(i.SessionType),
			KyuubiInstance: cmp.Or(i.Instance, instance), Metrics: metrics(i), Progress: progress(i),
		}
		if i.Err != nil {
			data[n].Exception = i.Err.Message
		}
	}
	return data
}

// typeOf is a session's type as clients see it.
func typeOf(kind string) string { return cmp.Or(kind, interactive) }

// statementText is the SQL, or the name of a metadata query.
func statementText(q engine.Query) string {
	if st, ok := q.(engine.Statement); ok {
		return st.SQL
	}
	return q.Name()
}

// stateName is the name of the TOperationState.
func stateName(s operation.State) string { return s.String() + "_STATE" }

// exception is what an operation ended with, of the same kind that an answer has which
// fails for it.
func exception(e *sqlerr.Error) *api.Exception {
	if e == nil {
		return nil
	}
	e = aboutSQL(e)
	return &api.Exception{Message: e.Message, Kind: e.Kind.String(), SQLState: e.SQLState()}
}

// metrics are numbers as text, as Kyuubi has them.
func metrics(i *operation.Info) map[string]string {
	return map[string]string{
		"fetchLogCount":     strconv.FormatInt(i.FetchedLogLines, 10),
		"fetchResultsCount": strconv.FormatInt(i.FetchedRows, 10),
	}
}

// progressHeaders are the columns that Hive's clients know.
var progressHeaders = []string{"VERTICES", "MODE", "STATUS", "TOTAL", "COMPLETED", "RUNNING", "PENDING", "FAILED", "KILLED"}

func progress(i *operation.Info) *api.OperationProgress {
	p := i.Progress
	if p == nil || i.State.Terminal() {
		return nil
	}
	count := func(n int64) string { return strconv.FormatInt(n, 10) }
	return &api.OperationProgress{
		HeaderNames: progressHeaders,
		Rows: [][]string{{
			p.Stage, "", "RUNNING", count(p.Total), count(p.Completed), count(p.Running),
			count(max(0, p.Total-p.Completed-p.Running)), "0", "0",
		}},
		ProgressedPercentage: p.Fraction, Status: "IN_PROGRESS", StartTime: millis(i.Started),
	}
}

// millis is a time in milliseconds, 0 for one that has not come.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func latest(times ...time.Time) time.Time {
	var last time.Time
	for _, t := range times {
		if t.After(last) {
			last = t
		}
	}
	return last
}

package hs2_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/thrift/lib/go/thrift"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/engine"
	"github.com/nekomata-sql/nekomata/frontend/hs2"
	"github.com/nekomata-sql/nekomata/frontend/hs2/hs2test"
	"github.com/nekomata-sql/nekomata/operation"
	"github.com/nekomata-sql/nekomata/thrift/hive"
)

const (
	v5  = hive.TProtocolVersion_HIVE_CLI_SERVICE_PROTOCOL_V5
	v8  = hive.TProtocolVersion_HIVE_CLI_SERVICE_PROTOCOL_V8
	v10 = hive.TProtocolVersion_HIVE_CLI_SERVICE_PROTOCOL_V10
	v11 = hive.TProtocolVersion_HIVE_CLI_SERVICE_PROTOCOL_V11
)

func TestOpenSession(t *testing.T) {
	t.Parallel()
	s := serve(t, hs2.Options{})
	c := s.dial(t)
	for _, tc := range []struct{ ask, answer hive.TProtocolVersion }{{0, 0}, {v5, v5}, {v10, v10}, {v11, v11}, {99, v11}} {
		r, err := c.OpenSession(t.Context(), &hive.TOpenSessionReq{ClientProtocol: tc.ask, Username: new("mallory")})
		require.NoError(t, err)
		requireOK(t, r.Status)
		require.Equal(t, tc.answer, r.ServerProtocolVersion)
		require.Equal(t, map[string]string{"hive.server2.thrift.resultset.default.fetch.size": "1000"}, r.Configuration)
		id := uuid.UUID(r.SessionHandle.SessionId.GUID)
		require.Equal(t, "c2ee5b97-3ea0-41fc-ac16-9bd708ed8f38", uuid.UUID(r.SessionHandle.SessionId.Secret).String())
		info, err := s.back.Session(t.Context(), id)
		require.NoError(t, err)
		require.Equal(t, "alice", info.User, "who logged in counts, not who the request says")
		require.Equal(t, "alice", info.RealUser)
		require.Equal(t, "127.0.0.1", info.ClientAddress)
		require.Equal(t, "THRIFT_BINARY", info.Frontend)
		require.Equal(t, int(tc.answer), info.ProtocolVersion)
	}
	require.Equal(t, "127.0.0.1", s.back.callers[0].Address)

	_, err := c.OpenSession(t.Context(), &hive.TOpenSessionReq{ClientProtocol: -1})
	requireException(t, err, thrift.PROTOCOL_ERROR, "client_protocol -1 does not exist")

	r, err := c.OpenSession(t.Context(), &hive.TOpenSessionReq{Configuration: map[string]string{"refuse": "1"}})
	require.NoError(t, err)
	requireFailed(t, r.Status, "53400", "no more sessions")

	r, err = c.OpenSession(t.Context(), &hive.TOpenSessionReq{ClientProtocol: v10, Configuration: map[string]string{
		"set:hiveconf:hive.server2.thrift.resultset.default.fetch.size": "77",
	}})
	require.NoError(t, err)
	require.Equal(t, "77", r.Configuration["hive.server2.thrift.resultset.default.fetch.size"])
}

func requireException(t *testing.T, err error, kind int32, text string) {
	t.Helper()
	var x thrift.TApplicationException
	require.ErrorAs(t, err, &x)
	require.Equal(t, kind, x.TypeId())
	require.Contains(t, x.Error(), text)
}

func TestActingForAnother(t *testing.T) {
	t.Parallel()
	s := serve(t, hs2.Options{Auth: strict{}})
	dial := func(user string) *hs2test.Client {
		c, err := hs2test.Dial(t.Context(), hs2test.Options{Address: s.addr, User: user, Password: user + user})
		require.NoError(t, err)
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	proxy := &hive.TOpenSessionReq{ClientProtocol: v10, Configuration: map[string]string{"hive.server2.proxy.user": "carol"}}

	r, err := dial("root").OpenSession(t.Context(), proxy)
	require.NoError(t, err)
	requireOK(t, r.Status)
	info := second(s.back.Session(t.Context(), uuid.UUID(r.SessionHandle.SessionId.GUID)))
	require.Equal(t, "carol", info.User)
	require.Equal(t, "root", info.RealUser)

	r, err = dial("bob").OpenSession(t.Context(), proxy)
	require.NoError(t, err)
	requireFailed(t, r.Status, "42501", "bob may not act for carol")

	_, err = hs2test.Dial(t.Context(), hs2test.Options{Address: s.addr, User: "bob", Password: "x"})
	require.ErrorContains(t, err, "status 3: wrong user or password")
	_, err = hs2test.Dial(t.Context(), hs2test.Options{Address: s.addr, User: "", Password: "x"})
	require.NoError(t, err, "a bare connection shows itself only with its first call")
}

func TestStatements(t *testing.T) {
	t.Parallel()
	s := serve(t, hs2.Options{PollTimeout: time.Millisecond})
	c := s.dial(t)
	session := open(t, c)
	rows, none := new(true), new(false)
	for _, tc := range []struct {
		sql      string
		handle   bool
		state    hive.TOperationState
		rows     *bool
		modified *int64
		sqlState string
	}{
		{"select 1", true, hive.TOperationState_FINISHED_STATE, rows, new(int64(-1)), ""},
		{"insert 3", false, hive.TOperationState_FINISHED_STATE, none, new(int64(3)), ""},
		{"create", false, hive.TOperationState_FINISHED_STATE, none, new(int64(0)), ""},
		{"select slow", true, hive.TOperationState_RUNNING_STATE, nil, nil, ""},
		{"/* dbt */ -- x\n InSert slow", false, hive.TOperationState_RUNNING_STATE, none, nil, ""},
		{"insert slow returning a", true, hive.TOperationState_RUNNING_STATE, nil, nil, ""},
		{"select division", true, hive.TOperationState_ERROR_STATE, rows, nil, "22012"},
		{"select timeout", true, hive.TOperationState_TIMEDOUT_STATE, rows, nil, "HYT00"},
	} {
		r := run(t, c, session, tc.sql, true)
		requireOK(t, r.Status)
		require.Equal(t, tc.handle, r.OperationHandle.HasResultSet, tc.sql)
		require.Equal(t, hive.TOperationType_EXECUTE_STATEMENT, r.OperationHandle.OperationType)
		o := operationStatus(t, c, r.OperationHandle)
		require.Equal(t, tc.state, o.GetOperationState(), tc.sql)
		require.Equal(t, tc.rows, o.HasResultSet, tc.sql)
		require.Equal(t, tc.modified, o.NumModifiedRows, tc.sql)
		require.Equal(t, tc.sqlState, o.GetSqlState(), tc.sql)
		require.Nil(t, o.ProgressUpdateResponse, "nobody asked")
		q, err := c.GetQueryId(t.Context(), &hive.TGetQueryIdReq{OperationHandle: r.OperationHandle})
		require.NoError(t, err)
		require.Equal(t, uuid.UUID(r.OperationHandle.OperationId.GUID).String(), q.QueryId)
	}

	before := len(s.back.ops)
	requireFailed(t, run(t, c, session, "select syntax", true).Status, "42601", "no such word")
	require.Len(t, s.back.ops, before, "nobody has its handle, so it is closed")
	requireFailed(t, run(t, c, session, "select division", false).Status, "22012", "division by zero")
	require.EqualValues(t, 7, run(t, c, session, "select division", false).Status.GetErrorCode())
	r := run(t, c, session, "select timeout", false)
	requireOK(t, r.Status)
	require.Equal(t, hive.TOperationState_TIMEDOUT_STATE, operationStatus(t, c, r.OperationHandle).GetOperationState())
}

func TestStatusFields(t *testing.T) {
	t.Parallel()
	s := serve(t, hs2.Options{PollTimeout: time.Millisecond})
	c := s.dial(t)
	session := open(t, c)
	done := operationStatus(t, c, run(t, c, session, "select 1", true).OperationHandle)
	require.EqualValues(t, 1000, done.GetOperationStarted())
	require.EqualValues(t, 2000, done.GetOperationCompleted())
	require.Equal(t, "[]", done.GetTaskStatus())
	require.Nil(t, done.ErrorMessage)

	slow := run(t, c, session, "select slow", true).OperationHandle
	ask := &hive.TGetOperationStatusReq{OperationHandle: slow, GetProgressUpdate: new(true)}
	p := second(c.GetOperationStatus(t.Context(), ask)).ProgressUpdateResponse
	require.Equal(t, hive.TJobExecutionStatus_IN_PROGRESS, p.Status)
	require.Len(t, p.HeaderNames, 9)
	require.Equal(t, [][]string{{"Scan", "engine", "RUNNING", "10", "4", "2", "4", "0", "0"}}, p.Rows)
	require.InDelta(t, 0.4, p.ProgressedPercentage, 1e-9)

	cancel := func() *hive.TStatus {
		return second(c.CancelOperation(t.Context(), &hive.TCancelOperationReq{OperationHandle: slow})).Status
	}
	requireOK(t, cancel())
	requireOK(t, cancel())
	r := second(c.GetOperationStatus(t.Context(), ask))
	require.Equal(t, hive.TOperationState_CANCELED_STATE, r.GetOperationState())
	require.Equal(t, "HY008", r.GetSqlState())
	require.Equal(t, "the operation was canceled", r.GetErrorMessage())
	require.True(t, r.GetHasResultSet(), "who starts a query and asks for its result must learn of its end there")
	require.Equal(t, hive.TJobExecutionStatus_NOT_AVAILABLE, r.ProgressUpdateResponse.Status)

	shut := func() *hive.TStatus {
		return second(c.CloseOperation(t.Context(), &hive.TCloseOperationReq{OperationHandle: slow})).Status
	}
	requireOK(t, shut())
	requireFailed(t, shut(), "HY000", "Invalid OperationHandle")
	_, err := c.GetQueryId(t.Context(), &hive.TGetQueryIdReq{OperationHandle: slow})
	requireException(t, err, thrift.INTERNAL_ERROR, "Invalid OperationHandle")
}

func TestTimeoutIsCanceledForOldClients(t *testing.T) {
	t.Parallel()
	s := serve(t, hs2.Options{PollTimeout: time.Millisecond})
	c := s.dial(t)
	h := run(t, c, openV(t, c, v8, nil), "select timeout", true).OperationHandle
	require.Equal(t, hive.TOperationState_CANCELED_STATE, operationStatus(t, c, h).GetOperationState())
	other := s.dial(t) // has no session of its own, so it reads in the session's version
	require.Equal(t, hive.TOperationState_CANCELED_STATE, operationStatus(t, other, h).GetOperationState())
	open(t, other)
	require.Equal(t, hive.TOperationState_TIMEDOUT_STATE, operationStatus(t, other, h).GetOperationState())
}

// TestTermsAreRemembered of the statement that was begun last, if it is the connection's own.
func TestTermsAreRemembered(t *testing.T) {
	t.Parallel()
	s := serve(t, hs2.Options{})
	c, other := s.dial(t), s.dial(t)
	mine, old := open(t, c), openV(t, other, v5, nil)
	lookups := func(c *hs2test.Client, h *hive.TOperationHandle, byRow bool) int {
		s.back.mu.Lock()
		before := s.back.lookups
		s.back.mu.Unlock()
		requireOK(t, second(c.GetResultSetMetadata(t.Context(), &hive.TGetResultSetMetadataReq{OperationHandle: h})).Status)
		r := second(c.FetchResults(t.Context(), &hive.TFetchResultsReq{OperationHandle: h, MaxRows: 1}))
		requireOK(t, r.Status)
		require.Equal(t, byRow, len(r.Results.Rows) > 0)
		s.back.mu.Lock()
		defer s.back.mu.Unlock()
		return s.back.lookups - before
	}
	first, next := run(t, c, mine, "select 1", true).OperationHandle, run(t, c, mine, "select 1", false).OperationHandle
	require.Zero(t, lookups(c, next, false))
	require.Positive(t, lookups(c, first, false))
	require.Positive(t, lookups(other, next, true), "others read in their own version")
	require.Positive(t, lookups(c, run(t, c, old, "select 1", true).OperationHandle, false), "a session that is none of the connection's")
	requireOK(t, second(c.CloseOperation(t.Context(), &hive.TCloseOperationReq{OperationHandle: next})).Status)
	requireFailed(t, second(c.FetchResults(t.Context(), &hive.TFetchResultsReq{OperationHandle: next, MaxRows: 1})).Status, "HY000", "Invalid OperationHandle")
}

func TestRequestsReachTheBackend(t *testing.T) {
	t.Parallel()
	s := serve(t, hs2.Options{})
	c := s.dial(t)
	session := open(t, c)
	_, err := c.ExecuteStatement(t.Context(), &hive.TExecuteStatementReq{
		SessionHandle: session, Statement: "select 1", ConfOverlay: map[string]string{"a": "b"}, QueryTimeout: 2,
	})
	require.NoError(t, err)
	require.Equal(t, 2*time.Second, s.back.requests[0].Timeout)
	require.Equal(t, engine.Statement{SQL: "select 1", Conf: map[string]string{"a": "b"}}, s.back.requests[0].Query)
	for _, huge := range []int64{-5, 1 << 62} {
		_, err = c.ExecuteStatement(t.Context(), &hive.TExecuteStatementReq{SessionHandle: session, QueryTimeout: huge})
		require.NoError(t, err)
	}
	require.Zero(t, s.back.requests[1].Timeout)
	require.Greater(t, s.back.requests[2].Timeout, 200*365*24*time.Hour)
}

func TestMetadataCalls(t *testing.T) {
	t.Parallel()
	s := serve(t, hs2.Options{})
	c := s.dial(t)
	h := open(t, c)
	ctx := t.Context()
	id := func(s string) *hive.TIdentifier { return new(hive.TIdentifier(s)) }
	pat := func(s string) *hive.TPatternOrIdentifier { return new(hive.TPatternOrIdentifier(s)) }
	for _, tc := range []struct {
		call func() (interface {
			GetStatus() *hive.TStatus
			GetOperationHandle() *hive.TOperationHandle
		}, error)
		want engine.Query
		kind hive.TOperationType
	}{
		{
			func() (answer, error) { return c.GetTypeInfo(ctx, &hive.TGetTypeInfoReq{SessionHandle: h}) },
			engine.TypeInfo{},
			hive.TOperationType_GET_TYPE_INFO,
		},
		{
			func() (answer, error) { return c.GetCatalogs(ctx, &hive.TGetCatalogsReq{SessionHandle: h}) },
			engine.Catalogs{},
			hive.TOperationType_GET_CATALOGS,
		},
		{func() (answer, error) {
			return c.GetSchemas(ctx, &hive.TGetSchemasReq{SessionHandle: h, CatalogName: id("c"), SchemaName: pat("s")})
		}, engine.Schemas{Catalog: "c", Schema: "s"}, hive.TOperationType_GET_SCHEMAS},
		{func() (answer, error) {
			return c.GetTables(ctx, &hive.TGetTablesReq{SessionHandle: h, SchemaName: pat("%"), TableName: pat("t"), TableTypes: []string{"VIEW"}})
		}, engine.Tables{Schema: "%", Table: "t", Types: []string{"VIEW"}}, hive.TOperationType_GET_TABLES},
		{
			func() (answer, error) { return c.GetTableTypes(ctx, &hive.TGetTableTypesReq{SessionHandle: h}) },
			engine.TableTypes{},
			hive.TOperationType_GET_TABLE_TYPES,
		},
		{func() (answer, error) {
			return c.GetColumns(ctx, &hive.TGetColumnsReq{SessionHandle: h, CatalogName: id(""), TableName: pat("t"), ColumnName: pat("c")})
		}, engine.Columns{Table: "t", Column: "c"}, hive.TOperationType_GET_COLUMNS},
		{func() (answer, error) {
			return c.GetFunctions(ctx, &hive.TGetFunctionsReq{SessionHandle: h, FunctionName: "f"})
		}, engine.Functions{Function: "f"}, hive.TOperationType_GET_FUNCTIONS},
		{func() (answer, error) {
			return c.GetPrimaryKeys(ctx, &hive.TGetPrimaryKeysReq{SessionHandle: h, SchemaName: id("s"), TableName: id("t")})
		}, engine.PrimaryKeys{Schema: "s", Table: "t"}, hive.TOperationType_GET_FUNCTIONS},
		{func() (answer, error) {
			return c.GetCrossReference(ctx, &hive.TGetCrossReferenceReq{SessionHandle: h, ParentTableName: id("p"), ForeignTableName: id("f")})
		}, engine.CrossReference{PrimaryTable: "p", ForeignTable: "f"}, hive.TOperationType_GET_FUNCTIONS},
	} {
		r, err := tc.call()
		require.NoError(t, err)
		requireOK(t, r.GetStatus())
		require.True(t, r.GetOperationHandle().HasResultSet)
		require.Equal(t, tc.kind, r.GetOperationHandle().OperationType)
		require.Equal(t, tc.want, s.back.queries[len(s.back.queries)-1])
	}
}

type answer = interface {
	GetStatus() *hive.TStatus
	GetOperationHandle() *hive.TOperationHandle
}

func TestFetching(t *testing.T) {
	t.Parallel()
	s := serve(t, hs2.Options{PollTimeout: time.Millisecond, MaxFetchRows: 2, MaxFetchBytes: 99})
	c := s.dial(t)
	session := open(t, c)
	h := run(t, c, session, "select 1", true).OperationHandle
	fetch := func(h *hive.TOperationHandle, o hive.TFetchOrientation, n int64, kind int16) *hive.TFetchResultsResp {
		return second(c.FetchResults(t.Context(), &hive.TFetchResultsReq{OperationHandle: h, Orientation: o, MaxRows: n, FetchType: kind}))
	}
	const next, first = hive.TFetchOrientation_FETCH_NEXT, hive.TFetchOrientation_FETCH_FIRST
	requireFailed(t, fetch(h, next, -1, 0).Status, "22023", "maxRows must be positive, not -1")
	requireFailed(t, fetch(h, next, 0, 0).Status, "22023", "maxRows must be positive")
	for _, o := range []hive.TFetchOrientation{1, 2, 3, 5, 77} {
		requireFailed(t, fetch(h, o, 1, 0).Status, "HY106", "FETCH_NEXT or FETCH_FIRST")
	}
	requireFailed(t, fetch(h, next, 1, 9).Status, "22023", "fetchType")
	slow := run(t, c, session, "select slow", true).OperationHandle
	requireFailed(t, fetch(slow, next, 1, 0).Status, "HY010", "found RUNNING")

	r := fetch(h, next, 1<<40, 1)
	requireOK(t, r.Status)
	require.Equal(t, []string{"one", "two"}, r.Results.Columns[0].StringVal.Values)
	require.Equal(t, []string{"one", "two"}, fetch(slow, first, 100, 1).Results.Columns[0].StringVal.Values)
	old := openV(t, c, v5, nil)
	r = fetch(run(t, c, old, "select 1", true).OperationHandle, next, 9, 1)
	require.Empty(t, r.Results.Columns)
	require.Equal(t, "two", r.Results.Rows[1].ColVals[0].StringVal.GetValue())

	r = fetch(h, next, 1<<40, 0)
	requireOK(t, r.Status)
	require.EqualValues(t, 5, r.Results.StartRowOffset)
	require.True(t, r.GetHasMoreRows())
	require.Equal(t, []int64{1, 2}, r.Results.Columns[0].I64Val.Values)
	require.Equal(t, []operation.Fetch{{MaxRows: 2, MaxBytes: 99}}, s.back.fetches)
	require.EqualValues(t, 1, fetch(h, first, 1, 0).Results.Columns[0].I64Val.Values[0])
	require.Equal(t, operation.First, s.back.fetches[1].Orientation)
	s.back.encodesAhead = true
	require.Equal(t, r.Results, fetch(h, next, 1<<40, 0).Results)
	r = fetch(run(t, c, old, "select 1", true).OperationHandle, next, 9, 0)
	require.EqualValues(t, 2, r.Results.Rows[1].ColVals[0].I64Val.GetValue())
	m := second(c.GetResultSetMetadata(t.Context(), &hive.TGetResultSetMetadataReq{OperationHandle: h}))
	requireOK(t, m.Status)
	require.Equal(t, "n", m.Schema.Columns[0].ColumnName)

	none := run(t, c, session, "insert", true).OperationHandle
	r = fetch(none, next, 9, 0)
	requireOK(t, r.Status)
	require.Empty(t, r.Results.Columns)
	m = second(c.GetResultSetMetadata(t.Context(), &hive.TGetResultSetMetadataReq{OperationHandle: none}))
	requireOK(t, m.Status)
	require.Empty(t, m.Schema.Columns)
	require.NotNil(t, m.Schema)
	m = second(c.GetResultSetMetadata(t.Context(), &hive.TGetResultSetMetadataReq{OperationHandle: slow}))
	requireFailed(t, m.Status, "HY010", "found RUNNING")
}

func TestGetInfo(t *testing.T) {
	t.Parallel()
	ours, engines := serve(t, hs2.Options{Version: "1.2.3"}), serve(t, hs2.Options{EngineNames: true})
	ask := func(s *server, what hive.TGetInfoType) *hive.TGetInfoResp {
		c := s.dial(t)
		return second(c.GetInfo(t.Context(), &hive.TGetInfoReq{SessionHandle: open(t, c), InfoType: what}))
	}
	for what, want := range map[hive.TGetInfoType][2]string{
		hive.TGetInfoType_CLI_DBMS_NAME:             {"Nekomata", "DuckDB"},
		hive.TGetInfoType_CLI_SERVER_NAME:           {"Nekomata", "DuckDB"},
		hive.TGetInfoType_CLI_DBMS_VER:              {"1.2.3", "1.5.5"},
		hive.TGetInfoType_CLI_ODBC_KEYWORDS:         {"QUALIFY", "QUALIFY"},
		hive.TGetInfoType_CLI_USER_NAME:             {"alice", "alice"},
		hive.TGetInfoType_CLI_IDENTIFIER_QUOTE_CHAR: {"`", "`"},
	} {
		require.Equal(t, want[0], ask(ours, what).InfoValue.GetStringValue(), what)
		require.Equal(t, want[1], ask(engines, what).InfoValue.GetStringValue(), what)
	}
	require.EqualValues(t, 128, ask(ours, hive.TGetInfoType_CLI_MAX_TABLE_NAME_LEN).InfoValue.GetLenValue())

	c := ours.dial(t)
	session := open(t, c)
	unknown := 0
	for _, what := range append(slices.Collect(hive.TGetInfoTypeValues()), 4711) {
		r := second(c.GetInfo(t.Context(), &hive.TGetInfoReq{SessionHandle: session, InfoType: what}))
		require.Equal(t, 1, r.InfoValue.CountSetFieldsTGetInfoValue(), what)
		if r.Status.StatusCode == hive.TStatusCode_ERROR_STATUS {
			requireFailed(t, r.Status, "0A000", "Unrecognized GetInfoType value")
			unknown++
		}
	}
	require.Equal(t, 3, unknown, "the data source's name and what the driver does are not the server's to know")
}

func TestNotSupportedAndClientInfo(t *testing.T) {
	t.Parallel()
	s := serve(t, hs2.Options{})
	c := s.dial(t)
	h := open(t, c)
	ctx := t.Context()
	requireFailed(t, second(c.GetDelegationToken(ctx, &hive.TGetDelegationTokenReq{SessionHandle: h})).Status, "0A000", "Delegation tokens")
	requireFailed(t, second(c.CancelDelegationToken(ctx, &hive.TCancelDelegationTokenReq{SessionHandle: h})).Status, "0A000", "Delegation tokens")
	requireFailed(t, second(c.RenewDelegationToken(ctx, &hive.TRenewDelegationTokenReq{SessionHandle: h})).Status, "0A000", "Delegation tokens")
	requireFailed(t, second(c.UploadData(ctx, &hive.TUploadDataReq{SessionHandle: h})).Status, "0A000", "UploadData")
	requireFailed(t, second(c.DownloadData(ctx, &hive.TDownloadDataReq{SessionHandle: h})).Status, "0A000", "DownloadData")
	requireOK(t, second(c.SetClientInfo(ctx, &hive.TSetClientInfoReq{SessionHandle: h})).Status)
	requireOK(t, second(c.CloseSession(ctx, &hive.TCloseSessionReq{SessionHandle: h})).Status)
	requireFailed(t, second(c.CloseSession(ctx, &hive.TCloseSessionReq{SessionHandle: h})).Status, "HY000", "Invalid SessionHandle")
	requireFailed(t, second(c.SetClientInfo(ctx, &hive.TSetClientInfoReq{SessionHandle: h})).Status, "HY000", "Invalid SessionHandle")
	requireFailed(t, second(c.GetInfo(ctx, &hive.TGetInfoReq{SessionHandle: h})).Status, "HY000", "Invalid SessionHandle")
}

func TestBadHandlesAreErrors(t *testing.T) {
	t.Parallel()
	s := serve(t, hs2.Options{})
	c := s.dial(t)
	for _, guid := range [][]byte{nil, {}, {1, 2, 3}, make([]byte, 16), []byte(strings.Repeat("x", 1000))} {
		id := &hive.THandleIdentifier{GUID: guid, Secret: []byte("?")}
		op := &hive.TOperationHandle{OperationId: id}
		for name, call := range map[string]func(context.Context) *hive.TStatus{
			"CloseSession": func(ctx context.Context) *hive.TStatus {
				return second(c.CloseSession(ctx, &hive.TCloseSessionReq{SessionHandle: &hive.TSessionHandle{SessionId: id}})).Status
			},
			"GetCatalogs": func(ctx context.Context) *hive.TStatus {
				return second(c.GetCatalogs(ctx, &hive.TGetCatalogsReq{SessionHandle: &hive.TSessionHandle{SessionId: id}})).Status
			},
			"FetchResults": func(ctx context.Context) *hive.TStatus {
				return second(c.FetchResults(ctx, &hive.TFetchResultsReq{OperationHandle: op, MaxRows: 1})).Status
			},
			"GetOperationStatus": func(ctx context.Context) *hive.TStatus {
				return second(c.GetOperationStatus(ctx, &hive.TGetOperationStatusReq{OperationHandle: op})).Status
			},
		} {
			st := call(t.Context())
			require.Equal(t, hive.TStatusCode_ERROR_STATUS, st.StatusCode, name)
			require.Equal(t, "HY000", st.GetSqlState(), name)
			require.Regexp(t, `^Invalid (Session|Operation)Handle`, st.GetErrorMessage(), name)
		}
	}
	// Fields that the protocol requires and the client left out.
	_, err := c.CloseSession(t.Context(), &hive.TCloseSessionReq{})
	requireException(t, err, thrift.PROTOCOL_ERROR, "the arguments of CloseSession can't be read")
	s.requireServing(t)
}

func TestInternalErrorsAreLoggedOnceAndHidden(t *testing.T) {
	t.Parallel()
	s := serve(t, hs2.Options{})
	c := s.dial(t)
	session := open(t, c)
	for sql, cause := range map[string]string{"select bug": "the cause", "select boom": "panic: whiskers"} {
		r := run(t, c, session, sql, false)
		requireFailed(t, r.Status, "HY000", "internal error")
		require.NotContains(t, r.Status.GetErrorMessage(), cause)
		require.Equal(t, 1, strings.Count(s.log.String(), cause))
	}
	requireOK(t, run(t, c, session, "select 1", false).Status)
}

func TestAnAnswerBeyondTheLimitIsAnError(t *testing.T) {
	t.Parallel()
	s := serve(t, hs2.Options{MaxMessageSize: 300})
	c := s.dial(t)
	s.back.keywords = strings.Repeat("x", 500)
	ask := &hive.TGetInfoReq{SessionHandle: open(t, c), InfoType: hive.TGetInfoType_CLI_ODBC_KEYWORDS}
	requireFailed(t, second(c.GetInfo(t.Context(), ask)).Status, "54000", "exceeds the limit of 300")
	ask.InfoType = hive.TGetInfoType_CLI_DBMS_NAME
	requireOK(t, second(c.GetInfo(t.Context(), ask)).Status)
}

package env_test

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/frontend/hs2/hs2test"
	"github.com/nekomata-sql/nekomata/test/env"
	tcli "github.com/nekomata-sql/nekomata/thrift/hive"
)

// caller is a client with a session on a gateway of its own.
type caller struct {
	*hs2test.Client
	t       *testing.T
	session *tcli.TSessionHandle
}

func newCaller(t *testing.T, settings ...string) *caller {
	t.Helper()
	return dialCaller(t, env.Start(t, settings...))
}

func dialCaller(t *testing.T, s *env.Server) *caller {
	t.Helper()
	c, err := hs2test.Dial(t.Context(), hs2test.Options{Address: s.ThriftAddress(), User: "ann", Password: "x"})
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	r, err := c.OpenSession(t.Context(), &tcli.TOpenSessionReq{ClientProtocol: v10})
	require.NoError(t, err)
	require.Equal(t, tcli.TStatusCode_SUCCESS_STATUS, r.Status.StatusCode, r.Status.GetErrorMessage())
	return &caller{c, t, r.SessionHandle}
}

// start runs a statement.
func (c *caller) start(req *tcli.TExecuteStatementReq) *tcli.TOperationHandle {
	c.t.Helper()
	req.SessionHandle = c.session
	r, err := c.ExecuteStatement(c.t.Context(), req)
	require.NoError(c.t, err)
	c.ok(r.Status)
	return r.OperationHandle
}

// do runs statements to their end.
func (c *caller) do(statements ...string) (last *tcli.TOperationHandle) {
	c.t.Helper()
	for _, sql := range statements {
		last = c.start(&tcli.TExecuteStatementReq{Statement: sql})
	}
	return last
}

func (c *caller) ok(s *tcli.TStatus) {
	c.t.Helper()
	require.Equal(c.t, tcli.TStatusCode_SUCCESS_STATUS, s.StatusCode, s.GetErrorMessage())
}

func (c *caller) status(op *tcli.TOperationHandle) *tcli.TGetOperationStatusResp {
	c.t.Helper()
	r, err := c.GetOperationStatus(c.t.Context(), &tcli.TGetOperationStatusReq{OperationHandle: op, GetProgressUpdate: new(true)})
	require.NoError(c.t, err)
	c.ok(r.Status)
	return r
}

func (c *caller) fetch(op *tcli.TOperationHandle, rows int64, kind int16) *tcli.TFetchResultsResp {
	c.t.Helper()
	r, err := c.FetchResults(c.t.Context(), &tcli.TFetchResultsReq{OperationHandle: op, MaxRows: rows, FetchType: kind})
	require.NoError(c.t, err)
	return r
}

// layout is a result's columns as "NAME type", at the positions 1, 2, ...
func (c *caller) layout(op *tcli.TOperationHandle) []string {
	c.t.Helper()
	r, err := c.GetResultSetMetadata(c.t.Context(), &tcli.TGetResultSetMetadataReq{OperationHandle: op})
	require.NoError(c.t, err)
	c.ok(r.Status)
	columns := make([]string, len(r.Schema.Columns))
	for i, column := range r.Schema.Columns {
		require.EqualValues(c.t, i+1, column.Position)
		kind := column.TypeDesc.Types[0].PrimitiveEntry.Type.String()
		columns[i] = column.ColumnName + " " + strings.ToLower(strings.TrimSuffix(kind, "_TYPE"))
	}
	return columns
}

// rows are all rows of a result, their cells joined with "|"; NULL is "-".
func (c *caller) rows(op *tcli.TOperationHandle) []string {
	c.t.Helper()
	all := []string{}
	for {
		r := c.fetch(op, 50, 0) // as JDBC fetches metadata
		c.ok(r.Status)
		var cells [][]string
		for _, column := range r.Results.Columns {
			cells = append(cells, cellTexts(column))
		}
		if len(cells) == 0 || len(cells[0]) == 0 {
			return all
		}
		for i := range cells[0] {
			row := make([]string, len(cells))
			for k := range cells {
				row[k] = cells[k][i]
			}
			all = append(all, strings.Join(row, "|"))
		}
	}
}

// cellTexts are a column's values.
func cellTexts(c *tcli.TColumn) []string {
	var all []string
	nulls := []byte{}
	add := func(n []byte, values ...string) { nulls, all = n, append(all, values...) }
	switch {
	case c.StringVal != nil:
		add(c.StringVal.Nulls, c.StringVal.Values...)
	case c.I32Val != nil:
		for _, v := range c.I32Val.Values {
			add(c.I32Val.Nulls, strconv.Itoa(int(v)))
		}
	case c.I16Val != nil:
		for _, v := range c.I16Val.Values {
			add(c.I16Val.Nulls, strconv.Itoa(int(v)))
		}
	case c.I64Val != nil:
		for _, v := range c.I64Val.Values {
			add(c.I64Val.Nulls, strconv.Itoa(int(v)))
		}
	case c.ByteVal != nil:
		for _, v := range c.ByteVal.Values {
			add(c.ByteVal.Nulls, strconv.Itoa(int(v)))
		}
	case c.BoolVal != nil:
		for _, v := range c.BoolVal.Values {
			add(c.BoolVal.Nulls, strconv.FormatBool(v))
		}
	}
	for i := range all {
		if i/8 < len(nulls) && nulls[i/8]>>(i%8)&1 == 1 {
			all[i] = "-"
		}
	}
	return all
}

// asked is the answer of a metadata call.
type asked interface {
	GetStatus() *tcli.TStatus
	GetOperationHandle() *tcli.TOperationHandle
}

func name(s string) *tcli.TIdentifier             { return new(tcli.TIdentifier(s)) }
func pattern(s string) *tcli.TPatternOrIdentifier { return new(tcli.TPatternOrIdentifier(s)) }

func (c *caller) ask(r asked, err error) *tcli.TOperationHandle {
	c.t.Helper()
	require.NoError(c.t, err)
	c.ok(r.GetStatus())
	require.True(c.t, r.GetOperationHandle().HasResultSet)
	return r.GetOperationHandle()
}

func (c *caller) tables(ctx context.Context, schema, table string, types ...string) []string {
	c.t.Helper()
	op := c.ask(c.GetTables(ctx, &tcli.TGetTablesReq{
		SessionHandle: c.session, SchemaName: pattern(schema), TableName: pattern(table), TableTypes: types,
	}))
	var found []string
	for _, row := range c.rows(op) {
		cells := strings.Split(row, "|")
		found = append(found, cells[1]+"."+cells[2]+" "+cells[3])
	}
	return found
}

// TestMetadataColumnsByPosition holds the nine calls to the names, types and places
// that clients count on.
func TestMetadataColumnsByPosition(t *testing.T) {
	t.Parallel()
	c, ctx := newCaller(t), t.Context()
	c.do("create table t (a int primary key)")
	text := func(names string) []string {
		var all []string
		for n := range strings.FieldsSeq(names) {
			n, kind, typed := strings.Cut(n, ":")
			if !typed {
				kind = "string"
			}
			all = append(all, n+" "+kind)
		}
		return all
	}
	h := c.session
	for _, tc := range []struct {
		op   *tcli.TOperationHandle
		want string
		kind tcli.TOperationType
	}{
		{c.ask(c.GetCatalogs(ctx, &tcli.TGetCatalogsReq{SessionHandle: h})), "TABLE_CAT", tcli.TOperationType_GET_CATALOGS},
		{c.ask(c.GetSchemas(ctx, &tcli.TGetSchemasReq{SessionHandle: h})), "TABLE_SCHEM TABLE_CATALOG", tcli.TOperationType_GET_SCHEMAS},
		{
			c.ask(c.GetTables(ctx, &tcli.TGetTablesReq{SessionHandle: h})),
			"TABLE_CAT TABLE_SCHEM TABLE_NAME TABLE_TYPE REMARKS TYPE_CAT TYPE_SCHEM TYPE_NAME SELF_REFERENCING_COL_NAME REF_GENERATION",
			tcli.TOperationType_GET_TABLES,
		},
		{c.ask(c.GetTableTypes(ctx, &tcli.TGetTableTypesReq{SessionHandle: h})), "TABLE_TYPE", tcli.TOperationType_GET_TABLE_TYPES},
		{
			c.ask(c.GetColumns(ctx, &tcli.TGetColumnsReq{SessionHandle: h})),
			"TABLE_CAT TABLE_SCHEM TABLE_NAME COLUMN_NAME DATA_TYPE:int TYPE_NAME COLUMN_SIZE:int BUFFER_LENGTH:tinyint DECIMAL_DIGITS:int " +
				"NUM_PREC_RADIX:int NULLABLE:int REMARKS COLUMN_DEF SQL_DATA_TYPE:int SQL_DATETIME_SUB:int CHAR_OCTET_LENGTH:int " +
				"ORDINAL_POSITION:int IS_NULLABLE SCOPE_CATALOG SCOPE_SCHEMA SCOPE_TABLE SOURCE_DATA_TYPE:smallint IS_AUTO_INCREMENT",
			tcli.TOperationType_GET_COLUMNS,
		},
		{
			c.ask(c.GetFunctions(ctx, &tcli.TGetFunctionsReq{SessionHandle: h, FunctionName: "%"})),
			"FUNCTION_CAT FUNCTION_SCHEM FUNCTION_NAME REMARKS FUNCTION_TYPE:int SPECIFIC_NAME", tcli.TOperationType_GET_FUNCTIONS,
		},
		{
			c.ask(c.GetTypeInfo(ctx, &tcli.TGetTypeInfoReq{SessionHandle: h})),
			"TYPE_NAME DATA_TYPE:int PRECISION:int LITERAL_PREFIX LITERAL_SUFFIX CREATE_PARAMS NULLABLE:smallint CASE_SENSITIVE:boolean " +
				"SEARCHABLE:smallint UNSIGNED_ATTRIBUTE:boolean FIXED_PREC_SCALE:boolean AUTO_INCREMENT:boolean LOCAL_TYPE_NAME " +
				"MINIMUM_SCALE:smallint MAXIMUM_SCALE:smallint SQL_DATA_TYPE:int SQL_DATETIME_SUB:int NUM_PREC_RADIX:int",
			tcli.TOperationType_GET_TYPE_INFO,
		},
		{
			c.ask(c.GetPrimaryKeys(ctx, &tcli.TGetPrimaryKeysReq{SessionHandle: h})),
			"TABLE_CAT TABLE_SCHEM TABLE_NAME COLUMN_NAME KEY_SEQ:int PK_NAME", tcli.TOperationType_GET_FUNCTIONS,
		},
		{
			c.ask(c.GetCrossReference(ctx, &tcli.TGetCrossReferenceReq{SessionHandle: h})),
			"PKTABLE_CAT PKTABLE_SCHEM PKTABLE_NAME PKCOLUMN_NAME FKTABLE_CAT FKTABLE_SCHEM FKTABLE_NAME FKCOLUMN_NAME KEY_SEQ:int " +
				"UPDATE_RULE:int DELETE_RULE:int FK_NAME PK_NAME DEFERRABILITY:int",
			tcli.TOperationType_GET_FUNCTIONS,
		},
	} {
		require.Equal(t, text(tc.want), c.layout(tc.op))
		require.Equal(t, tc.kind, tc.op.OperationType)
		require.Equal(t, tcli.TOperationState_FINISHED_STATE, c.status(tc.op).GetOperationState(), "the call itself waits")
	}
}

// TestMetadataOrderAndPatterns has the order of the JDBC specification, and patterns
// with %, _ and \.
func TestMetadataOrderAndPatterns(t *testing.T) {
	t.Parallel()
	c, ctx := newCaller(t), t.Context()
	c.do("create schema sales", "create schema sale_s", "create table sales.b_1 (id int, `at` timestamp, price decimal(12,2))",
		"create table sales.bx1 (id int)", "create view sales.a as select 1 as one", "create table sale_s.c (id int)",
		"create table sales.`100%` (id int)", "comment on table sales.bx1 is 'noted'")
	all := []string{"sale_s.c TABLE", "sales.100% TABLE", "sales.b_1 TABLE", "sales.bx1 TABLE", "sales.a VIEW"}
	for _, tc := range []struct {
		schema, table string
		types         []string
		want          []string
	}{
		{"%", "%", nil, all},
		{"", "", nil, all},
		{"*", "*", nil, all},
		{".*", ".*", nil, all},
		{"%", "%", []string{}, all},
		{"SALES", "%", []string{"table"}, all[1:4]},
		{"sal_s", "%", nil, all[1:]},
		{"sale_s", "%", nil, all[:1]},
		{`sale\_s`, "%", nil, all[:1]},
		{"sale%", "_", nil, []string{all[0], all[4]}},
		{"%", "b_1", nil, all[2:4]},
		{"%", `b\_1`, nil, all[2:3]},
		{"%", `%\%`, nil, all[1:2]},
		{"%", "b%", []string{"VIEW"}, nil},
		{"%", "%", []string{"SYSTEM TABLE"}, nil},
		{"%", "%", []string{"SYSTEM TABLE", "VIEW"}, all[4:]},
		{"%", "x' or '1'='1", nil, nil},
	} {
		got := c.tables(ctx, tc.schema, tc.table, tc.types...)
		require.Equal(t, tc.want, got, "%+v", tc)
	}
	remarks := c.rows(c.ask(c.GetTables(ctx, &tcli.TGetTablesReq{SessionHandle: c.session, SchemaName: pattern("sales"), TableName: pattern("b%")})))
	require.Contains(t, remarks[0], "|TABLE|-|", "no comment is NULL")
	require.Contains(t, remarks[1], "|TABLE|noted|")

	columns := c.rows(c.ask(c.GetColumns(ctx, &tcli.TGetColumnsReq{
		SessionHandle: c.session, CatalogName: name(""), SchemaName: pattern("sales"), TableName: pattern("b%"), ColumnName: pattern("%"),
	})))
	require.Len(t, columns, 4)
	for i, want := range []string{
		`sales\|b_1\|id\|4\|INT\|10\|-\|-?0?-?\|10\|1\|-\|-\|-\|-\|-\|1\|YES\|`, `sales\|b_1\|at\|93\|TIMESTAMP\|29\|.*\|2\|YES\|`,
		`sales\|b_1\|price\|3\|DECIMAL\(12,2\)\|12\|-\|2\|10\|1\|.*\|3\|YES\|`, `sales\|bx1\|id\|4\|INT\|.*\|1\|YES\|`,
	} {
		require.Regexp(t, `(?i)\|`+want, columns[i])
	}
	schemas := c.rows(c.ask(c.GetSchemas(ctx, &tcli.TGetSchemasReq{SessionHandle: c.session, SchemaName: pattern(`sale\_s`)})))
	require.Len(t, schemas, 1)
	require.True(t, strings.HasPrefix(schemas[0], "sale_s|"))
	require.Equal(t, []string{"TABLE", "VIEW"}, c.rows(c.ask(c.GetTableTypes(ctx, &tcli.TGetTableTypesReq{SessionHandle: c.session}))), "each once")
	functions := c.rows(c.ask(c.GetFunctions(ctx, &tcli.TGetFunctionsReq{SessionHandle: c.session, FunctionName: `date\_tr%`})))
	require.Len(t, functions, 1)
	require.Regexp(t, `^-\|-\|date_trunc\|.*\|1\|date_trunc$`, functions[0])
	kinds := c.rows(c.ask(c.GetTypeInfo(ctx, &tcli.TGetTypeInfoReq{SessionHandle: c.session})))
	codes := make([]int, len(kinds))
	for i, row := range kinds {
		codes[i], _ = strconv.Atoi(strings.Split(row, "|")[1])
	}
	require.True(t, slices.IsSorted(codes), "by their codes: %v", codes)
	require.Len(t, codes, 17)
}

func TestKeysOfTables(t *testing.T) {
	t.Parallel()
	c, ctx := newCaller(t), t.Context()
	c.do("create schema k", "create table k.parent (a int, b int, primary key (b, a))",
		"create table k.child (x int, y int, foreign key (y, x) references k.parent (b, a))", "create table k.other (id int primary key)")
	cut := func(rows []string, from int) []string {
		for i, r := range rows {
			rows[i] = strings.Join(strings.Split(r, "|")[from:], "|")
		}
		return rows
	}
	keys := c.rows(c.ask(c.GetPrimaryKeys(ctx, &tcli.TGetPrimaryKeysReq{SessionHandle: c.session, SchemaName: name("k"), TableName: name("parent")})))
	require.Regexp(t, `^k\|parent\|a\|2\|\S+ k\|parent\|b\|1\|\S+$`, strings.Join(cut(keys, 1), " "), "by the columns' names")
	refs := c.rows(c.ask(c.GetCrossReference(ctx, &tcli.TGetCrossReferenceReq{
		SessionHandle: c.session, ParentSchemaName: name("k"), ParentTableName: name("parent"), ForeignSchemaName: name("k"), ForeignTableName: name("child"),
	})))
	require.Len(t, refs, 2)
	require.Regexp(t, `\|k\|parent\|b\|[^|]*\|k\|child\|y\|1\|3\|3\|.*\|7$`, refs[0])
	require.Regexp(t, `\|k\|parent\|a\|[^|]*\|k\|child\|x\|2\|3\|3\|.*\|7$`, refs[1])
	imported := c.ask(c.GetCrossReference(ctx, &tcli.TGetCrossReferenceReq{SessionHandle: c.session, ForeignTableName: name("child")}))
	require.Len(t, c.rows(imported), 2, "imported keys have no parent in the question")
	none := c.ask(c.GetCrossReference(ctx, &tcli.TGetCrossReferenceReq{SessionHandle: c.session, ParentTableName: name("other")}))
	require.Empty(t, c.rows(none))
}

// TestGetInfoAnswersWhatBridgesAsk asks everything twice: as the engine, and as the
// gateway.
func TestGetInfoAnswersWhatBridgesAsk(t *testing.T) {
	t.Parallel()
	for provider, want := range map[string]string{"ENGINE": "DuckDB", "SERVER": "Nekomata"} {
		c := newCaller(t, "kyuubi.server.info.provider="+provider)
		unknown := []string{}
		for what := range tcli.TGetInfoTypeValues() {
			r, err := c.GetInfo(t.Context(), &tcli.TGetInfoReq{SessionHandle: c.session, InfoType: what})
			require.NoError(t, err, what)
			require.Equal(t, 1, r.InfoValue.CountSetFieldsTGetInfoValue(), what)
			switch {
			case r.Status.StatusCode == tcli.TStatusCode_ERROR_STATUS:
				require.Equal(t, "0A000", r.Status.GetSqlState())
				unknown = append(unknown, what.String())
			case what == tcli.TGetInfoType_CLI_DBMS_NAME, what == tcli.TGetInfoType_CLI_SERVER_NAME:
				require.Equal(t, want, r.InfoValue.GetStringValue())
			case what == tcli.TGetInfoType_CLI_DBMS_VER:
				require.NotEmpty(t, r.InfoValue.GetStringValue())
			case what == tcli.TGetInfoType_CLI_USER_NAME:
				require.Equal(t, "ann", r.InfoValue.GetStringValue())
			case what == tcli.TGetInfoType_CLI_ODBC_KEYWORDS:
				require.Contains(t, r.InfoValue.GetStringValue(), "QUALIFY")
			}
		}
		slices.Sort(unknown)
		require.Equal(t, []string{"CLI_DATA_SOURCE_NAME", "CLI_GETDATA_EXTENSIONS"}, unknown,
			"what a driver manager and a driver know of themselves")
	}
}

// TestCallsAroundStatements are the calls that have no rows.
func TestCallsAroundStatements(t *testing.T) {
	t.Parallel()
	c, ctx := newCaller(t), t.Context()
	info, err := c.SetClientInfo(ctx, &tcli.TSetClientInfoReq{SessionHandle: c.session, Configuration: map[string]string{"ApplicationName": "test"}})
	require.NoError(t, err)
	c.ok(info.Status)
	info, err = c.SetClientInfo(ctx, &tcli.TSetClientInfoReq{SessionHandle: c.session})
	require.NoError(t, err)
	c.ok(info.Status)

	op := c.start(&tcli.TExecuteStatementReq{Statement: "select count(*) from range(1000000)", RunAsync: true})
	id, err := c.GetQueryId(ctx, &tcli.TGetQueryIdReq{OperationHandle: op})
	require.NoError(t, err)
	require.Regexp(t, `^[0-9a-f-]{36}$`, id.QueryId, "right after the start")

	token, err := c.GetDelegationToken(ctx, &tcli.TGetDelegationTokenReq{SessionHandle: c.session, Owner: "ann", Renewer: "ann"})
	require.NoError(t, err)
	c.ok(token.Status)
	renewed, err := c.RenewDelegationToken(ctx, &tcli.TRenewDelegationTokenReq{SessionHandle: c.session, DelegationToken: token.GetDelegationToken()})
	require.NoError(t, err)
	c.ok(renewed.Status)
	canceled, err := c.CancelDelegationToken(ctx, &tcli.TCancelDelegationTokenReq{SessionHandle: c.session, DelegationToken: token.GetDelegationToken()})
	require.NoError(t, err)
	c.ok(canceled.Status)

	up, err := c.UploadData(ctx, &tcli.TUploadDataReq{SessionHandle: c.session, Values: []byte("x")})
	require.NoError(t, err)
	down, err := c.DownloadData(ctx, &tcli.TDownloadDataReq{SessionHandle: c.session})
	require.NoError(t, err)
	for _, s := range []*tcli.TStatus{up.Status, down.Status} {
		require.Equal(t, tcli.TStatusCode_ERROR_STATUS, s.StatusCode)
		require.Equal(t, "0A000", s.GetSqlState())
	}
	for range 2 { // cancel after the end, and again
		r, err := c.CancelOperation(ctx, &tcli.TCancelOperationReq{OperationHandle: op})
		require.NoError(t, err)
		c.ok(r.Status)
	}
	for _, want := range []tcli.TStatusCode{tcli.TStatusCode_SUCCESS_STATUS, tcli.TStatusCode_ERROR_STATUS} { // close, and again
		r, err := c.CloseOperation(ctx, &tcli.TCloseOperationReq{OperationHandle: op})
		require.NoError(t, err)
		require.Equal(t, want, r.Status.StatusCode)
	}
	require.Equal(t, []string{"1"}, c.rows(c.do("select 1;")), "and a semicolon")
	require.Equal(t, []string{"One string", "two int", "one int"}, c.layout(c.do("select 'a' as One, 2 as two, 3 as one")), "names as written")
}

func TestProtocolVersions(t *testing.T) {
	t.Parallel()
	s := env.Start(t)
	c := dialCaller(t, s)
	for asked, want := range map[int]int{0: 0, 4: 4, 5: 5, 9: 9, 10: 10, 11: 10, 99: 10} {
		r, err := c.OpenSession(t.Context(), &tcli.TOpenSessionReq{ClientProtocol: tcli.TProtocolVersion(asked)})
		require.NoError(t, err)
		c.ok(r.Status)
		require.Equal(t, tcli.TProtocolVersion(want), r.ServerProtocolVersion, asked)
	}
	_, err := c.OpenSession(t.Context(), &tcli.TOpenSessionReq{ClientProtocol: -1})
	require.ErrorContains(t, err, "does not exist")
	r, err := c.OpenSession(t.Context(), &tcli.TOpenSessionReq{ClientProtocol: v10, Configuration: map[string]string{"use:database": "nowhere"}})
	require.NoError(t, err)
	require.Equal(t, tcli.TStatusCode_ERROR_STATUS, r.Status.StatusCode)
	require.Equal(t, tcli.TProtocolVersion_HIVE_CLI_SERVICE_PROTOCOL_V1, r.ServerProtocolVersion, "the oldest driver reads the error")
}

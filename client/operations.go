package client

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"github.com/nekomata-sql/nekomata/api"
)

const operationsPath = "/api/v1/operations"

// start starts an operation and returns its handle.
func (c *Client) start(ctx context.Context, session, what string, body any) (string, error) {
	h, err := fetch[api.OperationHandle](ctx, c, call{
		method: http.MethodPost, path: sessionsPath + segment(session) + "/operations/" + what, body: body,
	})
	return h.Identifier, err
}

// Execute runs a statement and returns its operation's handle: when it has ended,
// or with RunAsync at once.
func (c *Client) Execute(ctx context.Context, session string, req api.StatementRequest) (string, error) {
	return c.start(ctx, session, "statement", req)
}

// ListTypes asks for the data types. Like the other lists it returns the handle
// of an operation, whose rows have the answer.
func (c *Client) ListTypes(ctx context.Context, session string) (string, error) {
	return c.start(ctx, session, "typeInfo", nil)
}

// ListCatalogs asks for the catalogs.
func (c *Client) ListCatalogs(ctx context.Context, session string) (string, error) {
	return c.start(ctx, session, "catalogs", nil)
}

// ListSchemas asks for schemas.
func (c *Client) ListSchemas(ctx context.Context, session string, req api.GetSchemasRequest) (string, error) {
	return c.start(ctx, session, "schemas", req)
}

// ListTables asks for tables and views.
func (c *Client) ListTables(ctx context.Context, session string, req api.GetTablesRequest) (string, error) {
	return c.start(ctx, session, "tables", req)
}

// ListTableTypes asks for the kinds of table.
func (c *Client) ListTableTypes(ctx context.Context, session string) (string, error) {
	return c.start(ctx, session, "tableTypes", nil)
}

// ListColumns asks for columns.
func (c *Client) ListColumns(ctx context.Context, session string, req api.GetColumnsRequest) (string, error) {
	return c.start(ctx, session, "columns", req)
}

// ListFunctions asks for functions.
func (c *Client) ListFunctions(ctx context.Context, session string, req api.GetFunctionsRequest) (string, error) {
	return c.start(ctx, session, "functions", req)
}

// ListPrimaryKeys asks for a table's primary key.
func (c *Client) ListPrimaryKeys(ctx context.Context, session string, req api.GetPrimaryKeysRequest) (string, error) {
	return c.start(ctx, session, "primaryKeys", req)
}

// ListCrossReferences asks which foreign keys of one table point to another's
// primary key.
func (c *Client) ListCrossReferences(ctx context.Context, session string, req api.GetCrossReferenceRequest) (string, error) {
	return c.start(ctx, session, "crossReference", req)
}

// Operations lists a session's open operations.
func (c *Client) Operations(ctx context.Context, session string) ([]api.OperationData, error) {
	return fetch[[]api.OperationData](ctx, c, get(sessionsPath+segment(session)+"/operations", nil))
}

// Operation describes one operation.
func (c *Client) Operation(ctx context.Context, operation string) (api.OperationEvent, error) {
	return fetch[api.OperationEvent](ctx, c, get(operationsPath+segment(operation)+"/event", nil))
}

// Cancel ends an operation's work; one that has ended stays as it is.
func (c *Client) Cancel(ctx context.Context, operation string) error {
	return c.act(ctx, operation, "cancel")
}

// CloseOperation frees an operation; its handle is unknown from then on.
func (c *Client) CloseOperation(ctx context.Context, operation string) error {
	return c.act(ctx, operation, "close")
}

func (c *Client) act(ctx context.Context, operation, action string) error {
	return c.do(ctx, call{
		method: http.MethodPut, path: operationsPath + segment(operation), body: api.OpActionRequest{Action: action},
	}, nil)
}

// Fetch says what to read of a result or a log.
type Fetch struct {
	// MaxRows bounds the answer; 0 means 100.
	MaxRows int64
	// First begins again at the first row.
	First bool
}

func (f Fetch) query() url.Values {
	q := url.Values{}
	if f.MaxRows != 0 {
		q.Set("maxrows", strconv.FormatInt(f.MaxRows, 10))
	}
	if f.First {
		q.Set("fetchorientation", "FETCH_FIRST")
	}
	return q
}

// ResultSetMetaData describes the columns of an operation's result.
func (c *Client) ResultSetMetaData(ctx context.Context, operation string) (api.ResultSetMetaData, error) {
	return fetch[api.ResultSetMetaData](ctx, c, get(operationsPath+segment(operation)+"/resultsetmetadata", nil))
}

// RowSet reads rows. There may be fewer than asked for; none means the end.
// Numbers are json.Number.
func (c *Client) RowSet(ctx context.Context, operation string, f Fetch) (api.ResultRowSet, error) {
	return fetch[api.ResultRowSet](ctx, c, get(operationsPath+segment(operation)+"/rowset", f.query()))
}

// Log reads lines of an operation's log. A negative MaxRows asks for all that are left.
func (c *Client) Log(ctx context.Context, operation string, f Fetch) (api.OperationLog, error) {
	return fetch[api.OperationLog](ctx, c, get(operationsPath+segment(operation)+"/log", f.query()))
}

package hs2

import (
	"context"

	"github.com/nekomata-sql/nekomata/engine"
	"github.com/nekomata-sql/nekomata/operation"
	tcli "github.com/nekomata-sql/nekomata/thrift/hive"
)

// ask runs a metadata query to its end, as clients expect of these calls.
func (c *conn) ask(ctx context.Context, h *tcli.TSessionHandle, q engine.Query) (*tcli.TOperationHandle, error) {
	id, err := sessionID(h)
	if err != nil {
		return nil, err
	}
	info, err := c.h.opts.Backend.Execute(ctx, id, operation.Request{Query: q})
	if err != nil {
		return nil, err
	}
	return operationHandle(info), nil
}

// text is an optional name or pattern; absent and empty are the same.
func text[T ~string](s *T) string {
	if s == nil {
		return ""
	}
	return string(*s)
}

func (c *conn) getTypeInfo(ctx context.Context, q *tcli.TGetTypeInfoReq) (response, error) {
	h, err := c.ask(ctx, q.SessionHandle, engine.TypeInfo{})
	return &tcli.TGetTypeInfoResp{Status: success, OperationHandle: h}, err
}

func (c *conn) getCatalogs(ctx context.Context, q *tcli.TGetCatalogsReq) (response, error) {
	h, err := c.ask(ctx, q.SessionHandle, engine.Catalogs{})
	return &tcli.TGetCatalogsResp{Status: success, OperationHandle: h}, err
}

func (c *conn) getSchemas(ctx context.Context, q *tcli.TGetSchemasReq) (response, error) {
	h, err := c.ask(ctx, q.SessionHandle, engine.Schemas{Catalog: text(q.CatalogName), Schema: text(q.SchemaName)})
	return &tcli.TGetSchemasResp{Status: success, OperationHandle: h}, err
}

func (c *conn) getTables(ctx context.Context, q *tcli.TGetTablesReq) (response, error) {
	h, err := c.ask(ctx, q.SessionHandle, engine.Tables{
		Catalog: text(q.CatalogName), Schema: text(q.SchemaName), Table: text(q.TableName), Types: q.TableTypes,
	})
	return &tcli.TGetTablesResp{Status: success, OperationHandle: h}, err
}

func (c *conn) getTableTypes(ctx context.Context, q *tcli.TGetTableTypesReq) (response, error) {
	h, err := c.ask(ctx, q.SessionHandle, engine.TableTypes{})
	return &tcli.TGetTableTypesResp{Status: success, OperationHandle: h}, err
}

func (c *conn) getColumns(ctx context.Context, q *tcli.TGetColumnsReq) (response, error) {
	h, err := c.ask(ctx, q.SessionHandle, engine.Columns{
		Catalog: text(q.CatalogName), Schema: text(q.SchemaName), Table: text(q.TableName), Column: text(q.ColumnName),
	})
	return &tcli.TGetColumnsResp{Status: success, OperationHandle: h}, err
}

func (c *conn) getFunctions(ctx context.Context, q *tcli.TGetFunctionsReq) (response, error) {
	h, err := c.ask(ctx, q.SessionHandle, engine.Functions{
		Catalog: text(q.CatalogName), Schema: text(q.SchemaName), Function: string(q.FunctionName),
	})
	return &tcli.TGetFunctionsResp{Status: success, OperationHandle: h}, err
}

func (c *conn) getPrimaryKeys(ctx context.Context, q *tcli.TGetPrimaryKeysReq) (response, error) {
	h, err := c.ask(ctx, q.SessionHandle, engine.PrimaryKeys{
		Catalog: text(q.CatalogName), Schema: text(q.SchemaName), Table: text(q.TableName),
	})
	return &tcli.TGetPrimaryKeysResp{Status: success, OperationHandle: h}, err
}

func (c *conn) getCrossReference(ctx context.Context, q *tcli.TGetCrossReferenceReq) (response, error) {
	h, err := c.ask(ctx, q.SessionHandle, engine.CrossReference{
		PrimaryCatalog: text(q.ParentCatalogName), PrimarySchema: text(q.ParentSchemaName), PrimaryTable: text(q.ParentTableName),
		ForeignCatalog: text(q.ForeignCatalogName), ForeignSchema: text(q.ForeignSchemaName), ForeignTable: text(q.ForeignTableName),
	})
	return &tcli.TGetCrossReferenceResp{Status: success, OperationHandle: h}, err
}

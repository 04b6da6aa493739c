package rest

import (
	"net/http"

	"github.com/nekomata-sql/nekomata/api"
	"github.com/nekomata-sql/nekomata/engine"
	"github.com/nekomata-sql/nekomata/operation"
)

// operationList is the operations of the path's session.
type operationList struct{ *server }

func (l operationList) list(c *APIRequestContext) error {
	id, err := c.handle("sessionHandle")
	if err != nil {
		return err
	}
	infos, err := l.Backend.Operations(c.context(), id)
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, operationDatas(infos, l.instance(c)))
}

// start begins an operation and answers its handle.
func (l operationList) start(c *APIRequestContext, req operation.Request) error {
	id, err := c.handle("sessionHandle")
	if err != nil {
		return err
	}
	info, err := l.Backend.Execute(c.context(), id, req)
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, api.OperationHandle{Identifier: info.ID.String()})
}

// ask starts a metadata query.
func (l operationList) ask(c *APIRequestContext, q engine.Query) error {
	return l.start(c, operation.Request{Query: q})
}

func (l operationList) typeInfo(c *APIRequestContext) error   { return l.ask(c, engine.TypeInfo{}) }
func (l operationList) catalogs(c *APIRequestContext) error   { return l.ask(c, engine.Catalogs{}) }
func (l operationList) tableTypes(c *APIRequestContext) error { return l.ask(c, engine.TableTypes{}) }

func (l operationList) schemas(c *APIRequestContext) error {
	var req api.GetSchemasRequest
	if err := l.decode(c, &req); err != nil {
		return err
	}
	return l.ask(c, engine.Schemas{Catalog: req.CatalogName, Schema: req.SchemaName})
}

func (l operationList) tables(c *APIRequestContext) error {
	var req api.GetTablesRequest
	if err := l.decode(c, &req); err != nil {
		return err
	}
	return l.ask(c, engine.Tables{Catalog: req.CatalogName, Schema: req.SchemaName, Table: req.TableName, Types: req.TableTypes})
}

func (l operationList) columns(c *APIRequestContext) error {
	var req api.GetColumnsRequest
	if err := l.decode(c, &req); err != nil {
		return err
	}
	return l.ask(c, engine.Columns{Catalog: req.CatalogName, Schema: req.SchemaName, Table: req.TableName, Column: req.ColumnName})
}

func (l operationList) functions(c *APIRequestContext) error {
	var req api.GetFunctionsRequest
	if err := l.decode(c, &req); err != nil {
		return err
	}
	return l.ask(c, engine.Functions{Catalog: req.CatalogName, Schema: req.SchemaName, Function: req.FunctionName})
}

func (l operationList) primaryKeys(c *APIRequestContext) error {
	var req api.GetPrimaryKeysRequest
	if err := l.decode(c, &req); err != nil {
		return err
	}
	return l.ask(c, engine.PrimaryKeys{Catalog: req.CatalogName, Schema: req.SchemaName, Table: req.TableName})
}

func (l operationList) crossReference(c *APIRequestContext) error {
	var req api.GetCrossReferenceRequest
	if err := l.decode(c, &req); err != nil {
		return err
	}
	return l.ask(c, engine.CrossReference{
		PrimaryCatalog: req.PrimaryCatalog, PrimarySchema: req.PrimarySchema, PrimaryTable: req.PrimaryTable,
		ForeignCatalog: req.ForeignCatalog, ForeignSchema: req.ForeignSchema, ForeignTable: req.ForeignTable,
	})
}

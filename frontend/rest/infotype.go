package rest

import (
	"net/http"
	"strconv"

	"github.com/nekomata-sql/nekomata/api"
	"github.com/nekomata-sql/nekomata/engine"
	"github.com/nekomata-sql/nekomata/session"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// product is our name where the engine's isn't asked for.
const product = "Nekomata"

// maxNameLength is the longest name of a column, schema or table, as Kyuubi tells it.
const maxNameLength = "128"

// asked is what an answer to GetInfo is made from.
type asked struct {
	server  *server
	session *session.Info
	engine  *engine.Info
}

// infoTypes are the TGetInfoTypes that have an answer, by number.
var infoTypes = []struct {
	id     int
	name   string
	answer func(a asked) string
}{
	{13, "CLI_SERVER_NAME", func(asked) string { return product }},
	{14, "CLI_SEARCH_PATTERN_ESCAPE", func(asked) string { return `\` }},
	{17, "CLI_DBMS_NAME", func(a asked) string {
		if a.server.EngineNames {
			return a.engine.Name
		}
		return product
	}},
	{18, "CLI_DBMS_VER", func(a asked) string {
		if a.server.EngineNames {
			return a.engine.Version
		}
		return a.server.Version
	}},
	{29, "CLI_IDENTIFIER_QUOTE_CHAR", func(asked) string { return "`" }},
	{30, "CLI_MAX_COLUMN_NAME_LEN", func(asked) string { return maxNameLength }},
	{32, "CLI_MAX_SCHEMA_NAME_LEN", func(asked) string { return maxNameLength }},
	{35, "CLI_MAX_TABLE_NAME_LEN", func(asked) string { return maxNameLength }},
	{47, "CLI_USER_NAME", func(a asked) string { return a.session.User }},
	{10006, "CLI_ODBC_KEYWORDS", func(a asked) string { return a.engine.Keywords }},
}

func (sessionList) infoTypes(c *APIRequestContext) error {
	list := make([]api.InfoType, len(infoTypes))
	for i, t := range infoTypes {
		list[i] = api.InfoType{ID: t.id, InfoType: t.name}
	}
	return c.json(http.StatusOK, list)
}

func (o oneSession) info(c *APIRequestContext) error {
	id, err := c.handle("sessionHandle")
	if err != nil {
		return err
	}
	number, err := strconv.Atoi(c.variable("infoType"))
	if err != nil {
		return sqlerr.New(sqlerr.Invalid, "infoType must be the number of a TGetInfoType, not %q", c.variable("infoType"))
	}
	info, err := o.Backend.Session(c.context(), id)
	if err != nil {
		return err
	}
	e, err := o.Backend.EngineInfo(c.context(), id)
	if err != nil {
		return err
	}
	for _, t := range infoTypes {
		if t.id == number {
			return c.json(http.StatusOK, api.InfoDetail{InfoType: t.name, InfoValue: t.answer(asked{o.server, &info, &e})})
		}
	}
	return sqlerr.New(sqlerr.NotFound, "Unrecognized GetInfoType value: %d; /api/v1/sessions/infotype lists those that have an answer", number)
}

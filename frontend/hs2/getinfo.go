package hs2

import (
	"context"
	"strconv"

	"github.com/nekomata-sql/nekomata/engine"
	"github.com/nekomata-sql/nekomata/sqlerr"
	tcli "github.com/nekomata-sql/nekomata/thrift/hive"
)

// product is what the gateway calls itself.
const product = "Nekomata"

// maxNameLength is how long a name may be, as Kyuubi has it.
const maxNameLength = 128

// Values of ODBC's SQLGetInfo, whose numbers the protocol uses.
const (
	fetchNextAndFirst    = 1 | 2 // SQL_FD_FETCH_NEXT, SQL_FD_FETCH_FIRST
	cursorsPreserved     = 2     // SQL_CB_PRESERVE
	identifiersMixed     = 4     // SQL_IC_MIXED
	scrollReadOnly       = 1     // SQL_SCCO_READ_ONLY
	noTransactions       = 0     // SQL_TC_NONE
	nullsLow             = 1     // SQL_NC_LOW
	addAndDropColumn     = 1 | 2 // SQL_AT_ADD_COLUMN, SQL_AT_DROP_COLUMN
	allOuterJoins        = 1<<7 - 1
	cursorsInsensitive   = 1 // SQL_INSENSITIVE
	noLimit              = 0
	standardYear         = "1995"
	yes, no              = "Y", "N"
	quoteChar, escapeSym = "`", `\`
)

func infoText(s string) *tcli.TGetInfoValue  { return &tcli.TGetInfoValue{StringValue: &s} }
func infoSmall(n int16) *tcli.TGetInfoValue  { return &tcli.TGetInfoValue{SmallIntValue: &n} }
func infoMask(n int32) *tcli.TGetInfoValue   { return &tcli.TGetInfoValue{IntegerBitmask: &n} }
func infoFlag(n int32) *tcli.TGetInfoValue   { return &tcli.TGetInfoValue{IntegerFlag: &n} }
func infoLength(n int64) *tcli.TGetInfoValue { return &tcli.TGetInfoValue{LenValue: &n} }

// fixedInfo is what is true of every session.
var fixedInfo = map[tcli.TGetInfoType]*tcli.TGetInfoValue{
	tcli.TGetInfoType_CLI_MAX_DRIVER_CONNECTIONS:     infoSmall(noLimit),
	tcli.TGetInfoType_CLI_MAX_CONCURRENT_ACTIVITIES:  infoSmall(noLimit),
	tcli.TGetInfoType_CLI_FETCH_DIRECTION:            infoMask(fetchNextAndFirst),
	tcli.TGetInfoType_CLI_SEARCH_PATTERN_ESCAPE:      infoText(escapeSym),
	tcli.TGetInfoType_CLI_ACCESSIBLE_TABLES:          infoText(yes),
	tcli.TGetInfoType_CLI_ACCESSIBLE_PROCEDURES:      infoText(no),
	tcli.TGetInfoType_CLI_CURSOR_COMMIT_BEHAVIOR:     infoSmall(cursorsPreserved),
	tcli.TGetInfoType_CLI_DATA_SOURCE_READ_ONLY:      infoText(no),
	tcli.TGetInfoType_CLI_DEFAULT_TXN_ISOLATION:      infoMask(noTransactions),
	tcli.TGetInfoType_CLI_IDENTIFIER_CASE:            infoSmall(identifiersMixed),
	tcli.TGetInfoType_CLI_IDENTIFIER_QUOTE_CHAR:      infoText(quoteChar),
	tcli.TGetInfoType_CLI_MAX_COLUMN_NAME_LEN:        infoLength(maxNameLength),
	tcli.TGetInfoType_CLI_MAX_CURSOR_NAME_LEN:        infoLength(noLimit),
	tcli.TGetInfoType_CLI_MAX_SCHEMA_NAME_LEN:        infoLength(maxNameLength),
	tcli.TGetInfoType_CLI_MAX_CATALOG_NAME_LEN:       infoLength(maxNameLength),
	tcli.TGetInfoType_CLI_MAX_TABLE_NAME_LEN:         infoLength(maxNameLength),
	tcli.TGetInfoType_CLI_SCROLL_CONCURRENCY:         infoMask(scrollReadOnly),
	tcli.TGetInfoType_CLI_TXN_CAPABLE:                infoSmall(noTransactions),
	tcli.TGetInfoType_CLI_TXN_ISOLATION_OPTION:       infoMask(noTransactions),
	tcli.TGetInfoType_CLI_INTEGRITY:                  infoText(no),
	tcli.TGetInfoType_CLI_NULL_COLLATION:             infoSmall(nullsLow),
	tcli.TGetInfoType_CLI_ALTER_TABLE:                infoMask(addAndDropColumn),
	tcli.TGetInfoType_CLI_ORDER_BY_COLUMNS_IN_SELECT: infoText(no),
	tcli.TGetInfoType_CLI_SPECIAL_CHARACTERS:         infoText(""),
	tcli.TGetInfoType_CLI_MAX_COLUMNS_IN_GROUP_BY:    infoSmall(noLimit),
	tcli.TGetInfoType_CLI_MAX_COLUMNS_IN_INDEX:       infoSmall(noLimit),
	tcli.TGetInfoType_CLI_MAX_COLUMNS_IN_ORDER_BY:    infoSmall(noLimit),
	tcli.TGetInfoType_CLI_MAX_COLUMNS_IN_SELECT:      infoSmall(noLimit),
	tcli.TGetInfoType_CLI_MAX_COLUMNS_IN_TABLE:       infoSmall(noLimit),
	tcli.TGetInfoType_CLI_MAX_INDEX_SIZE:             infoLength(noLimit),
	tcli.TGetInfoType_CLI_MAX_ROW_SIZE:               infoLength(noLimit),
	tcli.TGetInfoType_CLI_MAX_TABLES_IN_SELECT:       infoSmall(noLimit),
	tcli.TGetInfoType_CLI_MAX_USER_NAME_LEN:          infoLength(noLimit),
	tcli.TGetInfoType_CLI_OJ_CAPABILITIES:            infoMask(allOuterJoins),
	tcli.TGetInfoType_CLI_XOPEN_CLI_YEAR:             infoText(standardYear),
	tcli.TGetInfoType_CLI_CURSOR_SENSITIVITY:         infoFlag(cursorsInsensitive),
	tcli.TGetInfoType_CLI_DESCRIBE_PARAMETER:         infoText(no),
	tcli.TGetInfoType_CLI_CATALOG_NAME:               infoText(yes),
	tcli.TGetInfoType_CLI_COLLATION_SEQ:              infoText("UTF-8"),
	tcli.TGetInfoType_CLI_MAX_IDENTIFIER_LEN:         infoLength(maxNameLength),
}

func (c *conn) getInfo(ctx context.Context, q *tcli.TGetInfoReq) (response, error) {
	id, err := sessionID(q.SessionHandle)
	if err != nil {
		return nil, err
	}
	e, err := c.h.opts.Backend.EngineInfo(ctx, id)
	if err != nil {
		return nil, err
	}
	value := c.info(q.InfoType, e)
	if value == nil {
		name := q.InfoType.String()
		if name == "<UNSET>" {
			name = strconv.FormatInt(int64(q.InfoType), 10)
		}
		return nil, sqlerr.New(sqlerr.Unsupported, "Unrecognized GetInfoType value: %s", name)
	}
	return &tcli.TGetInfoResp{Status: success, InfoValue: value}, nil
}

// info is the answer to one question; nil when there is none.
func (c *conn) info(what tcli.TGetInfoType, e engine.Info) *tcli.TGetInfoValue {
	name, version := product, c.h.opts.Version
	if c.h.opts.EngineNames {
		name, version = e.Name, e.Version
	}
	switch what {
	case tcli.TGetInfoType_CLI_SERVER_NAME, tcli.TGetInfoType_CLI_DBMS_NAME:
		return infoText(name)
	case tcli.TGetInfoType_CLI_DBMS_VER:
		return infoText(version)
	case tcli.TGetInfoType_CLI_USER_NAME:
		return infoText(c.id.acting)
	case tcli.TGetInfoType_CLI_MAX_STATEMENT_LEN:
		return infoLength(int64(c.h.opts.MaxMessageSize))
	case tcli.TGetInfoType_CLI_ODBC_KEYWORDS:
		return infoText(e.Keywords)
	default:
		return fixedInfo[what]
	}
}

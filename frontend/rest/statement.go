package rest

import (
	"math"
	"strings"
	"time"

	"github.com/nekomata-sql/nekomata/api"
	"github.com/nekomata-sql/nekomata/engine"
	"github.com/nekomata-sql/nekomata/operation"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// statement is the SQL that a session is given to run.
type statement struct{ *server }

func (s statement) execute(c *APIRequestContext) error {
	var req api.StatementRequest
	if err := s.decode(c, &req); err != nil {
		return err
	}
	if strings.TrimSpace(req.Statement) == "" {
		return sqlerr.New(sqlerr.Invalid, "statement is missing or empty: send the SQL to run")
	}
	return operationList(s).start(c, operation.Request{
		Query:   engine.Statement{SQL: req.Statement, Conf: req.ConfOverlay},
		Async:   req.RunAsync,
		Timeout: seconds(req.QueryTimeout),
	})
}

// seconds is a client's timeout; those that aren't positive mean none.
func seconds(n *int64) time.Duration {
	const longest = math.MaxInt64 / int64(time.Second)
	if n == nil || *n <= 0 {
		return 0
	}
	return time.Duration(min(*n, longest)) * time.Second
}

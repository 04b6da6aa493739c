package rest

import (
	"math"
	"net/http"

	"github.com/nekomata-sql/nekomata/api"
	"github.com/nekomata-sql/nekomata/session"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// frontendName is our protocol as session.Info tells it.
const frontendName = "REST"

// newestVersion is protocol V11.
const newestVersion = 10

// sessionList is all sessions of this gateway.
type sessionList struct{ *server }

func (l sessionList) list(c *APIRequestContext) error {
	infos, err := l.Backend.Sessions(c.context())
	if err != nil {
		return err
	}
	data := make([]api.SessionData, len(infos))
	for i := range infos {
		data[i] = sessionData(&infos[i], l.instance(c))
	}
	return c.json(http.StatusOK, data)
}

func (l sessionList) open(c *APIRequestContext) error {
	var req api.SessionOpenRequest
	if err := l.decode(c, &req); err != nil {
		return err
	}
	version := 0
	if v := req.ProtocolVersion; v != nil {
		if *v < 0 || *v > math.MaxInt32 {
			return sqlerr.New(sqlerr.Invalid, "protocolVersion must be from 0 (V1) to %d, not %d", newestVersion, *v)
		}
		version = min(*v, newestVersion)
	}
	user, err := actingUser(c.caller, req.Configs)
	if err != nil {
		return err
	}
	instance := l.instance(c)
	info, err := l.Backend.OpenSession(c.context(), session.Request{
		User: user, RealUser: c.caller.User,
		ClientAddress: c.client, ServerAddress: c.serverAddress(), ConnectionURL: instance,
		Frontend: frontendName, ProtocolVersion: version, Conf: req.Configs,
	})
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, api.SessionHandle{Identifier: info.ID.String(), KyuubiInstance: instance})
}

func (l sessionList) count(c *APIRequestContext) error {
	return c.json(http.StatusOK, api.SessionOpenCount{OpenSessionCount: l.Backend.SessionCount()})
}

func (l sessionList) execPool(c *APIRequestContext) error {
	running, waiting := l.Backend.Activity()
	size := l.ExecPoolSize
	if size <= 0 {
		size = running
	}
	return c.json(http.StatusOK, api.ExecPoolStatistic{
		ExecPoolSize: size, ExecPoolActiveCount: running, ExecPoolWorkQueueSize: waiting,
	})
}

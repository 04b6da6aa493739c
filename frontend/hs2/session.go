package hs2

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/nekomata-sql/nekomata/auth"
	"github.com/nekomata-sql/nekomata/session"
	"github.com/nekomata-sql/nekomata/sqlerr"
	tcli "github.com/nekomata-sql/nekomata/thrift/hive"
)

// Settings of a session that matter here.
const (
	keyFetchSize = "hive.server2.thrift.resultset.default.fetch.size"
	keyCloseOn   = "kyuubi.session.close.on.disconnect"
)

// Versions of the protocol at which something changed.
const (
	newestVersion   = tcli.TProtocolVersion_HIVE_CLI_SERVICE_PROTOCOL_V11
	columnarVersion = int(tcli.TProtocolVersion_HIVE_CLI_SERVICE_PROTOCOL_V6) // rows come by column
	timeoutVersion  = int(tcli.TProtocolVersion_HIVE_CLI_SERVICE_PROTOCOL_V9) // TIMEDOUT exists
)

func (c *conn) openSession(ctx context.Context, q *tcli.TOpenSessionReq) (response, error) {
	if q.ClientProtocol < 0 {
		return nil, &exception{thrift.PROTOCOL_ERROR, "client_protocol " + strconv.Itoa(int(q.ClientProtocol)) + " does not exist"}
	}
	version := min(q.ClientProtocol, newestVersion)
	if c.unnamed { // only now does it say who it is
		id, err := c.introduce(ctx, q)
		if err != nil {
			return nil, err
		}
		c.id = id
		ctx = auth.NewContext(ctx, id.principal)
	}
	user, err := c.actingUser(q.Configuration)
	if err != nil {
		return nil, err
	}
	info, err := c.h.opts.Backend.OpenSession(ctx, session.Request{
		User: user, RealUser: c.id.principal.User,
		ClientAddress: c.client, ServerAddress: host(c.server), ConnectionURL: c.server.String(),
		Frontend: c.frontend, ProtocolVersion: int(version), Conf: q.Configuration,
	})
	if err != nil {
		return nil, err
	}
	keep := c.h.opts.KeepSessions
	if closes, err := strconv.ParseBool(info.Conf[keyCloseOn]); err == nil {
		keep = !closes
	}
	form, err := c.h.opts.Form.with(info.Conf)
	if err != nil {
		return nil, errors.Join(err, c.h.opts.Backend.CloseSession(ctx, info.ID))
	}
	c.opened = append(c.opened, opened{id: info.ID, terms: terms{int(version), form}, keep: keep})
	return &tcli.TOpenSessionResp{
		Status: success, ServerProtocolVersion: version, SessionHandle: sessionHandle(info.ID),
		// Drivers take for granted that there is a map, and newer ones this key.
		Configuration: map[string]string{keyFetchSize: strconv.Itoa(c.fetchSize(info.Conf))},
	}, nil
}

// introduce takes the name and password of a request to open a session.
func (c *conn) introduce(ctx context.Context, q *tcli.TOpenSessionReq) (identity, error) {
	user := q.GetUsername()
	if user == "" {
		user = auth.Anonymous
	}
	p, err := c.h.opts.Auth.Authenticate(ctx, user, q.GetPassword())
	if err != nil {
		return identity{}, err
	}
	p.Address = c.client
	return identity{principal: p, acting: p.User}, nil
}

// proxyUserKeys are the settings in which a client says for whom it acts. The first
// one found counts.
var proxyUserKeys = []string{
	"kyuubi.session.proxy.user", "hive.server2.proxy.user",
	"set:hiveconf:kyuubi.session.proxy.user", "set:hiveconf:hive.server2.proxy.user",
}

// actingUser is whose session it will be: somebody else's when the login or the
// configuration says so and the caller may.
func (c *conn) actingUser(conf map[string]string) (string, error) {
	if c.id.chosen {
		return c.id.acting, nil
	}
	for _, key := range proxyUserKeys {
		switch proxy := conf[key]; {
		case proxy == "":
			continue
		case proxy == c.id.acting || c.id.principal.Admin:
			return proxy, nil
		default:
			return "", mayNotActFor(c.id.principal.User, proxy)
		}
	}
	return c.id.acting, nil
}

// fetchSize is how many rows the client shall fetch at a time.
func (c *conn) fetchSize(conf map[string]string) int {
	if n, err := strconv.Atoi(conf[keyFetchSize]); err == nil && n > 0 {
		return n
	}
	return c.h.opts.DefaultFetchSize
}

func (c *conn) closeSession(ctx context.Context, q *tcli.TCloseSessionReq) (response, error) {
	id, err := sessionID(q.SessionHandle)
	if err != nil {
		return nil, err
	}
	if err := c.h.opts.Backend.CloseSession(ctx, id); err != nil {
		return nil, err
	}
	c.opened = slices.DeleteFunc(c.opened, func(o opened) bool { return o.id == id })
	return &tcli.TCloseSessionResp{Status: success}, nil
}

// setClientInfo is what a driver tells of itself, for the log.
func (c *conn) setClientInfo(ctx context.Context, q *tcli.TSetClientInfoReq) (response, error) {
	id, err := sessionID(q.SessionHandle)
	if err != nil {
		return nil, err
	}
	if _, err := c.h.opts.Backend.Session(ctx, id); err != nil {
		return nil, err
	}
	c.log().Info("client info", "session", id, "user", c.id.principal.User, "info", q.Configuration)
	return &tcli.TSetClientInfoResp{Status: success}, nil
}

func unsupported(what string) error {
	return sqlerr.New(sqlerr.Unsupported, "%s not supported", what)
}

func (c *conn) uploadData(context.Context, *tcli.TUploadDataReq) (response, error) {
	return nil, unsupported("UploadData is")
}

func (c *conn) downloadData(context.Context, *tcli.TDownloadDataReq) (response, error) {
	return nil, unsupported("DownloadData is")
}

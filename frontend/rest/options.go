package rest

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/google/uuid"

	"github.com/nekomata-sql/nekomata/auth"
	"github.com/nekomata-sql/nekomata/batch"
	"github.com/nekomata-sql/nekomata/engine"
	"github.com/nekomata-sql/nekomata/operation"
	"github.com/nekomata-sql/nekomata/session"
	stmt "github.com/nekomata-sql/nekomata/statement"
)

// Sessions opens, lists and closes sessions.
type Sessions interface {
	OpenSession(ctx context.Context, req session.Request) (session.Info, error)
	CloseSession(ctx context.Context, id uuid.UUID) error
	Session(ctx context.Context, id uuid.UUID) (session.Info, error)
	Sessions(ctx context.Context) ([]session.Info, error)
	SessionCount() int
	EngineInfo(ctx context.Context, sessionID uuid.UUID) (engine.Info, error)
}

// Operations runs queries.
type Operations interface {
	Execute(ctx context.Context, sessionID uuid.UUID, req operation.Request) (operation.Info, error)
	Operation(ctx context.Context, id uuid.UUID) (operation.Info, error)
	Operations(ctx context.Context, sessionID uuid.UUID) ([]operation.Info, error)
	AllOperations(ctx context.Context) ([]operation.Info, error)
	Activity() (running, waiting int)
	Cancel(ctx context.Context, id uuid.UUID) error
	CloseOperation(ctx context.Context, id uuid.UUID) error
}

// Results reads what queries gave.
type Results interface {
	Schema(ctx context.Context, id uuid.UUID) (*arrow.Schema, error)
	Fetch(ctx context.Context, id uuid.UUID, f operation.Fetch) (*operation.Page, error)
	FetchLog(ctx context.Context, id uuid.UUID, f operation.Fetch) ([]string, error)
	SessionLog(ctx context.Context, id uuid.UUID, offset, limit int64) (operation.LogPage, error)
}

// Tokens gives out delegation tokens and says whom they stand for. The caller's
// [auth.Principal] is in the context of all calls but the last, which finds it.
type Tokens interface {
	Issue(ctx context.Context, owner, renewer string) (auth.Token, error)
	Renew(ctx context.Context, text string) (auth.Token, error)
	Cancel(ctx context.Context, text string) error
	AuthenticateToken(ctx context.Context, text string) (auth.Principal, error)
}

// Gateway is what administrators ask about the gateway itself.
type Gateway struct {
	// Engine describes the engine that is part of the gateway.
	Engine func() engine.Info
	// User is the operating system's user whom the gateway runs as.
	User string
	// Thrift is the host:port of the Thrift frontend, "" when there is none.
	Thrift func() string
	// Refresh reads a list again from where it came: "unlimited_users", "deny_users"
	// or "deny_ips".
	Refresh func(ctx context.Context, list string) error
}

// Statements runs statements without a session and keeps their results.
type Statements interface {
	Submit(ctx context.Context, req stmt.Request) (stmt.Info, error)
	Wait(ctx context.Context, id uuid.UUID, d time.Duration) (stmt.Info, error)
	List(ctx context.Context, f stmt.Filter) (page []stmt.Info, total int, err error)
	Read(ctx context.Context, id uuid.UUID, wait time.Duration) (*stmt.Reader, error)
	Log(ctx context.Context, id uuid.UUID, offset, limit int64) (operation.LogPage, error)
	Cancel(ctx context.Context, id uuid.UUID) (stmt.Info, error)
	Delete(ctx context.Context, id uuid.UUID) error
}

// Batches accepts batches, and tells of those that any gateway has.
type Batches interface {
	// Check makes the checks of a submission that need no file; see [batch.Manager].
	Check(ctx context.Context, req batch.Request) (batch.Info, error)
	NewUpload() *batch.Upload
	Submit(ctx context.Context, req batch.Request, files *batch.Upload) (batch.Info, error)
	Get(ctx context.Context, id string) (batch.Info, error)
	Each(ctx context.Context, f batch.Filter, p batch.Page, visit func(*batch.Row)) (total int64, err error)
	LocalLog(ctx context.Context, id string, from int64, size int) ([]string, error)
	Cancel(ctx context.Context, id string) (batch.Canceled, error)
	BatchAdministration
}

// BatchAdministration is what administrators do with batches.
type BatchAdministration interface {
	Count(ctx context.Context, f batch.Filter) (int64, error)
	Reassign(ctx context.Context, instance string) (string, error)
	Adopt(ctx context.Context, id string) (batch.Info, error)
}

// Backend is all that this package asks of the gateway. The caller's
// [auth.Principal] is in the context of every call.
type Backend interface {
	Sessions
	Operations
	Results
}

// Options configures the handler.
type Options struct {
	// Backend serves the calls.
	Backend Backend
	// Statements serves statements without a session; nil means that there are none.
	Statements Statements
	// Batches serves batches; nil means that there are none.
	Batches Batches
	// Auth checks names and passwords; nil believes everybody ([auth.None]).
	Auth auth.Authenticator
	// Tokens serves delegation tokens, which are then taken as bearer tokens too; nil
	// means there are none.
	Tokens Tokens
	// Gateway tells of the gateway itself. Without its functions the routes that need
	// them answer that they are not supported.
	Gateway Gateway
	// Admit is asked about every request before anything else, unless nil. Its error is
	// the answer.
	Admit func(*http.Request) error
	// Version is the gateway's version.
	Version string
	// Instance is the host:port at which clients reach this gateway's REST API. It
	// is asked at every use, since a port may be chosen late; nil takes each
	// request's Host.
	Instance func() string
	// ClientIPHeader names the header in which a proxy tells the client's IP address
	// (kyuubi.frontend.proxy.http.client.ip.header). It is believed whoever sends it.
	// Empty means none.
	ClientIPHeader string
	// MaxBodyBytes bounds a request's body; 0 means 16 MiB.
	MaxBodyBytes int64
	// MaxFetchRows is the most rows that a client may ask for at a time
	// (kyuubi.server.limit.client.fetch.max.rows); 0 means no limit.
	MaxFetchRows int64
	// MaxFetchBytes caps the Arrow bytes of one answer's rows, which may therefore be
	// fewer than asked for; 0 means 32 MiB.
	MaxFetchBytes int64
	// ExecPoolSize is the number of operations that run at the same time, as told by
	// execPool/statistic. It is for show: 0 tells the number of those that do.
	ExecPoolSize int
	// EngineNames answers GetInfo with the engine's name and version instead of
	// Nekomata's (kyuubi.server.info.provider=ENGINE).
	EngineNames bool
	// Observe is called after every answer, unless nil. route is the pattern of the
	// path, "none" for paths that there are not; method is "OTHER" for those that
	// HTTP does not know. It must be quick.
	Observe func(route, method string, status int, took time.Duration)
	// QuietAccess writes the access line of a request that went well at level DEBUG
	// (kyuubi.frontend.rest.access.log=ERRORS); else each has one at INFO.
	QuietAccess bool
	// Log is where requests and failures go; nil discards them.
	Log *slog.Logger
}

func (o Options) withDefaults() Options {
	if o.Auth == nil {
		o.Auth = auth.None{}
	}
	if o.MaxBodyBytes <= 0 {
		o.MaxBodyBytes = 16 << 20
	}
	if o.MaxFetchBytes <= 0 {
		o.MaxFetchBytes = 32 << 20
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

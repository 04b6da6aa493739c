package hs2

import (
	"context"
	"log/slog"
	"math"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/thrift/lib/go/thrift"
	"github.com/google/uuid"

	"github.com/nekomata-sql/nekomata/auth"
	"github.com/nekomata-sql/nekomata/engine"
	"github.com/nekomata-sql/nekomata/operation"
	"github.com/nekomata-sql/nekomata/session"
)

// Sessions opens and closes sessions.
type Sessions interface {
	OpenSession(ctx context.Context, req session.Request) (session.Info, error)
	CloseSession(ctx context.Context, id uuid.UUID) error
	Session(ctx context.Context, id uuid.UUID) (session.Info, error)
	EngineInfo(ctx context.Context, sessionID uuid.UUID) (engine.Info, error)
}

// Operations runs queries.
type Operations interface {
	Execute(ctx context.Context, sessionID uuid.UUID, req operation.Request) (operation.Info, error)
	ExecuteHere(ctx context.Context, sessionID uuid.UUID, req operation.Request, patience time.Duration, late func(operation.Info)) (info operation.Info, inTime bool, err error)
	Operation(ctx context.Context, id uuid.UUID) (operation.Info, error)
	Wait(ctx context.Context, id uuid.UUID, d time.Duration) (operation.Info, error)
	Cancel(ctx context.Context, id uuid.UUID) error
	CloseOperation(ctx context.Context, id uuid.UUID) error
}

// Results reads what queries gave.
type Results interface {
	Schema(ctx context.Context, id uuid.UUID) (*arrow.Schema, error)
	Fetch(ctx context.Context, id uuid.UUID, f operation.Fetch) (*operation.Page, error)
	FetchLog(ctx context.Context, id uuid.UUID, f operation.Fetch) ([]string, error)
}

// Tokens gives out delegation tokens. The caller's [auth.Principal] is in the
// context of every call.
type Tokens interface {
	Issue(ctx context.Context, owner, renewer string) (auth.Token, error)
	Renew(ctx context.Context, text string) (auth.Token, error)
	Cancel(ctx context.Context, text string) error
}

// Backend is all that this package asks of the gateway. The caller's
// [auth.Principal] is in the context of every call.
type Backend interface {
	Sessions
	Operations
	Results
}

// Options configures a [Handler].
type Options struct {
	// Backend serves the calls.
	Backend Backend
	// Auth checks names and passwords; nil believes everybody ([auth.None]).
	Auth auth.Authenticator
	// Tokens serves the calls about delegation tokens; nil answers that they are not
	// supported. Whether one may log in with them is Auth's matter.
	Tokens Tokens
	// NoSASL expects clients that speak TBinaryProtocol at once, without SASL
	// (kyuubi.authentication=NOSASL); they say who they are in OpenSession. A port
	// serves one of the two and refuses the other with a text that says so.
	NoSASL bool
	// LoginTimeout bounds the time from the first byte that is awaited to the end of
	// the login; 0 means 20 s.
	LoginTimeout time.Duration
	// MaxMessageSize bounds the bytes of one call
	// (kyuubi.frontend.thrift.max.message.size); 0 means 100 MiB. Before the login it is
	// 64 KiB, always.
	MaxMessageSize int
	// PollTimeout is how long GetOperationStatus waits for the end of an operation
	// (kyuubi.operation.status.polling.timeout), and ExecuteStatement with runAsync as
	// well; 0 means 150 ms. All calls of a JDBC connection stand in one line, so a
	// longer one delays logs and cancels.
	PollTimeout time.Duration
	// MaxFetchRows caps the rows of one answer; 0 means no cap.
	MaxFetchRows int64
	// MaxFetchBytes caps the Arrow bytes of one answer's rows; 0 means 32 MiB.
	MaxFetchBytes int64
	// DefaultFetchSize is the number of rows that clients are told to fetch at a time
	// unless they choose one; 0 means 1,000.
	DefaultFetchSize int
	// Form is how rows travel unless a session or a statement says otherwise.
	Form Form
	// KeepSessions leaves a connection's sessions open when it drops, unless a
	// session says otherwise (kyuubi.session.close.on.disconnect=false).
	KeepSessions bool
	// EngineNames answers GetInfo with the engine's name and version instead of
	// Nekomata's (kyuubi.server.info.provider=ENGINE).
	EngineNames bool
	// Version is the gateway's version.
	Version string
	// Log is where failures go; nil discards them.
	Log *slog.Logger
}

const (
	loginLimit   = 64 << 10 // bytes of one message before the login
	maxContainer = 1 << 16  // entries of a map or list in a request
)

// Handler serves connections.
type Handler struct {
	opts    Options
	buffers buffers
	conf    *thrift.TConfiguration
	log     *slog.Logger
}

// New returns a Handler. It starts nothing.
func New(opts Options) *Handler {
	if opts.Auth == nil {
		opts.Auth = auth.None{}
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	orDefault(&opts.LoginTimeout, 20*time.Second)
	orDefault(&opts.MaxMessageSize, 100<<20)
	orDefault(&opts.PollTimeout, 150*time.Millisecond)
	orDefault(&opts.MaxFetchRows, math.MaxInt32)
	orDefault(&opts.MaxFetchBytes, 32<<20)
	orDefault(&opts.DefaultFetchSize, 1000)
	opts.MaxMessageSize = min(opts.MaxMessageSize, math.MaxInt32)
	return &Handler{opts: opts, log: opts.Log, conf: &thrift.TConfiguration{
		MaxMessageSize:     int32(opts.MaxMessageSize),
		MaxContainerSize:   maxContainer,
		TBinaryStrictRead:  new(true),
		TBinaryStrictWrite: new(true),
	}}
}

// orDefault sets *v to def unless it is positive.
func orDefault[T ~int | ~int64](v *T, def T) {
	if *v <= 0 {
		*v = def
	}
}

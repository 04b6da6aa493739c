package token

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/nekomata-sql/nekomata/auth"
	"github.com/nekomata-sql/nekomata/service"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// Options configures a Manager.
type Options struct {
	// Dir is the directory of the keys. It must belong to one process at a time.
	Dir string
	// Store keeps the tokens; nil keeps them in memory.
	Store Store
	// Realm names how people log in. A token of another realm is refused: what
	// anybody could get while nobody had to log in is worth nothing afterwards.
	Realm string
	// Admin says who is administrator; nil means nobody is.
	Admin func(user string) bool
	// RenewInterval is how long a token is good from its issue or its last renewal,
	// MaxLifetime how long in all; 0 means 7 days.
	RenewInterval, MaxLifetime time.Duration
	// KeyInterval is how long a key signs before the next one does; 0 means a day.
	KeyInterval time.Duration
	// SweepInterval is how often expired tokens are looked for; 0 means an hour.
	SweepInterval time.Duration
	// Log is where failures go; nil discards them.
	Log *slog.Logger
}

// Bounds of what callers may leave here.
const (
	maxName     = 255 // characters of a user's name
	maxPerOwner = 1_000
	maxTokens   = 100_000
)

// Manager issues, renews, cancels and checks tokens. It is a service: before it
// runs, and after, all calls fail with Unavailable.
type Manager struct {
	opts Options

	mu   sync.RWMutex
	ring *ring // nil while it doesn't run

	issuing sync.Mutex // so that nobody gets past the bounds
}

// NewManager returns a Manager. It opens nothing until it runs.
func NewManager(opts Options) *Manager {
	if opts.Store == nil {
		opts.Store = NewMemory()
	}
	if opts.Admin == nil {
		opts.Admin = func(string) bool { return false }
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	const day = 24 * time.Hour
	orDefault(&opts.MaxLifetime, 7*day)
	orDefault(&opts.RenewInterval, 7*day)
	orDefault(&opts.KeyInterval, day)
	orDefault(&opts.SweepInterval, time.Hour)
	return &Manager{opts: opts}
}

func orDefault(d *time.Duration, def time.Duration) {
	if *d <= 0 {
		*d = def
	}
}

// String is the service's name.
func (m *Manager) String() string { return "delegation tokens" }

// Run reads the keys and the tokens, and then changes keys and forgets tokens as
// time goes by, until ctx is done.
func (m *Manager) Run(ctx context.Context, ready func()) error {
	if err := m.open(ctx); err != nil {
		return err
	}
	defer m.shut()
	ready()
	service.Every(ctx, min(m.opts.SweepInterval, m.opts.KeyInterval), func(now time.Time) { m.sweep(ctx, now) })
	return nil
}

func (m *Manager) open(ctx context.Context) error {
	if err := os.MkdirAll(m.opts.Dir, 0o700); err != nil {
		return sqlerr.Wrap(err, sqlerr.Invalid, "the directory of delegation tokens, %s, can't be made", m.opts.Dir)
	}
	r, err := openRing(filepath.Join(m.opts.Dir, "keys.json"))
	if err != nil {
		return err
	}
	now := time.Now()
	if _, err := r.rotate(now, m.opts.KeyInterval, m.opts.MaxLifetime); err != nil {
		return err
	}
	if err := m.opts.Store.Open(ctx); err != nil {
		return err
	}
	if _, err := m.opts.Store.Prune(ctx, now); err != nil {
		return err
	}
	m.mu.Lock()
	m.ring = r
	m.mu.Unlock()
	return nil
}

func (m *Manager) shut() {
	m.mu.Lock()
	m.ring = nil
	m.mu.Unlock()
}

func (m *Manager) sweep(ctx context.Context, now time.Time) {
	m.mu.Lock()
	changed, err := m.ring.rotate(now, m.opts.KeyInterval, m.opts.MaxLifetime)
	m.mu.Unlock()
	if changed {
		m.opts.Log.Info("delegation tokens are signed with a new key")
	}
	n, pruneErr := m.opts.Store.Prune(ctx, now)
	if n > 0 {
		m.opts.Log.Info("delegation tokens have expired", "tokens", n)
	}
	if err := errors.Join(err, pruneErr); err != nil {
		m.opts.Log.Error("delegation tokens: the clean-up failed", "err", err)
	}
}

func errNotRunning() error {
	return sqlerr.New(sqlerr.Unavailable, "delegation tokens can't be served right now: the gateway starts or stops")
}

// Issue makes a token for owner, which the caller must be unless he is an
// administrator. Only renewer may renew it; an empty one is the owner. It fails
// with Denied, Invalid, or Exhausted when an owner has too many.
func (m *Manager) Issue(ctx context.Context, owner, renewer string) (auth.Token, error) {
	p, err := auth.FromContext(ctx)
	if err != nil {
		return auth.Token{}, err
	}
	if renewer == "" {
		renewer = owner
	}
	switch {
	case p.Delegated:
		return auth.Token{}, sqlerr.New(sqlerr.Denied, "a delegation token gets no other one: log in with a password")
	case owner != p.User && !p.Admin:
		return auth.Token{}, sqlerr.New(sqlerr.Denied, "Failed to validate proxy privilege of %s for %s: only administrators get somebody else's delegation token", p.User, owner)
	}
	if err := errors.Join(checkName("owner", owner), checkName("renewer", renewer)); err != nil {
		return auth.Token{}, sqlerr.From(err)
	}
	return m.issue(ctx, p.User, owner, renewer)
}

func (m *Manager) issue(ctx context.Context, by, owner, renewer string) (auth.Token, error) {
	k, err := m.signer()
	if err != nil {
		return auth.Token{}, err
	}
	m.issuing.Lock()
	defer m.issuing.Unlock()
	if err := m.room(ctx, owner); err != nil {
		return auth.Token{}, err
	}
	now := time.Now().Truncate(time.Millisecond)
	r := Record{
		ID: uuid.New(), Owner: owner, Renewer: renewer, Issued: now,
		Expires: now.Add(min(m.opts.RenewInterval, m.opts.MaxLifetime)), Latest: now.Add(m.opts.MaxLifetime),
	}
	text, err := claims{
		ID: r.ID, Key: k.ID, Realm: m.opts.Realm, Owner: owner, Renewer: renewer, Issued: millis(r.Issued), Latest: millis(r.Latest),
	}.encode(k.Secret)
	if err != nil {
		return auth.Token{}, err
	}
	if err := m.opts.Store.Insert(ctx, r); err != nil {
		return auth.Token{}, err
	}
	m.opts.Log.Info("delegation token issued", "token", r.ID, "owner", owner, "renewer", renewer, "by", by)
	return r.token(text), nil
}

// signer is the key to sign with.
func (m *Manager) signer() (key, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if m.ring == nil {
		return key{}, errNotRunning()
	}
	return m.ring.newest(), nil
}

func checkName(what, name string) error {
	control := func(r rune) bool { return r < ' ' || r == 0x7f }
	if name == "" || utf8.RuneCountInString(name) > maxName || !utf8.ValidString(name) || strings.ContainsFunc(name, control) {
		return sqlerr.New(sqlerr.Invalid, "%s must be a user's name: 1 to %d characters, none of them a control character", what, maxName)
	}
	return nil
}

// room refuses a token beyond the bounds.
func (m *Manager) room(ctx context.Context, owner string) error {
	his, all, err := m.opts.Store.Count(ctx, owner)
	switch {
	case err != nil:
		return err
	case his >= maxPerOwner:
		return sqlerr.New(sqlerr.Exhausted, "%s has %d delegation tokens: cancel some, or wait until they expire", owner, his)
	case all >= maxTokens:
		return sqlerr.New(sqlerr.Exhausted, "there are %d delegation tokens: wait until some expire", all)
	}
	return nil
}

func (r Record) token(text string) auth.Token {
	return auth.Token{
		ID: r.ID.String(), Text: text, Owner: r.Owner, Renewer: r.Renewer,
		Issued: r.Issued, Expires: r.Expires, Latest: r.Latest,
	}
}

// check reads a token and finds its record. It fails with Invalid for what is no
// token of ours and NotFound for what is not good any more.
func (m *Manager) check(ctx context.Context, text string) (Record, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if m.ring == nil {
		return Record{}, errNotRunning()
	}
	c, err := decode(text, m.ring.secret)
	switch {
	case err != nil:
		return Record{}, sqlerr.Wrap(err, sqlerr.Invalid, "the delegation token is not valid: %v", err)
	case c.Realm != m.opts.Realm:
		return Record{}, sqlerr.New(sqlerr.Invalid, "the delegation token is not valid: it is of a time when people logged in otherwise (kyuubi.authentication)")
	}
	r, err := m.opts.Store.Find(ctx, c.ID)
	if err != nil {
		return Record{}, err
	}
	if !time.Now().Before(r.Expires) {
		return Record{}, unknown(r.ID)
	}
	return r, nil
}

// Renew makes a token good for another interval, up to its longest life. The
// caller must be its renewer or an administrator. It fails with Invalid for what
// is no token of ours, NotFound and Denied.
func (m *Manager) Renew(ctx context.Context, text string) (auth.Token, error) {
	p, err := auth.FromContext(ctx)
	if err != nil {
		return auth.Token{}, err
	}
	r, err := m.check(ctx, text)
	if err != nil {
		return auth.Token{}, err
	}
	if p.User != r.Renewer && !p.Admin {
		return auth.Token{}, sqlerr.New(sqlerr.Denied, "%s may not renew the delegation token: %s may", p.User, r.Renewer)
	}
	r.Expires = time.Now().Truncate(time.Millisecond).Add(m.opts.RenewInterval)
	if r.Expires.After(r.Latest) {
		r.Expires = r.Latest
	}
	if err := m.opts.Store.Extend(ctx, r.ID, r.Expires); err != nil {
		return auth.Token{}, err
	}
	m.opts.Log.Info("delegation token renewed", "token", r.ID, "owner", r.Owner, "by", p.User, "expires", r.Expires)
	return r.token(text), nil
}

// Cancel ends a token. The caller must be its owner, its renewer or an
// administrator. It fails as Renew does.
func (m *Manager) Cancel(ctx context.Context, text string) error {
	p, err := auth.FromContext(ctx)
	if err != nil {
		return err
	}
	r, err := m.check(ctx, text)
	if err != nil {
		return err
	}
	if p.User != r.Owner && p.User != r.Renewer && !p.Admin {
		return sqlerr.New(sqlerr.Denied, "%s may not cancel the delegation token: %s and %s may", p.User, r.Owner, r.Renewer)
	}
	if err := m.opts.Store.Delete(ctx, r.ID); err != nil {
		return err
	}
	m.opts.Log.Info("delegation token canceled", "token", r.ID, "owner", r.Owner, "by", p.User)
	return nil
}

// AuthenticateToken is whom a token stands for: its owner. It fails with
// Unauthenticated.
func (m *Manager) AuthenticateToken(ctx context.Context, text string) (auth.Principal, error) {
	r, err := m.check(ctx, text)
	if err == nil {
		return auth.Principal{User: r.Owner, Admin: m.opts.Admin(r.Owner), Delegated: true}, nil
	}
	e := sqlerr.From(err)
	if errors.Is(e, sqlerr.Invalid) || errors.Is(e, sqlerr.NotFound) {
		return auth.Principal{}, sqlerr.Wrap(e.Err, sqlerr.Unauthenticated, "%s", e.Message)
	}
	return auth.Principal{}, e
}

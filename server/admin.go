package server

import (
	"context"
	"os/user"
	"path/filepath"

	"github.com/nekomata-sql/nekomata/auth"
	"github.com/nekomata-sql/nekomata/auth/token"
	"github.com/nekomata-sql/nekomata/batch"
	"github.com/nekomata-sql/nekomata/config"
	"github.com/nekomata-sql/nekomata/frontend/rest"
	"github.com/nekomata-sql/nekomata/session"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// logins believes every name, but no delegation token that isn't good: who has one for a
// password is its owner, and gets no other.
func (s *Server) logins() auth.Authenticator {
	return token.Authenticator{Tokens: s.tokens, Next: auth.None{}}
}

// newTokens makes the part that gives out delegation tokens.
func (s *Server) newTokens() *token.Manager {
	c := s.conf
	dir := filepath.Join(s.data.path, "tokens")
	return token.NewManager(token.Options{
		Dir:           dir,
		Store:         s.store.Tokens(),
		Realm:         authenticationOf(c),
		Admin:         func(string) bool { return true }, // nobody has to log in, so everybody is
		RenewInterval: config.Get(c, config.TokenRenewInterval),
		MaxLifetime:   config.Get(c, config.TokenMaxLifetime),
		KeyInterval:   config.Get(c, config.TokenKeyInterval),
		SweepInterval: config.Get(c, config.TokenSweepInterval),
		Log:           s.log,
	})
}

// authenticationOf is how people log in, in one word. NONE and NOSASL differ in
// the protocol only: all names are believed.
func authenticationOf(c *config.Config) string {
	kind := config.Get(c, config.Authentication)[0]
	if kind == "NOSASL" {
		return "NONE"
	}
	return kind
}

// gateway is what administrators see of the gateway itself.
func (s *Server) gateway() rest.Gateway {
	g := rest.Gateway{Engine: s.engine.Info, Thrift: s.thriftInstance}
	if u, err := user.Current(); err == nil {
		g.User = u.Username
	}
	if s.opts.Reload != nil {
		g.Refresh = s.refresh
	}
	return g
}

// thriftInstance is the host:port at which clients reach Thrift, "" without it.
func (s *Server) thriftInstance() string {
	if s.thrift == nil {
		return ""
	}
	return reachable(s.thrift.Addr(), config.Get(s.conf, config.AdvertisedHost))
}

// refresh reads the configuration again and takes one list from it.
func (s *Server) refresh(_ context.Context, list string) error {
	c, err := s.opts.Reload()
	if err != nil {
		return sqlerr.Wrap(err, sqlerr.Conflict, "the configuration can't be read again, and nothing has changed: %v", err)
	}
	var entry *config.Entry[[]string]
	var place func(*session.Limits, *batch.Limits) [2]*[]string
	switch list {
	case "unlimited_users":
		entry = config.UnlimitedUsers
		place = func(s *session.Limits, b *batch.Limits) [2]*[]string {
			return [...]*[]string{&s.Unlimited, &b.Unlimited}
		}
	case "deny_users":
		entry = config.DenyUsers
		place = func(s *session.Limits, b *batch.Limits) [2]*[]string {
			return [...]*[]string{&s.DenyUsers, &b.DenyUsers}
		}
	case "deny_ips":
		entry = config.DenyAddresses
		place = func(s *session.Limits, b *batch.Limits) [2]*[]string {
			return [...]*[]string{&s.DenyAddresses, &b.DenyAddresses}
		}
	default:
		return sqlerr.New(sqlerr.Invalid, "there is no list %q", list)
	}
	names := config.Get(c, entry)
	s.backend.ChangeLimits(func(l *session.Limits) { *place(l, &batch.Limits{})[0] = names })
	s.batches.ChangeLimits(func(l *batch.Limits) { *place(&session.Limits{}, l)[1] = names })
	s.log.Info("a list was read again", "key", entry.Key(), "entries", len(names))
	return nil
}

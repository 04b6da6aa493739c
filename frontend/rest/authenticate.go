package rest

import (
	"context"
	"encoding/base64"
	"strings"

	"github.com/nekomata-sql/nekomata/auth"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// authenticate says who the Authorization header stands for. Without one the
// authenticator is asked for an empty name.
func (s *server) authenticate(ctx context.Context, header string) (auth.Principal, error) {
	if header == "" {
		return s.Auth.Authenticate(ctx, "", "")
	}
	scheme, token, _ := strings.Cut(header, " ")
	switch { // some clients write BASIC
	case strings.EqualFold(scheme, "Bearer") && s.Tokens != nil:
		return s.Tokens.AuthenticateToken(ctx, strings.TrimSpace(token))
	case !strings.EqualFold(scheme, "Basic"):
		return auth.Principal{}, sqlerr.New(sqlerr.Unauthenticated, "the Authorization header must be of the scheme %s", s.schemes())
	}
	plain, err := base64.StdEncoding.DecodeString(strings.TrimSpace(token))
	if err != nil {
		return auth.Principal{}, malformed()
	}
	user, password, ok := strings.Cut(string(plain), ":")
	if !ok {
		return auth.Principal{}, malformed()
	}
	return s.Auth.Authenticate(ctx, user, password)
}

func (s *server) schemes() string {
	if s.Tokens == nil {
		return "Basic"
	}
	return "Basic, or Bearer with a delegation token"
}

func malformed() error {
	return sqlerr.New(sqlerr.Unauthenticated, "the Authorization header is malformed: Basic wants user:password in base64")
}

// Settings in which a client says for whom it acts. The first one found counts.
var proxyUserKeys = []string{
	"kyuubi.session.proxy.user", "hive.server2.proxy.user",
	"set:hiveconf:kyuubi.session.proxy.user", "set:hiveconf:hive.server2.proxy.user",
}

// actingUser is whose session it will be: the caller's, or somebody else's when
// the settings say so and the caller may.
func actingUser(p auth.Principal, conf map[string]string) (string, error) {
	for _, key := range proxyUserKeys {
		proxy := conf[key]
		switch {
		case proxy == "":
			continue
		case proxy == p.User || p.Admin:
			return proxy, nil
		default:
			return "", sqlerr.New(sqlerr.Denied, "Failed to validate proxy privilege of %s for %s: only administrators may set %s", p.User, proxy, key)
		}
	}
	return p.User, nil
}

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
func authenticate(ctx context.Context, a auth.Authenticator, header string) (auth.Principal, error) {
	if header == "" {
		return a.Authenticate(ctx, "", "")
	}
	scheme, token, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Basic") { // some clients write BASIC
		return auth.Principal{}, sqlerr.New(sqlerr.Unauthenticated, "the Authorization header must be of the scheme Basic")
	}
	plain, err := base64.StdEncoding.DecodeString(strings.TrimSpace(token))
	if err != nil {
		return auth.Principal{}, malformed()
	}
	user, password, ok := strings.Cut(string(plain), ":")
	if !ok {
		return auth.Principal{}, malformed()
	}
	return a.Authenticate(ctx, user, password)
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

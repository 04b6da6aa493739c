package hs2

import (
	"cmp"
	"context"
	"encoding/base64"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/nekomata-sql/nekomata/auth"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// tokenHeader is where Hive's JDBC driver puts a delegation token.
const tokenHeader = "X-Hive-Delegation-Token"

// login says who sent a request. fresh says that he has just proved it by name and
// password, which is worth a cookie.
func (s *httpHandler) login(r *http.Request) (id identity, fresh bool, err error) {
	ctx, cancel := context.WithTimeout(r.Context(), s.Handler.opts.LoginTimeout)
	defer cancel()
	p, fresh, err := s.authenticate(ctx, r)
	if err != nil {
		return identity{}, false, err
	}
	p.Address = host(remote(r))
	id = identity{principal: p, acting: p.User}
	other, err := doAs(r)
	if err != nil {
		return identity{}, false, err
	}
	if other == "" || other == p.User {
		return id, fresh, nil
	}
	if s.opts.NoSubstitution {
		return identity{}, false, sqlerr.New(sqlerr.Denied,
			"doAs is not allowed here (kyuubi.frontend.thrift.http.allow.user.substitution)")
	}
	if !p.Admin {
		return identity{}, false, mayNotActFor(p.User, other)
	}
	id.acting, id.chosen = other, true
	return id, fresh, nil
}

// authenticate believes a cookie before it asks for a password again, as long as
// both name the same user.
func (s *httpHandler) authenticate(ctx context.Context, r *http.Request) (p auth.Principal, fresh bool, err error) {
	if token := r.Header.Get(tokenHeader); token != "" {
		p, err = s.token(ctx, token)
		return p, false, err
	}
	header := r.Header.Get("Authorization")
	remembered, known := s.cookies.read(r)
	if header == "" {
		switch {
		case known:
			return remembered, false, nil
		case s.Handler.opts.NoSASL: // nobody logs in
			p, err = s.Handler.opts.Auth.Authenticate(ctx, "", "")
			return p, false, err
		default:
			return p, false, sqlerr.New(sqlerr.Unauthenticated, "the Authorization header is missing: log in with Basic, any user and password will do where none is checked")
		}
	}
	scheme, rest, _ := strings.Cut(header, " ")
	rest = strings.TrimSpace(rest)
	switch {
	case strings.EqualFold(scheme, "Bearer"):
		p, err = s.token(ctx, rest)
		return p, false, err
	case !strings.EqualFold(scheme, "Basic"):
		return p, false, sqlerr.New(sqlerr.Unauthenticated, "the Authorization header must be of the scheme Basic, not %.20q", scheme)
	}
	credentials, err := parseBasic(rest)
	if err != nil {
		return p, false, err
	}
	if known && remembered.User == credentials.user {
		return remembered, false, nil
	}
	p, err = s.Handler.opts.Auth.Authenticate(ctx, credentials.user, credentials.password)
	return p, err == nil && !p.Delegated, err
}

func (s *httpHandler) token(ctx context.Context, text string) (auth.Principal, error) {
	if s.opts.Tokens == nil {
		return auth.Principal{}, sqlerr.New(sqlerr.Unauthenticated, "tokens are not taken here: log in with Basic")
	}
	return s.opts.Tokens.AuthenticateToken(ctx, text)
}

// parseBasic reads user:password in base64. It wants both, as SASL does.
func parseBasic(text string) (plain, error) {
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return plain{}, sqlerr.New(sqlerr.Unauthenticated, "the Authorization header is malformed: Basic wants user:password in base64")
	}
	user, password, ok := strings.Cut(string(b), ":")
	if !ok {
		return plain{}, sqlerr.New(sqlerr.Unauthenticated, "the Authorization header is malformed: there is no colon between user and password")
	}
	p := plain{user: user, password: password}
	return p, p.check()
}

// doAs is the user for whom the request is made, as a parameter of the URL whose
// case does not matter to Hive. It fails where the URL leaves open whom it names: the
// request must not be made for the caller himself then.
func doAs(r *http.Request) (user string, err error) {
	if r.URL.RawQuery == "" {
		return "", nil
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return "", sqlerr.New(sqlerr.Invalid, "the parameters of the URL can't be read: %s", err)
	}
	for name, values := range query {
		if !strings.EqualFold(name, "doAs") {
			continue
		}
		for _, value := range values {
			if value != "" && user != "" && value != user {
				return "", sqlerr.New(sqlerr.Invalid, "doAs names several users")
			}
			user = cmp.Or(value, user)
		}
	}
	return user, nil
}

// clientAddress is the client's IP address, as a proxy tells it or else the
// connection's.
func (s *httpHandler) clientAddress(r *http.Request) string {
	if s.opts.ClientIPHeader != "" {
		if ip, err := netip.ParseAddr(strings.TrimSpace(r.Header.Get(s.opts.ClientIPHeader))); err == nil {
			return ip.String()
		}
	}
	return host(remote(r))
}

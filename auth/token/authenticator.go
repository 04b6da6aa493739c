package token

import (
	"context"

	"github.com/nekomata-sql/nekomata/auth"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// Authenticator takes a delegation token for a password and leaves all other
// passwords to the next one.
type Authenticator struct {
	Tokens *Manager
	Next   auth.Authenticator
}

// Authenticate checks the token that the password is, whose owner the user must
// be unless he gave no name, or asks Next.
func (a Authenticator) Authenticate(ctx context.Context, user, password string) (auth.Principal, error) {
	if !Is(password) {
		return a.Next.Authenticate(ctx, user, password)
	}
	p, err := a.Tokens.AuthenticateToken(ctx, password)
	if err != nil {
		return auth.Principal{}, err
	}
	if user != "" && user != p.User {
		return auth.Principal{}, sqlerr.New(sqlerr.Unauthenticated, "the delegation token is somebody else's")
	}
	return p, nil
}

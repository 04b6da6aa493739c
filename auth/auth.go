// Package auth says who is asking: how a name and a password become a
// [Principal], and how a call carries it.
//
// It must not know any protocol: transports hand it what they read.
package auth

import (
	"context"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// Anonymous is the user of a caller who gave no name.
const Anonymous = "anonymous"

// Principal is an authenticated caller.
type Principal struct {
	// User is the short name.
	User string
	// Admin may see and touch everybody's sessions and operations.
	Admin bool
	// Address is the caller's IP address.
	Address string
}

// Authenticator checks credentials. It fails with Unauthenticated.
type Authenticator interface {
	Authenticate(ctx context.Context, user, password string) (Principal, error)
}

// None believes every name, and everybody is administrator (kyuubi.authentication=NONE).
type None struct{}

// Authenticate accepts any user; an empty name is [Anonymous].
func (None) Authenticate(_ context.Context, user, _ string) (Principal, error) {
	if user == "" {
		user = Anonymous
	}
	return Principal{User: user, Admin: true}, nil
}

type contextKey struct{}

// NewContext returns ctx with p in it.
func NewContext(ctx context.Context, p Principal) context.Context {
	return context.WithValue(ctx, contextKey{}, p)
}

// FromContext returns who is asking. It fails with Unauthenticated when a
// frontend forgot to say: no caller is never everybody.
func FromContext(ctx context.Context) (Principal, error) {
	p, ok := ctx.Value(contextKey{}).(Principal)
	if !ok {
		return Principal{}, sqlerr.New(sqlerr.Unauthenticated, "the caller is not known")
	}
	return p, nil
}

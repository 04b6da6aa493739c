// Package auth says who is asking: how a name and a password become a
// [Principal], and how a call carries it.
//
// It must not know any protocol: transports hand it what they read.
package auth

import (
	"context"
	"time"

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
	// Delegated says that he came with a delegation token, which gets no other one.
	Delegated bool
}

// Authenticator checks credentials. It fails with Unauthenticated.
type Authenticator interface {
	Authenticate(ctx context.Context, user, password string) (Principal, error)
}

// Token is a delegation token: who has its text is taken for its owner until it
// expires or is canceled.
type Token struct {
	// ID names the token where its text must not be seen.
	ID string
	// Text is the secret.
	Text string
	// Owner is whom it stands for, Renewer who may make it good for longer.
	Owner, Renewer string
	// Issued is when it was made, Expires until when it is good, and Latest as far
	// as renewals can go.
	Issued, Expires, Latest time.Time
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

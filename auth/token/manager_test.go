package token

import (
	"context"
	"encoding/base64"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/nekomata-sql/nekomata/auth"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func as(ctx context.Context, user string) context.Context {
	return auth.NewContext(ctx, auth.Principal{User: user, Admin: user == "root"})
}

func isRoot(user string) bool { return user == "root" }

// running is a Manager that serves until the returned function is called, or the
// test ends.
func running(t *testing.T, opts Options) (*Manager, func()) {
	t.Helper()
	if opts.Dir == "" {
		opts.Dir = t.TempDir()
	}
	if opts.Realm == "" {
		opts.Realm = "LDAP"
	}
	opts.Admin = isRoot
	m := NewManager(opts)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	over, ready := make(chan error, 1), make(chan struct{})
	go func() { over <- m.Run(ctx, func() { close(ready) }) }()
	<-ready
	stopped := false
	stop := func() {
		if !stopped {
			stopped = true
			cancel()
			require.NoError(t, <-over)
		}
	}
	t.Cleanup(stop)
	return m, stop
}

func TestLifeOfAToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m, stop := running(t, Options{RenewInterval: time.Hour, MaxLifetime: 150 * time.Minute})
		ctx := t.Context()
		began := time.Now()
		tok, err := m.Issue(as(ctx, "ann"), "ann", "bob")
		require.NoError(t, err)
		require.Equal(t, auth.Token{
			ID: tok.ID, Text: tok.Text, Owner: "ann", Renewer: "bob",
			Issued: began, Expires: began.Add(time.Hour), Latest: began.Add(150 * time.Minute),
		}, tok)
		p, err := m.AuthenticateToken(ctx, tok.Text)
		require.NoError(t, err)
		require.Equal(t, auth.Principal{User: "ann", Delegated: true}, p)

		for user, kind := range map[string]sqlerr.Kind{"ann": sqlerr.Denied, "eve": sqlerr.Denied} {
			_, err = m.Renew(as(ctx, user), tok.Text)
			require.ErrorIs(t, err, kind)
		}
		require.ErrorIs(t, m.Cancel(as(ctx, "eve"), tok.Text), sqlerr.Denied)
		time.Sleep(50 * time.Minute)
		renewed, err := m.Renew(as(ctx, "bob"), tok.Text)
		require.NoError(t, err)
		require.Equal(t, began.Add(110*time.Minute), renewed.Expires)
		time.Sleep(50 * time.Minute)
		renewed, err = m.Renew(as(ctx, "root"), tok.Text)
		require.NoError(t, err)
		require.Equal(t, renewed.Latest, renewed.Expires, "no renewal goes past the longest life")
		require.Equal(t, tok.Text, renewed.Text)
		time.Sleep(50*time.Minute - time.Millisecond)
		_, err = m.AuthenticateToken(ctx, tok.Text)
		require.NoError(t, err)
		time.Sleep(time.Millisecond)
		_, err = m.AuthenticateToken(ctx, tok.Text)
		require.ErrorIs(t, err, sqlerr.Unauthenticated)
		_, err = m.Renew(as(ctx, "bob"), tok.Text)
		require.ErrorIs(t, err, sqlerr.NotFound)
		stop()
	})
}

func TestCancel(t *testing.T) {
	t.Parallel()
	m, _ := running(t, Options{})
	for _, user := range []string{"ann", "bob", "root"} {
		tok, err := m.Issue(as(t.Context(), "ann"), "ann", "bob")
		require.NoError(t, err)
		require.NoError(t, m.Cancel(as(t.Context(), user), tok.Text), user)
		_, err = m.AuthenticateToken(t.Context(), tok.Text)
		require.ErrorIs(t, err, sqlerr.Unauthenticated)
		require.ErrorIs(t, m.Cancel(as(t.Context(), user), tok.Text), sqlerr.NotFound)
	}
}

func TestWhoGetsAToken(t *testing.T) {
	t.Parallel()
	m, _ := running(t, Options{})
	for _, c := range []struct {
		caller         auth.Principal
		owner, renewer string
		kind           sqlerr.Kind
	}{
		{auth.Principal{User: "ann"}, "ann", "", sqlerr.Internal}, // Internal stands for none
		{auth.Principal{User: "ann"}, "bob", "", sqlerr.Denied},
		{auth.Principal{User: "root", Admin: true}, "bob", "", sqlerr.Internal},
		{auth.Principal{User: "ann", Delegated: true}, "ann", "", sqlerr.Denied},
		{auth.Principal{User: "root", Admin: true, Delegated: true}, "root", "", sqlerr.Denied},
		{auth.Principal{User: "root", Admin: true}, "", "", sqlerr.Invalid},
		{auth.Principal{User: "ann"}, "ann", strings.Repeat("x", 256), sqlerr.Invalid},
		{auth.Principal{User: "ann"}, "ann", "\xff", sqlerr.Invalid},
		{auth.Principal{User: "ann"}, "ann", "bob\nroot", sqlerr.Invalid},
	} {
		tok, err := m.Issue(auth.NewContext(t.Context(), c.caller), c.owner, c.renewer)
		if c.kind != sqlerr.Internal {
			require.ErrorIs(t, err, c.kind, "%+v", c)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, c.owner, tok.Renewer, "whom nobody else renews for")
	}
	_, err := m.Issue(t.Context(), "ann", "")
	require.ErrorIs(t, err, sqlerr.Unauthenticated)
	longest := strings.Repeat("\U0001F431", maxName)
	tok, err := m.Issue(as(t.Context(), longest), longest, "")
	require.NoError(t, err)
	_, err = m.AuthenticateToken(t.Context(), tok.Text)
	require.NoError(t, err)
	longest = strings.Repeat("<", maxName)
	_, err = m.AuthenticateToken(t.Context(), mustIssue(t, m, longest).Text)
	require.NoError(t, err)
	p, err := m.AuthenticateToken(t.Context(), mustIssue(t, m, "root").Text)
	require.NoError(t, err)
	require.True(t, p.Admin)
}

func mustIssue(t *testing.T, m *Manager, user string) auth.Token {
	t.Helper()
	tok, err := m.Issue(as(t.Context(), user), user, "")
	require.NoError(t, err)
	return tok
}

func TestForgeries(t *testing.T) {
	t.Parallel()
	m, _ := running(t, Options{})
	tok := mustIssue(t, m, "ann")
	head, signature, _ := strings.Cut(strings.TrimPrefix(tok.Text, prefix), ".")
	plain, err := base64.RawURLEncoding.DecodeString(head)
	require.NoError(t, err)
	root := base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(plain), `"ann"`, `"root"`, 1)))
	other, _ := running(t, Options{})
	flipped := []byte(tok.Text)
	flipped[len(flipped)-2] ^= 1
	for name, text := range map[string]string{
		"nothing": "", "a prefix": prefix, "no signature": prefix + head, "an empty signature": prefix + head + ".",
		"somebody else": prefix + root + "." + signature, "a changed signature": string(flipped),
		"another gateway's": mustIssue(t, other, "ann").Text, "no base64": prefix + "%." + signature,
		"no JSON": prefix + "AAAA." + signature, "long": prefix + strings.Repeat("A", maxText) + "." + signature,
		"longer signature": tok.Text + "AA", "a line after it": tok.Text + "\n",
	} {
		_, err := m.AuthenticateToken(t.Context(), text)
		require.ErrorIs(t, err, sqlerr.Unauthenticated, name)
		_, err = m.Renew(as(t.Context(), "root"), text)
		require.ErrorIs(t, err, sqlerr.Invalid, name)
	}
}

func TestTokensOutliveARestart(t *testing.T) {
	t.Parallel()
	dir, store := t.TempDir(), NewMemory() // the store outlives the manager
	opts := func() Options { return Options{Dir: dir, Store: store} }
	m, stop := running(t, opts())
	kept, canceled := mustIssue(t, m, "ann"), mustIssue(t, m, "ann")
	require.NoError(t, m.Cancel(as(t.Context(), "ann"), canceled.Text))
	stop()
	_, err := m.AuthenticateToken(t.Context(), kept.Text)
	require.ErrorIs(t, err, sqlerr.Unavailable)
	_, err = m.Issue(as(t.Context(), "ann"), "ann", "")
	require.ErrorIs(t, err, sqlerr.Unavailable)

	info, err := os.Stat(filepath.Join(dir, "keys.json"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode())
	m, stop = running(t, opts())
	_, err = m.AuthenticateToken(t.Context(), kept.Text)
	require.NoError(t, err)
	_, err = m.AuthenticateToken(t.Context(), canceled.Text)
	require.ErrorIs(t, err, sqlerr.Unauthenticated, "a restart revives nothing")
	stop()

	other := opts()
	other.Realm = "JWT"
	m, stop = running(t, other)
	_, err = m.AuthenticateToken(t.Context(), kept.Text)
	require.ErrorContains(t, err, "logged in otherwise")
	stop()
}

func TestBrokenKeys(t *testing.T) {
	t.Parallel()
	for content, message := range map[string]string{
		"":                          "can't be understood",
		`[{"id":"a"}]`:              "can't be understood",
		`[{"id":"","secret":"AAAA`:  "can't be understood",
		`[{"id":"a","secret":"AA"}`: "can't be understood",
	} {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, "keys.json"), []byte(content), 0o600))
		require.ErrorContains(t, NewManager(Options{Dir: dir}).Run(t.Context(), nil), message, content)
	}
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "keys.json"), []byte("[]"), 0o640))
	require.ErrorContains(t, NewManager(Options{Dir: dir}).Run(t.Context(), nil), "open to others (mode 0640)")
}

func TestKeysChange(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m, stop := running(t, Options{KeyInterval: 24 * time.Hour, MaxLifetime: 72 * time.Hour, RenewInterval: 72 * time.Hour})
		first := mustIssue(t, m, "ann")
		time.Sleep(49 * time.Hour)
		require.Equal(t, 3, keysOf(m))
		second := mustIssue(t, m, "ann")
		require.NotEqual(t, keyOf(t, m, first), keyOf(t, m, second))
		_, err := m.AuthenticateToken(t.Context(), first.Text)
		require.NoError(t, err)
		time.Sleep(10 * 24 * time.Hour)
		require.Equal(t, 4, keysOf(m), "what no token can need any more is gone")
		_, all, err := m.opts.Store.Count(t.Context(), "ann")
		require.NoError(t, err)
		require.Zero(t, all, "expired tokens are swept away")
		stop()
	})
}

func keysOf(m *Manager) int {
	synctest.Wait()
	m.mu.RLock()
	defer m.mu.RUnlock()
	return len(m.ring.keys)
}

func keyOf(t *testing.T, m *Manager, tok auth.Token) string {
	t.Helper()
	c, err := decode(tok.Text, m.ring.secret)
	require.NoError(t, err)
	return c.Key
}

func TestBounds(t *testing.T) {
	t.Parallel()
	store := NewMemory()
	m, _ := running(t, Options{Store: store})
	add := func(owner string, n int) {
		for range n {
			require.NoError(t, store.Insert(t.Context(), Record{ID: uuid.New(), Owner: owner, Expires: time.Now().Add(time.Hour)}))
		}
	}
	add("ann", maxPerOwner)
	_, err := m.Issue(as(t.Context(), "ann"), "ann", "")
	require.ErrorIs(t, err, sqlerr.Exhausted)
	mustIssue(t, m, "bob")
	for i := range maxTokens / maxPerOwner {
		add(strconv.Itoa(i), maxPerOwner)
	}
	_, err = m.Issue(as(t.Context(), "bob"), "bob", "")
	require.ErrorIs(t, err, sqlerr.Exhausted)
}

// passwords lets in whose password is his name.
type passwords struct{}

func (passwords) Authenticate(_ context.Context, user, password string) (auth.Principal, error) {
	if user == "" || user != password {
		return auth.Principal{}, sqlerr.New(sqlerr.Unauthenticated, "wrong name or password")
	}
	return auth.Principal{User: user, Admin: isRoot(user)}, nil
}

func TestTokenForPassword(t *testing.T) {
	t.Parallel()
	m, _ := running(t, Options{})
	a := Authenticator{Tokens: m, Next: passwords{}}
	text := mustIssue(t, m, "ann").Text
	for _, c := range []struct {
		user, password string
		want           auth.Principal
	}{
		{"ann", "ann", auth.Principal{User: "ann"}},
		{"root", "root", auth.Principal{User: "root", Admin: true}},
		{"ann", text, auth.Principal{User: "ann", Delegated: true}},
		{"", text, auth.Principal{User: "ann", Delegated: true}},
		{"bob", text, auth.Principal{}},
		{"ann", text + "x", auth.Principal{}},
		{"ann", "wrong", auth.Principal{}},
		{text, text, auth.Principal{}},
	} {
		got, err := a.Authenticate(t.Context(), c.user, c.password)
		require.Equal(t, c.want, got, c)
		if c.want.User == "" {
			require.ErrorIs(t, err, sqlerr.Unauthenticated)
			require.NotContains(t, err.Error(), prefix, "the secret is in no error")
		}
	}
}

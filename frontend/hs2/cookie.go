package hs2

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"strings"
	"time"

	"github.com/nekomata-sql/nekomata/auth"
)

// cookieName is what Hive's drivers look for.
const cookieName = "hive.server2.auth"

// CookieOptions says how a login is remembered, so that not every call has to log in.
type CookieOptions struct {
	// Disabled remembers nobody.
	Disabled bool
	// Secret signs the cookies. Gateways that share it take each other's; empty is a
	// random one.
	Secret string
	// Realm is how people log in. A cookie from another realm is not taken.
	Realm string
	// MaxAge is how long a login is remembered; 0 means a day.
	MaxAge time.Duration
	// Domain and Path are the cookie's; empty leaves them to the client.
	Domain, Path string
	// Scripts lets scripts of a page read it (no HttpOnly).
	Scripts bool
}

// cookies makes and reads cookies. A cookie is a user, what he may, and until when,
// with a signature: nothing is kept here.
type cookies struct {
	opts CookieOptions
	key  []byte
	now  func() time.Time
}

func newCookies(opts CookieOptions) *cookies {
	orDefault(&opts.MaxAge, 24*time.Hour)
	c := &cookies{opts: opts, now: time.Now, key: make([]byte, sha256.Size)}
	if opts.Secret == "" {
		_, _ = rand.Read(c.key) // never fails
		return c
	}
	key := sha256.Sum256([]byte("cookies of Thrift over HTTP\x00" + opts.Secret))
	c.key = key[:]
	return c
}

// Forms of a cookie's payload: version, flags, the second it expires, the user.
const (
	cookieVersion = 1
	cookieAdmin   = 1
	cookieHead    = 1 + 1 + 8
)

// make remembers a login. The cookie is for TLS alone when the login came so.
func (c *cookies) make(p auth.Principal, secure bool) *http.Cookie {
	payload := make([]byte, cookieHead, cookieHead+len(p.User))
	payload[0] = cookieVersion
	if p.Admin {
		payload[1] |= cookieAdmin
	}
	binary.BigEndian.PutUint64(payload[2:], uint64(c.now().Add(c.opts.MaxAge).Unix()))
	payload = append(payload, p.User...)
	enc := base64.RawURLEncoding
	return &http.Cookie{ //nolint:gosec // both are settings, or depend on the connection
		Name: cookieName, Value: enc.EncodeToString(payload) + "." + enc.EncodeToString(c.sign(payload)),
		MaxAge: int(c.opts.MaxAge / time.Second), Domain: c.opts.Domain, Path: c.opts.Path,
		HttpOnly: !c.opts.Scripts, Secure: secure, SameSite: http.SameSiteStrictMode,
	}
}

// read says who has come with a cookie of ours that is still good.
func (c *cookies) read(r *http.Request) (auth.Principal, bool) {
	if c.opts.Disabled {
		return auth.Principal{}, false
	}
	for _, cookie := range r.CookiesNamed(cookieName) { // an old one may come along with the new
		if p, ok := c.verify(cookie.Value); ok {
			return p, true
		}
	}
	return auth.Principal{}, false
}

func (c *cookies) verify(value string) (auth.Principal, bool) {
	text, signature, _ := strings.Cut(value, ".")
	payload, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(payload) < cookieHead || payload[0] != cookieVersion {
		return auth.Principal{}, false
	}
	got, err := base64.RawURLEncoding.DecodeString(signature)
	if err != nil || !hmac.Equal(got, c.sign(payload)) {
		return auth.Principal{}, false
	}
	if c.now().Unix() >= int64(binary.BigEndian.Uint64(payload[2:])) {
		return auth.Principal{}, false
	}
	return auth.Principal{User: string(payload[cookieHead:]), Admin: payload[1]&cookieAdmin != 0}, true
}

func (c *cookies) sign(payload []byte) []byte {
	mac := hmac.New(sha256.New, c.key)
	mac.Write([]byte(c.opts.Realm + "\x00"))
	mac.Write(payload)
	return mac.Sum(nil)
}

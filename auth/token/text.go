package token

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"
)

// prefix begins every token, so that a password which is one is seen at once, by
// us and by those who look for secrets in logs.
const prefix = "nkt1."

// maxText bounds a token's text. Two names of the longest kind fit in.
const maxText = 8 << 10

// claims is what a token says.
type claims struct {
	ID      uuid.UUID `json:"id"`
	Key     string    `json:"key"`
	Realm   string    `json:"realm"`
	Owner   string    `json:"owner"`
	Renewer string    `json:"renewer"`
	Issued  int64     `json:"issued"` // milliseconds since 1970, as the next
	Latest  int64     `json:"latest"`
}

var errText = errors.New("it is no delegation token")

// Is says whether a password or bearer is meant to be a delegation token.
func Is(text string) bool { return strings.HasPrefix(text, prefix) }

func sign(secret []byte, payload string) []byte {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(prefix + payload))
	return mac.Sum(nil)
}

// encode writes claims as a token.
func (c claims) encode(secret []byte) (string, error) {
	text, err := json.Marshal(c)
	if err != nil {
		return "", err
	}
	payload := base64.RawURLEncoding.EncodeToString(text)
	return prefix + payload + "." + base64.RawURLEncoding.EncodeToString(sign(secret, payload)), nil
}

// decode reads a token whose signature is good. secret finds a key.
func decode(text string, secret func(key string) []byte) (claims, error) {
	rest, ok := strings.CutPrefix(text, prefix)
	payload, signature, dot := strings.Cut(rest, ".")
	if !ok || !dot || len(text) > maxText || strings.ContainsAny(text, "\r\n") { // base64 would look past these
		return claims{}, errText
	}
	mac, err := base64.RawURLEncoding.Strict().DecodeString(signature)
	if err != nil {
		return claims{}, errText
	}
	plain, err := base64.RawURLEncoding.Strict().DecodeString(payload)
	if err != nil {
		return claims{}, errText
	}
	var c claims
	if err := json.Unmarshal(plain, &c); err != nil {
		return claims{}, errText
	}
	key := secret(c.Key)
	if key == nil || !hmac.Equal(mac, sign(key, payload)) {
		return claims{}, errors.New("its signature is not this gateway's")
	}
	return c, nil
}

func millis(t time.Time) int64 { return t.UnixMilli() }

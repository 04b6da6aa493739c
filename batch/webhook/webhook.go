package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"time"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// The headers of a request.
const (
	// HeaderKey is the same for each request about the same end of a batch.
	HeaderKey = "Idempotency-Key"
	// HeaderSignature is "sha256=" and the HMAC of the body in hexadecimal digits.
	HeaderSignature = "X-Nekomata-Signature"
)

// Options says where to.
type Options struct {
	// URL is where requests go; redirects are not followed.
	URL string
	// Secret signs requests; empty signs none.
	Secret string
	// Timeout bounds one request; 0 is 10 s.
	Timeout time.Duration
	// Agent is the User-Agent.
	Agent string
}

// Hook posts to one URL.
type Hook struct {
	opts   Options
	client *http.Client
}

// New returns a Hook, which connects to nothing until it posts.
func New(o Options) *Hook {
	if o.Timeout == 0 {
		o.Timeout = 10 * time.Second
	}
	return &Hook{opts: o, client: &http.Client{
		Timeout:       o.Timeout,
		Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, IdleConnTimeout: time.Minute, MaxIdleConnsPerHost: 8},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Close ends idle connections.
func (h *Hook) Close() { h.client.CloseIdleConnections() }

// Post sends body as JSON under an idempotency key. It fails with Unavailable
// unless the answer is 2xx.
func (h *Hook) Post(ctx context.Context, key string, body any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.opts.URL, bytes.NewReader(text))
	if err != nil {
		return sqlerr.Wrap(err, sqlerr.Invalid, "kyuubi.batch.webhook.url is no URL")
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", h.opts.Agent)
	req.Header.Set(HeaderKey, key)
	if h.opts.Secret != "" {
		req.Header.Set(HeaderSignature, Signature(h.opts.Secret, text))
	}
	resp, err := h.client.Do(req)
	if err != nil {
		return sqlerr.Wrap(err, sqlerr.Unavailable, "the webhook does not answer")
	}
	defer resp.Body.Close()
	const most = 64 << 10 // so that the connection can be used again
	_, _ = io.CopyN(io.Discard, resp.Body, most)
	if resp.StatusCode/100 != 2 { //nolint:mnd // 2xx
		return sqlerr.New(sqlerr.Unavailable, "the webhook answered %s", resp.Status)
	}
	return nil
}

// Signature is the value of [HeaderSignature] for a body.
func Signature(secret string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

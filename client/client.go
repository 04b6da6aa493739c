// Package client talks to a gateway's REST API, in the words of package api.
//
// It must not know how the server answers, and keeps nothing but where it last
// found one.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"

	"github.com/nekomata-sql/nekomata/api"
)

// Options configures a Client.
type Options struct {
	// URLs are the base URLs of gateways, such as "http://localhost:10099". When one
	// can't be connected to, the next is tried; the one that was reached stays.
	// Sessions and operations are known only to the gateway that has them.
	URLs []string
	// User and Password are sent as Basic authentication unless User is empty.
	User, Password string
	// Token is a delegation token, which is sent instead of a name and a password.
	Token string
	// HTTP sends the requests; nil means http.DefaultClient. A time limit of its own
	// also bounds synchronous statements: limits belong into the context.
	HTTP *http.Client
}

// Client is safe for use by many goroutines.
type Client struct {
	urls    []*url.URL
	opts    Options
	current atomic.Int64 // index of the URL that was reached last
}

// New returns a client, or says which URL is wrong. It connects to nothing.
func New(opts Options) (*Client, error) {
	if opts.HTTP == nil {
		opts.HTTP = http.DefaultClient
	}
	c := &Client{opts: opts}
	for _, text := range opts.URLs {
		u, err := url.Parse(text)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			return nil, fmt.Errorf("%q is no base URL: expected one like http://localhost:10099", text)
		}
		c.urls = append(c.urls, u)
	}
	if len(c.urls) == 0 {
		return nil, errors.New("no base URL given: expected one like http://localhost:10099")
	}
	return c, nil
}

// Error is a gateway's answer that is not a success.
type Error struct {
	// Status is the HTTP status.
	Status int
	// Message, Kind, SQLState and RequestID are what the gateway said. All but the
	// message are empty when the answer came from something before it.
	Message, Kind, SQLState, RequestID string
}

// Error is the gateway's message with its SQLSTATE.
func (e *Error) Error() string {
	if e.SQLState == "" {
		return e.Message
	}
	return fmt.Sprintf("%s (SQLSTATE %s)", e.Message, e.SQLState)
}

// call is one request. Its path is escaped.
type call struct {
	method, path string
	query        url.Values
	body         any    // nil for none
	form         *form  // sent instead of a body; nil for none
	accept       string // a media type; "" for whatever comes
}

// do makes a request and decodes the answer into out: a pointer for JSON, a
// *string for text, nil for nothing. It fails with *Error when a gateway refuses,
// and with the last connection's error when none is reached.
func (c *Client) do(ctx context.Context, k call, out any) error {
	var body []byte
	if k.body != nil {
		var err error
		if body, err = json.Marshal(k.body); err != nil {
			return err
		}
	}
	resp, err := c.send(ctx, k, body)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		return failure(resp)
	}
	switch out := out.(type) {
	case nil:
		_, err = io.Copy(io.Discard, resp.Body)
	case *string:
		var text []byte
		text, err = io.ReadAll(resp.Body)
		*out = string(text)
	default:
		dec := json.NewDecoder(resp.Body)
		dec.UseNumber() // a BIGINT is more than a float64 can hold
		err = dec.Decode(out)
	}
	if err != nil {
		return fmt.Errorf("read the answer of %s: %w", k.path, err)
	}
	return nil
}

// send tries the gateways, beginning with the one that was reached last. Only a
// failed connect leads to the next: after it, the request may have been served.
func (c *Client) send(ctx context.Context, k call, body []byte) (*http.Response, error) {
	first := c.current.Load()
	var err error
	for i := range int64(len(c.urls)) {
		at := (first + i) % int64(len(c.urls))
		var req *http.Request
		if req, err = c.request(ctx, c.urls[at], k, body); err != nil {
			return nil, err
		}
		var resp *http.Response
		if resp, err = c.opts.HTTP.Do(req); err == nil {
			c.current.Store(at)
			return resp, nil
		}
		if ctx.Err() != nil || !notConnected(err) {
			return nil, err
		}
	}
	return nil, err
}

func notConnected(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "dial"
}

func (c *Client) request(ctx context.Context, base *url.URL, k call, body []byte) (*http.Request, error) {
	u := *base
	u.RawPath = strings.TrimSuffix(base.EscapedPath(), "/") + k.path
	var err error
	if u.Path, err = url.PathUnescape(u.RawPath); err != nil {
		return nil, err
	}
	u.RawQuery = k.query.Encode()
	var r io.Reader = http.NoBody
	mediaType := ""
	switch {
	case k.form != nil:
		r, mediaType = k.form.open()
	case body != nil:
		r, mediaType = bytes.NewReader(body), "application/json"
	}
	req, err := http.NewRequestWithContext(ctx, k.method, u.String(), r)
	if err != nil {
		return nil, err
	}
	if mediaType != "" {
		req.Header.Set("Content-Type", mediaType)
	}
	if k.accept != "" {
		req.Header.Set("Accept", k.accept)
	}
	switch {
	case c.opts.Token != "":
		req.Header.Set("Authorization", "Bearer "+c.opts.Token)
	case c.opts.User != "":
		req.SetBasicAuth(c.opts.User, c.opts.Password)
	}
	return req, nil
}

// failure reads what a gateway, or something before it, says went wrong.
func failure(resp *http.Response) error {
	const enough = 64 << 10
	text, _ := io.ReadAll(io.LimitReader(resp.Body, enough)) // half a message is better than none
	var body api.Error
	if json.Unmarshal(text, &body) != nil || body.Message == "" {
		const some = 200
		body = api.Error{Message: strings.TrimSpace(resp.Status + " " + strings.ToValidUTF8(string(text[:min(len(text), some)]), "?"))}
	}
	return &Error{resp.StatusCode, body.Message, body.Kind, body.SQLState, body.RequestID}
}

// fetch makes a request that has a JSON answer.
func fetch[T any](ctx context.Context, c *Client, k call) (T, error) {
	var v T
	err := c.do(ctx, k, &v)
	return v, err
}

func get(path string, query url.Values) call {
	return call{method: http.MethodGet, path: path, query: query}
}

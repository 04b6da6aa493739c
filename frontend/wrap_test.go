package frontend

import (
	"bytes"
	"compress/gzip"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// typed answers with a body of a type.
func typed(kind, text string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if kind != "" {
			w.Header().Set("Content-Type", kind)
		}
		_, _ = io.WriteString(w, text)
	})
}

func wrapped(tb testing.TB, h http.Handler, opts WrapOptions) http.Handler {
	tb.Helper()
	w, err := Wrap(h, opts)
	require.NoError(tb, err)
	return w
}

// ask sends a request with headers ("Name: value") and returns the answer.
func ask(h http.Handler, method, url string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, url, nil)
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Add(name, value)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	const month = 30 * 24 * time.Hour
	for name, tc := range map[string]struct {
		url, kind, own string
		page, hsts     bool
	}{
		"JSON":                  {url: "http://a.example/", kind: "application/json"},
		"a page":                {url: "http://a.example/", kind: "text/html; charset=utf-8", page: true},
		"no type":               {url: "http://a.example/", page: true},
		"JSON over TLS":         {url: "https://a.example/", kind: "application/json", hsts: true},
		"to localhost":          {url: "https://localhost:10099/", kind: "application/json"},
		"to one below":          {url: "https://x.localhost:10099/", kind: "application/json"},
		"a page with own rules": {url: "https://a.example/", kind: "text/html", own: "default-src 'none'", page: true, hsts: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := ask(wrapped(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if tc.own != "" {
					w.Header().Set("Content-Security-Policy", tc.own)
				}
				w.WriteHeader(http.StatusEarlyHints)
				typed(tc.kind, "x").ServeHTTP(w, r)
			}), WrapOptions{HSTS: month}), "GET", tc.url).Header()
			require.Equal(t, "nosniff", h.Get("X-Content-Type-Options"))
			require.Equal(t, tc.page, h.Get("Referrer-Policy") == "no-referrer")
			require.Equal(t, tc.hsts, h.Get("Strict-Transport-Security") == "max-age=2592000")
			require.Equal(t, tc.page, h.Get("X-Frame-Options") == "DENY")
			policy := h.Get("Content-Security-Policy")
			switch {
			case tc.own != "":
				require.Equal(t, tc.own, policy)
			case tc.page:
				require.Contains(t, policy, "frame-ancestors 'none'")
			default:
				require.Empty(t, policy)
			}
		})
	}
	off := ask(wrapped(t, typed("text/plain", "x"), WrapOptions{}), "GET", "https://a.example/").Header()
	require.Empty(t, off.Get("Strict-Transport-Security"))
}

// unpack undoes a content encoding.
func unpack(t *testing.T, encoding string, b []byte) string {
	t.Helper()
	var r io.Reader = bytes.NewReader(b)
	switch encoding {
	case "gzip":
		g, err := gzip.NewReader(r)
		require.NoError(t, err)
		r = g
	case "zstd":
		z, err := zstd.NewReader(r)
		require.NoError(t, err)
		defer z.Close()
		r = z
	}
	text, err := io.ReadAll(r)
	require.NoError(t, err)
	return string(text)
}

func TestCompression(t *testing.T) {
	t.Parallel()
	long, short := strings.Repeat("meow ", 1000), "meow"
	for name, tc := range map[string]struct {
		kind, text, accept, want string
		method                   string
		length                   bool
	}{
		"not asked for":   {kind: "application/json", text: long},
		"gzip":            {kind: "application/json", text: long, accept: "gzip, deflate", want: "gzip"},
		"zstd":            {kind: "application/json", text: long, accept: "zstd", want: "zstd"},
		"the client's":    {kind: "application/json", text: long, accept: "zstd;q=0.1, gzip", want: "gzip"},
		"either":          {kind: "application/json", text: long, accept: "gzip, zstd, br", want: "zstd"},
		"refused":         {kind: "application/json", text: long, accept: "gzip;q=0, identity"},
		"known length":    {kind: "application/json", text: long, accept: "gzip", want: "gzip", length: true},
		"small":           {kind: "application/json", text: short, accept: "gzip"},
		"small and known": {kind: "application/json", text: short, accept: "gzip", length: true},
		"events":          {kind: "text/event-stream", text: long, accept: "gzip"},
		"packed already":  {kind: "application/zip", text: long, accept: "gzip"},
		"HEAD":            {kind: "application/json", text: long, accept: "gzip", method: "HEAD"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := wrapped(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if tc.length {
					w.Header().Set("Content-Length", "5000")
					if tc.text == short {
						w.Header().Set("Content-Length", "4")
					}
				}
				typed(tc.kind, tc.text).ServeHTTP(w, r)
			}), WrapOptions{CompressFrom: 1 << 10})
			method := "GET"
			if tc.method != "" {
				method = tc.method
			}
			var headers []string
			if tc.accept != "" {
				headers = append(headers, "Accept-Encoding: "+tc.accept)
			}
			res := ask(h, method, "/", headers...)
			require.Equal(t, tc.want, res.Header().Get("Content-Encoding"))
			require.Equal(t, tc.text, unpack(t, tc.want, res.Body.Bytes()))
			require.Contains(t, res.Header().Values("Vary"), "Accept-Encoding")
			if tc.want != "" {
				require.Empty(t, res.Header().Get("Content-Length"))
				require.Less(t, res.Body.Len(), len(tc.text)/2)
			}
		})
	}
	res := ask(wrapped(t, typed("text/plain", long), WrapOptions{}), "GET", "/", "Accept-Encoding: gzip")
	require.Empty(t, res.Header().Get("Content-Encoding"), "off")
}

// TestStreamsAreSentAsTheyAreFlushed reads each part before the next is written.
func TestStreamsAreSentAsTheyAreFlushed(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ kind, accept, encoding string }{
		"lines, zstd":     {"application/x-ndjson", "application/x-ndjson", "zstd"},
		"lines, gzip":     {"application/x-ndjson", "application/x-ndjson", "gzip"},
		"lines, as is":    {"application/x-ndjson", "application/x-ndjson", ""},
		"events, gzip":    {"text/event-stream", "text/event-stream", "gzip"},
		"events, unasked": {"text/event-stream", "*/*", "gzip"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			next := make(chan struct{})
			s := NewHTTPService(HTTPOptions{
				Name: "x", Address: loopback, Grace: time.Minute,
				Handler: wrapped(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					w.Header().Set("Content-Type", tc.kind)
					for i := range 3 {
						_, _ = io.WriteString(w, strings.Repeat("x", i)+"\n")
						if http.NewResponseController(w).Flush() != nil {
							t.Error("no flush")
						}
						<-next
					}
				}), WrapOptions{CompressFrom: 1 << 10, BodyTimeout: time.Minute, HSTS: time.Hour}),
			})
			start(t, s)
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL(), nil)
			require.NoError(t, err)
			req.Header.Set("Accept-Encoding", tc.encoding)
			req.Header.Set("Accept", tc.accept)
			res, err := browser(t, nil).Do(req)
			require.NoError(t, err)
			defer res.Body.Close()
			var body io.Reader = res.Body
			switch res.Header.Get("Content-Encoding") {
			case "gzip":
				body, err = gzip.NewReader(res.Body)
			case "zstd":
				z, failed := zstd.NewReader(res.Body)
				require.NoError(t, failed)
				defer z.Close()
				body = z
			}
			require.NoError(t, err)
			for i := range 3 {
				got := make([]byte, i+1)
				_, err := io.ReadFull(body, got)
				require.NoError(t, err)
				require.Equal(t, strings.Repeat("x", i)+"\n", string(got))
				next <- struct{}{}
			}
			rest, err := io.ReadAll(body)
			require.NoError(t, err)
			require.Empty(t, rest)
		})
	}
}

func TestCORSIsOffUnlessConfigured(t *testing.T) {
	t.Parallel()
	h := wrapped(t, typed("text/plain", "x"), WrapOptions{})
	res := ask(h, "OPTIONS", "/", "Origin: https://a.example", "Access-Control-Request-Method: POST")
	require.Equal(t, "x", res.Body.String(), "the handler sees it")
	require.Empty(t, res.Header().Get("Access-Control-Allow-Origin"))
}

func TestCORS(t *testing.T) {
	t.Parallel()
	log := &lines{}
	h := wrapped(t, typed("text/plain", "x"), WrapOptions{
		Origins: []string{"https://a.example", "http://B.example:8080"},
		Log:     slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	for origin, allowed := range map[string]bool{
		"https://a.example": true, "http://b.example:8080": true,
		"http://a.example": false, "https://a.example:444": false, "https://xa.example": false, "null": false, "": false,
	} {
		header := "X: y"
		if origin != "" {
			header = "Origin: " + origin
		}
		res := ask(h, "GET", "/", header)
		require.Equal(t, "x", res.Body.String())
		require.Equal(t, allowed, res.Header().Get("Access-Control-Allow-Origin") == origin && origin != "")
		require.Contains(t, res.Header().Values("Vary"), "Origin")
		require.Empty(t, res.Header().Get("Access-Control-Allow-Credentials"))

		res = ask(h, "OPTIONS", "/api", header, "Access-Control-Request-Method: POST")
		if origin == "" {
			require.Equal(t, "x", res.Body.String(), "no question of a browser's")
			continue
		}
		require.Equal(t, http.StatusNoContent, res.Code)
		require.Empty(t, res.Body.String())
		require.Equal(t, allowed, res.Header().Get("Access-Control-Allow-Origin") == origin)
		require.Equal(t, allowed, strings.Contains(res.Header().Get("Access-Control-Allow-Methods"), "DELETE"))
		require.Equal(t, allowed, strings.Contains(res.Header().Get("Access-Control-Allow-Headers"), "Authorization"))
	}
	require.Equal(t, 6, strings.Count(log.String(), "msg=request"), "a line for each that the handler doesn't see")
	anybody := wrapped(t, typed("text/plain", "x"), WrapOptions{Origins: []string{"*"}})
	require.Equal(t, "*", ask(anybody, "GET", "/", "Origin: https://z.example").Header().Get("Access-Control-Allow-Origin"))
}

func TestCrossOrigin(t *testing.T) {
	t.Parallel()
	check, err := CrossOrigin([]string{"https://a.example"})
	require.NoError(t, err)
	for name, tc := range map[string]struct {
		method  string
		headers []string
		ok      bool
	}{
		"curl, a driver, a Kyuubi client": {"POST", nil, true},
		"the gateway's own page":          {"POST", []string{"Origin: http://gateway.example", "Sec-Fetch-Site: same-origin"}, true},
		"an old browser's":                {"POST", []string{"Origin: http://gateway.example"}, true},
		"typed into the address bar":      {"POST", []string{"Sec-Fetch-Site: none"}, true},
		"an allowed page":                 {"DELETE", []string{"Origin: https://a.example", "Sec-Fetch-Site: cross-site"}, true},
		"a stranger's page":               {"POST", []string{"Origin: https://evil.example", "Sec-Fetch-Site: cross-site"}, false},
		"a neighbour's":                   {"PUT", []string{"Origin: https://b.gateway.example", "Sec-Fetch-Site: same-site"}, false},
		"a stranger's, old browser":       {"DELETE", []string{"Origin: https://evil.example"}, false},
		"reading":                         {"GET", []string{"Origin: https://evil.example", "Sec-Fetch-Site: cross-site"}, true},
	} {
		r := httptest.NewRequest(tc.method, "http://gateway.example/api/v1/sessions", nil)
		for _, line := range tc.headers {
			key, value, _ := strings.Cut(line, ": ")
			r.Header.Set(key, value)
		}
		err := check(r)
		if tc.ok {
			require.NoError(t, err, name)
			continue
		}
		require.ErrorIs(t, err, sqlerr.Denied, name)
		require.Contains(t, sqlerr.From(err).Message, r.Header.Get("Origin"))
	}
	_, err = CrossOrigin([]string{"a.example"})
	require.ErrorContains(t, err, `"a.example" is no web origin: write it as https://host`)
	anybody, err := CrossOrigin([]string{"*"})
	require.NoError(t, err)
	r := httptest.NewRequest(http.MethodPost, "http://gateway.example/", nil)
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	require.NoError(t, anybody(r))
}

package frontend

import (
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/frontend/lastwords"
)

// An answer that only came with the header timeout would come too late for these.
func TestStrangersAreToldAtOnce(t *testing.T) {
	t.Parallel()
	words := func(first byte) []byte {
		if first == 1 {
			return []byte("no SASL here")
		}
		return nil
	}
	plain := NewRestFrontendService(HTTPOptions{
		Address: loopback, Handler: http.HandlerFunc(hello), Stranger: words, ReadHeaderTimeout: time.Hour, Grace: time.Minute,
	})
	start(t, plain)
	server, _ := newTLS(t)
	secured := NewRestFrontendService(HTTPOptions{
		Address: loopback, Handler: http.HandlerFunc(hello), TLS: server, Stranger: words, ReadHeaderTimeout: time.Hour, Grace: time.Minute,
	})
	start(t, secured)
	for name, tc := range map[string]struct {
		s            *RestFrontendService
		send, answer string
	}{
		"SASL":                {plain, "\x01\x00\x00\x00\x05PLAIN", "no SASL here"},
		"Thrift":              {plain, "\x80\x01\x00\x01", "This port speaks HTTP."},
		"TLS":                 {plain, "\x16\x03\x01\x02\x00", string(lastwords.TLSAlert)},
		"SASL instead of TLS": {secured, "\x01\x00\x00\x00\x05PLAIN", "no SASL here"},
		"HTTP instead of TLS": {secured, "GET / HTTP/1.1\r\n\r\n", "HTTP request to an HTTPS server"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := dial(t, tc.s.Addr())
			_, err := io.WriteString(c, tc.send)
			require.NoError(t, err)
			require.NoError(t, c.SetReadDeadline(time.Now().Add(30*time.Second)))
			got, err := io.ReadAll(c)
			require.NoError(t, err)
			require.Contains(t, string(got), tc.answer)
		})
	}
	_, body, err := fetch(t.Context(), plain.HTTPService)
	require.NoError(t, err)
	require.Equal(t, "meow", body)
}

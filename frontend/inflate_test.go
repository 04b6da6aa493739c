package frontend

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestInflate(t *testing.T) {
	t.Parallel()
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = io.WriteString(z, strings.Repeat("meow", 1000))
	require.NoError(t, z.Close())
	var got []byte
	var failed error
	var left string
	h := wrapped(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		left = r.Header.Get("Content-Encoding")
		got, failed = io.ReadAll(io.LimitReader(r.Body, 4000))
	}), WrapOptions{Inflate: true})
	send := func(encoding, body string) {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		if encoding != "" {
			r.Header.Set("Content-Encoding", encoding)
		}
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
	for range 3 { // the reader is used again, also after it was left in the middle
		send("gzip", packed.String())
		require.NoError(t, failed)
		require.Equal(t, strings.Repeat("meow", 1000), string(got))
		require.Empty(t, left)
	}
	send("", "meow")
	require.Equal(t, "meow", string(got))
	send("identity", "meow")
	require.Equal(t, "meow", string(got))
	require.Empty(t, left)
	send("br", "meow")
	require.Equal(t, "meow", string(got))
	require.Equal(t, "br", left, "it is for the handler to refuse")
	for name, body := range map[string]string{"nothing": "", "no gzip": "what is it then, a cat", "half of it": packed.String()[:packed.Len()/2]} {
		send("gzip", body)
		require.Error(t, failed, name)
	}
}

package webhook_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/batch/webhook"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

func TestHookPosts(t *testing.T) {
	t.Parallel()
	answer := http.StatusNoContent
	var got *http.Request
	var body []byte
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
		w.WriteHeader(answer)
	}))
	defer server.Close()
	h := webhook.New(webhook.Options{URL: server.URL + "/ended?a=b", Secret: "s3cret", Agent: "nekomata/1"})
	defer h.Close()
	require.NoError(t, h.Post(t.Context(), "id-FINISHED", map[string]string{"state": "FINISHED"}))
	require.JSONEq(t, `{"state":"FINISHED"}`, string(body))
	require.Equal(t, "POST /ended?a=b", got.Method+" "+got.RequestURI)
	require.Equal(t, "id-FINISHED", got.Header.Get("Idempotency-Key"))
	require.Equal(t, "application/json", got.Header.Get("Content-Type"))
	require.Equal(t, "nekomata/1", got.UserAgent())
	require.Equal(t, webhook.Signature("s3cret", body), got.Header.Get("X-Nekomata-Signature"))
	// As openssl dgst -sha256 -hmac s3cret says.
	require.Equal(t, "sha256=adbde1ce40c89c14215687d5d762a47df6dfaefcfad61e2e86718ffc8498571b", webhook.Signature("s3cret", []byte("{}")))

	for _, answer = range []int{http.StatusFound, http.StatusBadRequest, http.StatusServiceUnavailable} {
		require.ErrorIs(t, h.Post(t.Context(), "k", nil), sqlerr.Unavailable, answer)
	}
	slow := webhook.New(webhook.Options{URL: "http://127.0.0.1:1/", Timeout: time.Second})
	require.ErrorIs(t, slow.Post(t.Context(), "k", nil), sqlerr.Unavailable)
	require.Empty(t, got.Header.Get("Authorization"))
}

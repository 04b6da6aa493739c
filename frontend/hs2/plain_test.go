package hs2_test

import (
	"context"
	"log/slog"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/frontend/hs2"
)

// refused is what a client sends, what it is told, and what the log is.
type refused struct{ send, answer, log string }

func TestClientsWithoutTLSAreTold(t *testing.T) {
	t.Parallel()
	const words = "this port expects TLS: connect with ssl=true"
	testRefusals(t, (*hs2.Handler).RefusePlain, map[string]refused{
		"SASL":         {saslStep(1, "PLAIN") + saslStep(2, "\x00alice\x00x"), words, words},
		"without SASL": {call(1, "OpenSession", "\x00"), words, words},
		"HTTP":         {"GET / HTTP/1.1\r\n\r\n", "over TLS, not HTTP", "an HTTP request"},
		"garbage":      {"\xde\xad", "", words},
	})
}

func TestClientsBeyondTheLimitAreTold(t *testing.T) {
	t.Parallel()
	const words = "kyuubi.frontend.thrift.max.connections"
	testRefusals(t, (*hs2.Handler).RefuseFull, map[string]refused{
		"SASL":         {send: saslStep(1, "PLAIN") + saslStep(2, "\x00alice\x00x"), answer: words},
		"without SASL": {send: call(1, "OpenSession", "\x00"), answer: words},
		"HTTP":         {send: "GET / HTTP/1.1\r\n\r\n", answer: words},
		"garbage":      {send: "\xde\xad"},
		"nothing":      {},
	})
}

func testRefusals(t *testing.T, refuse func(*hs2.Handler, context.Context, net.Conn), cases map[string]refused) {
	t.Helper()
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log := &logText{}
			h := hs2.New(hs2.Options{Log: slog.New(slog.NewTextHandler(log, nil))})
			l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
			require.NoError(t, err)
			defer l.Close()
			served := make(chan struct{})
			go func() {
				defer close(served)
				c, err := l.Accept()
				if err != nil {
					return
				}
				defer c.Close()
				refuse(h, t.Context(), c)
			}()
			c, err := new(net.Dialer).DialContext(t.Context(), "tcp", l.Addr().String())
			require.NoError(t, err)
			defer c.Close()
			require.NoError(t, c.SetDeadline(time.Now().Add(20*time.Second)))
			got := exchange(t, c, tc.send)
			if tc.answer == "" {
				require.Empty(t, got)
			}
			require.Contains(t, got, tc.answer)
			<-served
			require.Contains(t, log.String(), tc.log)
			require.Equal(t, tc.log == "", log.String() == "")
		})
	}
}

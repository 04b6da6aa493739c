package hs2_test

import (
	"log/slog"
	"testing"

	"github.com/nekomata-sql/nekomata/frontend/hs2"
	"github.com/nekomata-sql/nekomata/thrift/hive"
)

func BenchmarkGetOperationStatus(b *testing.B) {
	s := serve(b, hs2.Options{Log: slog.New(slog.DiscardHandler)})
	c := s.dial(b)
	h := run(b, c, open(b, c), "select 1", false).OperationHandle
	ask := &hive.TGetOperationStatusReq{OperationHandle: h}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.GetOperationStatus(b.Context(), ask); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpenCloseSession(b *testing.B) {
	s := serve(b, hs2.Options{Log: slog.New(slog.DiscardHandler)})
	c := s.dial(b)
	ask := &hive.TOpenSessionReq{ClientProtocol: v10}
	b.ReportAllocs()
	for b.Loop() {
		r, err := c.OpenSession(b.Context(), ask)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := c.CloseSession(b.Context(), &hive.TCloseSessionReq{SessionHandle: r.SessionHandle}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkConnect(b *testing.B) {
	s := serve(b, hs2.Options{Log: slog.New(slog.DiscardHandler)})
	b.ReportAllocs()
	for b.Loop() {
		s.requireServing(b)
	}
}

package metadatatest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/metadata"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// notices has one gateway that leaves notices, and one that doesn't.
func (s *suite) notices(t *testing.T) {
	ctx := t.Context()
	quiet := s.takeOne(t, taker("a"))
	require.NoError(t, s.store.Fail(ctx, quiet.Lease, metadata.Application{}))
	loud := s.opts
	loud.Notices = true
	s.store = Open(t, loud)
	due := func() []metadata.Notice {
		list, err := s.store.Notices(ctx, 9)
		require.NoError(t, err)
		return list
	}
	require.Empty(t, due())

	failed, running := s.takeOne(t, taker("a")), s.takeOne(t, taker("a"))
	require.NoError(t, s.store.MarkRunning(ctx, running.Lease, metadata.Application{}))
	require.NoError(t, s.store.Fail(ctx, failed.Lease, metadata.Application{}))
	require.ErrorIs(t, s.store.Fail(ctx, failed.Lease, metadata.Application{}), sqlerr.Conflict)
	waiting := s.insert(t)
	require.NoError(t, s.store.CancelWaiting(ctx, waiting.ID))
	notices := []metadata.Notice{{ID: failed.ID, State: metadata.Error}, {ID: waiting.ID, State: metadata.Canceled}}
	require.ElementsMatch(t, notices, due())

	require.NoError(t, s.store.PutOff(ctx, notices[0], time.Hour))
	require.Equal(t, notices[1:], due())
	require.NoError(t, s.store.PutOff(ctx, notices[0], -time.Second))
	notices[0].Attempt = 2
	require.Equal(t, notices[0], due()[0])
	require.NoError(t, s.store.Told(ctx, notices[0]))
	require.NoError(t, s.store.Told(ctx, notices[1]))
	require.Empty(t, due())

	// A batch that was forgotten may come again under its id.
	require.NoError(t, s.store.Finish(ctx, running.Lease, metadata.Application{}))
	_, err := s.store.DeleteOlderThan(ctx, time.Now().Add(time.Hour), 99)
	require.NoError(t, err)
	s.insert(t, func(b *metadata.Batch) { b.ID = running.ID })
	require.NoError(t, s.store.CancelWaiting(ctx, running.ID))
	require.Equal(t, []metadata.Notice{{ID: running.ID, State: metadata.Canceled}}, due())
}

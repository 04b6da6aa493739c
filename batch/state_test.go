package batch

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/batch/application"
	"github.com/nekomata-sql/nekomata/metadata"
)

func TestEveryApplicationStateHasAnOutcome(t *testing.T) {
	t.Parallel()
	states := []application.State{
		application.Unknown, application.Pending, application.Running, application.Finished, application.Failed, application.Killed, application.NotFound,
	}
	require.Len(t, outcomes, len(states))
	for _, s := range states {
		o, ok := outcomes[s]
		require.True(t, ok, s)
		require.Equal(t, s.Ended(), o.alone.Terminal(), "%s: a batch ends with its application", s)
		require.Equal(t, s.Ended(), o.killed.Terminal(), s)
		for _, from := range []metadata.State{metadata.Pending, metadata.Running} {
			for _, killed := range []time.Time{{}, time.Now()} {
				for _, id := range []string{"", "app"} {
					h := &held{batch: metadata.Batch{State: from}, killed: killed}
					info := application.Info{ID: id, State: s}
					to := h.next(info)
					require.False(t, from == metadata.Pending && to == metadata.Finished, "the store has no such way")
					require.NotEqual(t, from, to)
					if to != metadata.Running {
						continue
					}
					require.Equal(t, metadata.Pending, from)
					h.batch.State = to
					require.NotEqual(t, metadata.Running, h.next(info), "the second look ends it, or stays")
				}
			}
		}
	}
	require.Equal(t, "what was known", (&held{batch: metadata.Batch{App: metadata.Application{Name: "what was known"}}}).seen(application.Info{}).Name)
}

func TestPace(t *testing.T) {
	t.Parallel()
	p := pace{most: time.Second}
	elapsed := time.Duration(0)
	for range 20 {
		next := p.next()
		require.LessOrEqual(t, next, max(firstLook, elapsed*3/2), "a short job is not noticed late")
		require.LessOrEqual(t, next, time.Second)
		elapsed += next
	}
	require.Equal(t, time.Second, p.next())
	p.restart()
	require.Equal(t, firstLook, p.next())
	require.Equal(t, []time.Duration{time.Second, time.Second, 2 * time.Second, 30 * time.Second, 30 * time.Second},
		[]time.Duration{backOff(0), backOff(1), backOff(2), backOff(6), backOff(100)})
	require.Equal(t, 10*time.Minute, noticeBackOff(1000))
}

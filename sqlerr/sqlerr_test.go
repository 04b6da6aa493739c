package sqlerr_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

func TestEveryKindHasNameStateAndStatus(t *testing.T) {
	t.Parallel()
	state := regexp.MustCompile(`^[0-9A-Z]{5}$`)
	seen := map[string]bool{}
	for _, k := range sqlerr.Kinds() {
		require.NotEmpty(t, k.String())
		require.False(t, seen[k.String()], "two kinds are named %s", k)
		seen[k.String()] = true
		require.Regexp(t, state, k.SQLState(), k.String())
		require.GreaterOrEqual(t, k.HTTPStatus(), 400, k.String())
	}
}

func TestKindIsFoundThroughWrapping(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("open session: %w", sqlerr.New(sqlerr.NotFound, "no session %s", "x"))
	require.ErrorIs(t, err, sqlerr.NotFound)
	require.NotErrorIs(t, err, sqlerr.Exists)
	require.Equal(t, "no session x", sqlerr.From(err).Message)
}

func TestFromHidesWhatIsNotOurs(t *testing.T) {
	t.Parallel()
	require.Nil(t, sqlerr.From(nil))
	e := sqlerr.From(errors.New("dial tcp 10.0.0.7: secret"))
	require.Equal(t, sqlerr.Internal, e.Kind)
	require.NotContains(t, e.Message, "secret")
	require.Contains(t, e.Error(), "secret", "the log needs the cause")
	require.Equal(t, sqlerr.Canceled, sqlerr.From(context.Canceled).Kind)
	require.Equal(t, sqlerr.Timeout, sqlerr.From(fmt.Errorf("x: %w", context.DeadlineExceeded)).Kind)
}

func TestStateDefaultsToTheKinds(t *testing.T) {
	t.Parallel()
	e := sqlerr.New(sqlerr.Invalid, "bad")
	require.Equal(t, "22023", e.SQLState())
	require.Equal(t, "42601", e.WithState("42601").SQLState())
	require.Equal(t, "22023", e.SQLState(), "WithState must copy")
	require.Equal(t, "Internal", sqlerr.Kind(200).String())
}

func TestForOperators(t *testing.T) {
	t.Parallel()
	cause := errors.New("no space left on device")
	for _, k := range sqlerr.Kinds() {
		level, ok := sqlerr.New(k, "why").ForOperators()
		require.Equal(t, k == sqlerr.Internal, ok, k)
		caused, withCause := sqlerr.Wrap(cause, k, "why").ForOperators()
		require.Equal(t, k == sqlerr.Internal || k == sqlerr.Unavailable || k == sqlerr.Exhausted, withCause, k)
		if k == sqlerr.Internal {
			require.Equal(t, slog.LevelError, level)
		} else if withCause {
			require.Equal(t, slog.LevelWarn, caused)
		}
	}
}

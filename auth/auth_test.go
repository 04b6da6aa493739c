package auth_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/auth"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

func TestNoneBelievesEveryName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"ann": "ann", "": auth.Anonymous} {
		p, err := auth.None{}.Authenticate(t.Context(), name, "whatever")
		require.NoError(t, err)
		require.Equal(t, want, p.User)
		require.True(t, p.Admin)
	}
}

func TestNoCallerIsNeverEverybody(t *testing.T) {
	t.Parallel()
	_, err := auth.FromContext(t.Context())
	require.ErrorIs(t, err, sqlerr.Unauthenticated)
	p, err := auth.FromContext(auth.NewContext(t.Context(), auth.Principal{User: "ann"}))
	require.NoError(t, err)
	require.Equal(t, auth.Principal{User: "ann"}, p)
}

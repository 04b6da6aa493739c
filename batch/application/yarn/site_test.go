package yarn

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

func TestAddressesOfASite(t *testing.T) {
	t.Parallel()
	p := func(name, value string) string {
		return "<property><name>" + name + "</name><value>" + value + "</value></property>"
	}
	const rm = "yarn.resourcemanager."
	for name, test := range map[string]struct {
		properties string
		want       []string
	}{
		"nothing":     {"", nil},
		"a host":      {p(rm+"hostname", " rm "), []string{"http://rm:8088"}},
		"an address":  {p(rm+"hostname", "rm") + p(rm+"webapp.address", "${yarn.resourcemanager.hostname}:80"), []string{"http://rm:80"}},
		"https":       {p(rm+"hostname", "rm") + p("yarn.http.policy", "HTTPS_ONLY"), []string{"https://rm:8090"}},
		"two":         {p(rm+"ha.enabled", "true") + p(rm+"ha.rm-ids", "a, b") + p(rm+"hostname.a", "rm1") + p(rm+"webapp.address.b", "rm2:99"), []string{"http://rm1:8088", "http://rm2:99"}},
		"itself":      {p(rm+"hostname", "${yarn.resourcemanager.hostname}"), []string{"http://${yarn.resourcemanager.hostname}:8088"}},
		"not by name": {p("hostname", "rm"), nil},
	} {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, "yarn-site.xml"), []byte(`<?xml version="1.0"?><configuration>`+test.properties+`</configuration>`), 0o600))
		got, err := Addresses(dir)
		require.NoError(t, err, name)
		require.Equal(t, test.want, got, name)
	}
	dir := t.TempDir()
	got, err := Addresses(dir)
	require.NoError(t, err, "without a file")
	require.Empty(t, got)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "yarn-site.xml"), []byte("yarn: no"), 0o600))
	_, err = Addresses(dir)
	require.ErrorIs(t, err, sqlerr.Invalid)
}

package session

import (
	"log/slog"
	"maps"
	"strings"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// Settings is a client's configuration map, sorted out.
type Settings struct {
	// Conf has the settings without prefixes.
	Conf map[string]string
	// Vars has the Hive variables (set:hivevar:) alone; they are in Conf too.
	Vars map[string]string
	// Database is the schema to start in (use:database); empty means the default.
	Database string
	// Catalog is the catalog to start in (use:catalog); empty means the default.
	Catalog string
}

// Keys that the server sets in every session's conf, whatever the client sent.
const (
	KeyClientAddress = "kyuubi.client.ipAddress"
	KeyServerAddress = "kyuubi.server.ipAddress"
	KeyConnectionURL = "kyuubi.session.connection.url"
	KeyRealUser      = "kyuubi.session.real.user"
	// KeyName is the client's name for its session.
	KeyName = "kyuubi.session.name"
)

// keyList holds exact keys and prefixes ("abc.*").
type keyList []string

func (l keyList) has(key string) bool {
	for _, k := range l {
		if p, ok := strings.CutSuffix(k, ".*"); ok && strings.HasPrefix(key, p+".") || k == key {
			return true
		}
	}
	return false
}

// normalize sorts out what a client sent. A key on the restrict list, and any
// attempt to set the environment, is Denied; one on the ignore list is dropped.
func normalize(sent map[string]string, restrict, ignore keyList, log *slog.Logger) (Settings, error) {
	s := Settings{Conf: make(map[string]string, len(sent)+4), Vars: map[string]string{}}
	for sentKey, value := range sent {
		switch sentKey {
		case "use:database":
			s.Database = value
			continue
		case "use:catalog":
			s.Catalog = value
			continue
		}
		key, variable, err := bareKey(sentKey)
		switch {
		case err != nil:
			return Settings{}, err
		case restrict.has(key):
			return Settings{}, sqlerr.New(sqlerr.Denied, "%s is a restrict key according to the server-side configuration "+
				"(kyuubi.session.conf.restrict.list), please remove it and retry if you want to proceed", key)
		case ignore.has(key):
			log.Warn("session setting ignored (kyuubi.session.conf.ignore.list)", "key", key)
			continue
		}
		s.Conf[key] = value
		if variable {
			s.Vars[key] = value
		}
	}
	return s, nil
}

// bareKey strips the prefixes that Hive's clients use. variable says that the
// key names a Hive variable.
func bareKey(sent string) (key string, variable bool, err error) {
	key, set := strings.CutPrefix(sent, "set:")
	if !set {
		return sent, false, nil
	}
	if strings.HasPrefix(key, "env:") {
		return "", false, sqlerr.New(sqlerr.Denied, "%s is forbidden: env:* variables can not be set", sent)
	}
	if bare, ok := strings.CutPrefix(key, "hivevar:"); ok {
		return bare, true, nil
	}
	for _, p := range []string{"hiveconf:", "system:", "metaconf:"} {
		if bare, ok := strings.CutPrefix(key, p); ok {
			return bare, false, nil
		}
	}
	return key, false, nil
}

// seal adds what the server knows better than the client.
func (s *Settings) seal(req Request) {
	maps.Copy(s.Conf, map[string]string{
		KeyClientAddress: req.ClientAddress,
		KeyServerAddress: req.ServerAddress,
		KeyConnectionURL: req.ConnectionURL,
		KeyRealUser:      req.RealUser,
	})
}

package yarn

import (
	"encoding/xml"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// Addresses reads the addresses of the ResourceManagers' web services from
// yarn-site.xml in a directory. Without such a file, or any address in it, there
// are none.
func Addresses(dir string) ([]string, error) {
	path := filepath.Join(dir, "yarn-site.xml")
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, sqlerr.Wrap(err, sqlerr.Invalid, "%s can't be read: %v", path, err)
	}
	var file struct {
		Properties []struct {
			Name  string `xml:"name"`
			Value string `xml:"value"`
		} `xml:"property"`
	}
	if err := xml.Unmarshal(text, &file); err != nil {
		return nil, sqlerr.Wrap(err, sqlerr.Invalid, "%s is no configuration of Hadoop: %v", path, err)
	}
	s := site{}
	for _, p := range file.Properties {
		s[strings.TrimSpace(p.Name)] = strings.TrimSpace(p.Value)
	}
	return s.addresses(), nil
}

// site is what a yarn-site.xml sets.
type site map[string]string

const managerPrefix = "yarn.resourcemanager."

func (s site) addresses() []string {
	suffixes := []string{""}
	if s.get(managerPrefix+"ha.enabled") == "true" {
		suffixes = nil
		for id := range strings.SplitSeq(s.get(managerPrefix+"ha.rm-ids"), ",") {
			if id = strings.TrimSpace(id); id != "" {
				suffixes = append(suffixes, "."+id)
			}
		}
	}
	scheme, key, port := "http://", "webapp.address", ":8088"
	if s.get("yarn.http.policy") == "HTTPS_ONLY" {
		scheme, key, port = "https://", "webapp.https.address", ":8090"
	}
	var found []string
	for _, suffix := range suffixes {
		if address := s.get(managerPrefix + key + suffix); address != "" {
			found = append(found, scheme+address)
		} else if host := s.get(managerPrefix + "hostname" + suffix); host != "" {
			found = append(found, scheme+host+port)
		}
	}
	return found
}

var variable = regexp.MustCompile(`\$\{[^}$\s]+\}`)

// get is a value, with the other properties that it names put in.
func (s site) get(name string) string {
	value := s[name]
	for range 20 { // as often as Hadoop does
		next := variable.ReplaceAllStringFunc(value, func(v string) string {
			if known, ok := s[v[2:len(v)-1]]; ok {
				return known
			}
			return v
		})
		if next == value {
			break
		}
		value = next
	}
	return value
}

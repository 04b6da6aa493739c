package config

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strings"

	"github.com/magiconair/properties"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// Sources is where settings come from. Later ones win: the files in their order,
// the environment, the flags in their order, DataDir.
type Sources struct {
	// Files are the names of files in the form of kyuubi-defaults.conf.
	Files []string
	// Environ is the environment, as os.Environ has it.
	Environ []string
	// Flags are "key=value" texts, as given to --conf.
	Flags []string
	// DataDir is what was given to --data-dir; empty when it was not.
	DataDir string
}

// given is one setting as somebody wrote it.
type given struct {
	key, value string
	origin     Origin
}

// parseFile reads a file in the form of kyuubi-defaults.conf: Java properties,
// in UTF-8, ${...} left as it is. Each line goes through the properties parser
// by itself, so that every setting knows where it stands.
func parseFile(name, text string) ([]given, []error) {
	var (
		all  []given
		errs []error
	)
	for _, line := range logicalLines(text) {
		loader := properties.Loader{Encoding: properties.UTF8, DisableExpansion: true}
		p, err := loader.LoadBytes([]byte(line.text))
		if err != nil {
			errs = append(errs, sqlerr.Wrap(err, sqlerr.Invalid,
				"%s:%d: the line can't be read; write key=value, and \\\\ for a backslash", name, line.number))
			continue
		}
		for _, key := range p.Keys() {
			value, _ := p.Get(key)
			all = append(all, given{key, strings.TrimSpace(value), Origin{Kind: FromFile, Name: name, Line: line.number}})
		}
	}
	return all, errs
}

// logicalLine is a line with those that continue it.
type logicalLine struct {
	text   string
	number int // of its first line, from 1
}

// logicalLines splits text, joins lines that end in a backslash with the next,
// and leaves out comments.
func logicalLines(text string) []logicalLine {
	var (
		all  []logicalLine
		open bool // whether the last line goes on
	)
	text = strings.TrimPrefix(text, "\ufeff")
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimLeft(line, " \t\f")
		continues := (len(line)-len(strings.TrimRight(line, `\`)))%2 == 1
		switch {
		case open:
			all[len(all)-1].text += "\n" + line
		case line == "" || line[0] == '#' || line[0] == '!':
			continue
		default:
			all = append(all, logicalLine{line, i + 1})
		}
		open = continues
	}
	return all
}

// Kubernetes sets such variables for a service called nekomata-kyuubi.
var kubernetesService = regexp.MustCompile(`_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT|PORT_\d+_(TCP|UDP|SCTP)(_PROTO|_PORT|_ADDR)?)$`)

// fromEnviron finds the settings among the environment's variables. Those that
// do not begin as a setting's do are somebody else's.
func (r *Registry) fromEnviron(environ []string) (all []given, errs []error) {
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(name, envPrefix) {
			continue
		}
		if key := r.env[name]; key != "" {
			all = append(all, given{key, strings.TrimSpace(value), Origin{Kind: FromEnvironment, Name: name}})
			continue
		}
		if strings.HasPrefix(name, envPrefix+"KYUUBI_") && !kubernetesService.MatchString(name) {
			errs = append(errs, unknown(name, Origin{Kind: FromEnvironment, Name: name}, r.nearestEnv(name)))
		}
	}
	return all, errs
}

func (r *Registry) nearestEnv(name string) string {
	names := make([]string, 0, len(r.env))
	for _, key := range r.known() {
		names = append(names, EnvName(key))
	}
	return nearest(name, names)
}

// fromFlags splits "key=value" texts.
func fromFlags(flags []string) (all []given, errs []error) {
	for _, flag := range flags {
		key, value, ok := strings.Cut(flag, "=")
		if key = strings.TrimSpace(key); !ok || key == "" {
			errs = append(errs, sqlerr.New(sqlerr.Invalid, "--conf %s: write it as key=value", flag))
			continue
		}
		all = append(all, given{key, strings.TrimSpace(value), Origin{Kind: FromFlag, Name: "--conf"}})
	}
	return all, errs
}

// collect reads all sources, in the order of their weight.
func (r *Registry) collect(s Sources) (all []given, errs []error) {
	for _, name := range s.Files {
		text, err := os.ReadFile(name)
		if err != nil {
			errs = append(errs, sqlerr.New(sqlerr.Invalid, "the configuration file %s can't be read: %s", name, unreadable(err)))
			continue
		}
		if bytes.IndexByte(text, 0) >= 0 { // UTF-16, most likely, none of whose keys would be ours
			errs = append(errs, sqlerr.New(sqlerr.Invalid, "the configuration file %s is no text in UTF-8: save it as such", name))
			continue
		}
		some, bad := parseFile(name, string(text))
		all, errs = append(all, some...), append(errs, bad...)
	}
	some, bad := r.fromEnviron(s.Environ)
	all, errs = append(all, some...), append(errs, bad...)
	some, bad = fromFlags(s.Flags)
	all, errs = append(all, some...), append(errs, bad...)
	if s.DataDir != "" {
		all = append(all, given{DataDir.key, s.DataDir, Origin{Kind: FromFlag, Name: "--data-dir"}})
	}
	return all, errs
}

// unreadable is why a file can't be read, without its name.
func unreadable(err error) error {
	if p := new(fs.PathError); errors.As(err, &p) {
		return p.Err
	}
	return err
}

// Origin says where a value comes from.
type Origin struct {
	Kind OriginKind
	// Name is the file, the environment variable, the flag or the other setting.
	Name string
	// Line is the line in the file.
	Line int
}

// OriginKind is a sort of source.
type OriginKind uint8

// The kinds, in the order of their weight.
const (
	// FromDefault is a value that nobody has set.
	FromDefault OriginKind = iota
	// FromSetting is the value of another setting, which this one falls back to.
	FromSetting
	// FromFile is a line of a file.
	FromFile
	// FromEnvironment is a variable.
	FromEnvironment
	// FromFlag is an argument of the program.
	FromFlag
)

// String names the source, such as "conf/kyuubi-defaults.conf:12".
func (o Origin) String() string {
	switch o.Kind {
	case FromSetting:
		return "as " + o.Name
	case FromFile:
		return fmt.Sprintf("%s:%d", o.Name, o.Line)
	case FromEnvironment, FromFlag:
		return o.Name
	default:
		return "default"
	}
}

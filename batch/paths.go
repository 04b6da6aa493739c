package batch

import (
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// Paths says which local files a batch may use.
type Paths struct {
	// Allowed are directories; empty allows all.
	Allowed []string
	// Keys are settings that hold paths, with commas between, besides the known ones.
	Keys []string
}

// pathKeys are Spark's settings that hold files of the machine that submits.
var pathKeys = []string{
	"spark.files", "spark.jars", "spark.archives", "spark.submit.pyFiles",
	"spark.yarn.jars", "spark.yarn.archive", "spark.yarn.dist.files", "spark.yarn.dist.pyFiles", "spark.yarn.dist.jars", "spark.yarn.dist.archives",
	"spark.kerberos.keytab", "spark.yarn.keytab", "spark.kubernetes.driver.podTemplateFile", "spark.kubernetes.executor.podTemplateFile",
}

// check refuses a request that names a file outside of the allowed directories.
func (p Paths) check(req *Request) error {
	if len(p.Allowed) == 0 {
		return nil
	}
	if err := p.allow("resource", req.Resource); err != nil {
		return err
	}
	for key, value := range req.Conf {
		if !p.holdsPaths(key) {
			continue
		}
		for path := range strings.SplitSeq(value, ",") {
			if err := p.allow(key, strings.TrimSpace(path)); err != nil {
				return err
			}
		}
	}
	return nil
}

// holdsPaths says whether a setting holds paths. Spark gets keys without its prefix
// with it.
func (p Paths) holdsPaths(key string) bool {
	for _, k := range []string{key, "spark." + key} {
		if slices.Contains(pathKeys, k) || slices.Contains(p.Keys, k) {
			return true
		}
	}
	return false
}

// allow refuses a local path outside of the allowed directories, by whatever way
// it leads there.
func (p Paths) allow(what, text string) error {
	path, local := localPath(text)
	if !local {
		return nil
	}
	denied := sqlerr.New(sqlerr.Denied, "%s: the file %s to access is not in the local dir allow list (kyuubi.session.local.dir.allow.list): %s",
		what, text, strings.Join(p.Allowed, ", "))
	if !filepath.IsAbs(path) {
		return denied
	}
	ways := []string{resolve(filepath.Clean(path)), opened(path)} // a/link/.. is not a
	for _, dir := range p.Allowed {
		dir = resolve(filepath.Clean(dir))
		if !slices.ContainsFunc(ways, func(way string) bool { return !within(way, dir) }) {
			return nil
		}
	}
	return denied
}

// noFiles are resources that are classes of Spark's own.
var noFiles = []string{"spark-internal", "spark-shell", "pyspark-shell", "sparkr-shell"}

// localPath is the path of a file of this machine. local is false for what is
// elsewhere, or is no file. Kyuubi lets local: pass, which means the machine, or the
// image, that the job runs in.
func localPath(text string) (path string, local bool) {
	switch {
	case text == "", slices.Contains(noFiles, text):
		return "", false
	case !strings.Contains(text, ":"):
		path, _, _ = strings.Cut(text, "#") // the name that an archive gets
		return path, true
	}
	u, err := url.Parse(text)
	if err != nil { // nobody knows what Spark will make of it
		return text, true
	}
	switch strings.ToLower(u.Scheme) {
	case "", "file":
		if u.Opaque != "" {
			return u.Opaque, true
		}
		return u.Path, true
	default:
		return "", false
	}
}

// resolve follows the links of as much of a clean path as there is.
func resolve(path string) string {
	rest := ""
	for at := path; ; at = filepath.Dir(at) {
		if truly, err := filepath.EvalSymlinks(at); err == nil {
			return filepath.Join(truly, rest)
		}
		if _, err := os.Lstat(at); err == nil { // a link to nowhere: where it leads can't be told
			return ""
		}
		if at == filepath.Dir(at) {
			return path
		}
		rest = filepath.Join(filepath.Base(at), rest)
	}
}

// opened is where the system would find a path, whose links it follows before it goes up
// again, as far as there is something.
func opened(path string) string {
	rest := ""
	for at := path; at != ""; {
		if truly, err := filepath.EvalSymlinks(at); err == nil {
			return filepath.Join(truly, rest)
		}
		i := strings.LastIndexByte(at, '/')
		at, rest = at[:max(i, 0)], filepath.Join(at[i+1:], rest)
	}
	return filepath.Join("/", rest)
}

func within(path, dir string) bool {
	if path == "" || dir == "" {
		return false
	}
	rel, err := filepath.Rel(dir, path)
	return err == nil && filepath.IsLocal(rel)
}

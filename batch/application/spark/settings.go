package spark

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/nekomata-sql/nekomata/batch/application"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// Settings by which a job is found in its cluster.
const (
	yarnTags = "spark.yarn.tags"
	podLabel = "spark.kubernetes.driver.label.kyuubi-unique-tag"
)

// settings are a batch's settings under the names that Spark takes, with its name
// and the tags.
func (a *Application) settings(job application.Job) map[string]string {
	conf := map[string]string{"spark.yarn.maxAppAttempts": "1"}
	for key, value := range job.Conf {
		// A setting that is there under both names counts as Spark calls it.
		if _, both := job.Conf[sparkKey(key)]; !strings.HasPrefix(key, EnvPrefix) && (!both || key == sparkKey(key)) {
			conf[sparkKey(key)] = value
		}
	}
	if job.Name != "" {
		conf["spark.app.name"] = job.Name
	}
	tags := "KYUUBI," + job.ID
	if own := conf[yarnTags]; own != "" {
		tags = own + "," + tags
	}
	conf[yarnTags], conf[podLabel] = tags, job.ID
	return conf
}

// sparkKey is a key as Spark takes it: all of its settings begin with spark.
func sparkKey(key string) string {
	switch {
	case strings.HasPrefix(key, "spark."):
		return key
	case strings.HasPrefix(key, "hadoop."):
		return "spark.hadoop." + key
	default:
		return "spark." + key
	}
}

// properties is the text of a file of Java properties.
func properties(conf map[string]string) string {
	var b strings.Builder
	for _, key := range slices.Sorted(maps.Keys(conf)) {
		escape(&b, key, true)
		b.WriteByte('=')
		escape(&b, conf[key], false)
		b.WriteByte('\n')
	}
	return b.String()
}

// escape writes a key or a value so that it is read as it was.
func escape(b *strings.Builder, text string, key bool) {
	leading := true
	for _, r := range text {
		switch {
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\f':
			b.WriteString(`\f`)
		case r == '\\', r == ' ' && (key || leading), key && strings.ContainsRune("=:#!", r):
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ' || r > '~':
			for _, unit := range utf16.AppendRune(nil, r) {
				fmt.Fprintf(b, `\u%04x`, unit)
			}
		default:
			b.WriteRune(r)
		}
		leading = false
	}
}

// checkDefaults refuses a job that Spark's own defaults, or its variable MASTER, would
// send to a cluster of which the batch's settings say nothing: nobody would look for it
// there.
func checkDefaults(conf map[string]string, defaults, master string) error {
	const masterKey, modeKey = "spark.master", "spark.submit.deployMode"
	refuse := func(key, value string) error {
		return sqlerr.New(sqlerr.Invalid, "Spark's own defaults say %s=%s, by which the gateway can't find the batch again: "+
			"set it in the batch's conf, or for all as kyuubi.batchConf.spark.%s", key, value, key)
	}
	ours, theirs := conf[masterKey], cmp.Or(property(defaults, masterKey), master)
	if ours == "" && (strings.HasPrefix(theirs, "yarn") || strings.HasPrefix(theirs, "k8s://")) {
		return refuse(masterKey, theirs)
	}
	if mode := property(defaults, modeKey); strings.HasPrefix(ours, "k8s://") && conf[modeKey] == "" && strings.EqualFold(mode, "cluster") {
		return refuse(modeKey, mode)
	}
	return nil
}

// property is the value of a key in the text of a file of Java properties, as far as
// people write them.
func property(text, key string) string {
	value := ""
	for line := range strings.Lines(text) {
		rest, ok := strings.CutPrefix(strings.TrimSpace(line), key)
		if ok && strings.TrimLeft(rest, " \t=:") != rest {
			value = strings.TrimLeft(rest, " \t=:")
		}
	}
	return value
}

// preface says what is submitted, without secrets.
func (a *Application) preface(job application.Job, submit string, args []string, conf map[string]string) []string {
	lines := []string{
		fmt.Sprintf("# batch %s, %s, of %s: %s", job.ID, job.Type, job.User, shown(job.Name)),
		"# " + submit + " " + strings.Join(a.redacted(args), " "),
	}
	for _, key := range slices.Sorted(maps.Keys(conf)) {
		lines = append(lines, "#   "+key+"="+shown(a.opts.Redact(key, conf[key])))
	}
	return append(lines, "")
}

// redacted are arguments as a log may show them: the value after a name that means
// a secret is hidden, as in --password=x and --password x.
func (a *Application) redacted(args []string) []string {
	out := make([]string, len(args))
	secret := false
	for i, arg := range args {
		name, value, assigned := strings.Cut(arg, "=")
		option := strings.TrimLeft(name, "-")
		switch {
		case secret && !strings.HasPrefix(arg, "-"):
			out[i] = a.opts.Redact("password", arg)
		case assigned:
			out[i] = shown(name + "=" + a.opts.Redact(option, value))
		default:
			out[i] = shown(a.opts.Redact("argument", arg))
		}
		secret = !assigned && option != name && a.opts.Redact(option, "x") != "x"
	}
	return out
}

// shown is a text on one line, quoted where it would be misread.
func shown(text string) string {
	if text == "" || strings.ContainsAny(text, " \t\r\n\"'\\") {
		return strconv.Quote(text)
	}
	return text
}

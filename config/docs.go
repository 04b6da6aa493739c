package config

import (
	"fmt"
	"io"
	"strings"
)

const docsHead = `# Configuration

<!-- Written by "go test ./config -run TestDocs -update" from the declarations in config/keys_*.go. Don't edit. -->

Settings come from four places; later ones win:

1. the defaults below;
2. files, ` + "`--config FILE`" + `, in the order given. Their form is that of Kyuubi's
   ` + "`kyuubi-defaults.conf`" + `: ` + "`key value`, `key=value` or `key: value`" + `, comments with ` + "`#` or `!`" + `,
   a backslash at the end of a line joins it with the next;
3. the environment: ` + "`NEKOMATA_`" + ` and the key in upper case with underscores for dots, so
   ` + "`NEKOMATA_KYUUBI_FRONTEND_REST_BIND_PORT`" + ` is ` + "`kyuubi.frontend.rest.bind.port`" + `;
4. the command line: ` + "`--conf key=value`" + `, and ` + "`--data-dir DIR`" + `.

` + "`nekomata config`" + ` shows the values in effect and where each came from.

Keys and defaults are Kyuubi's wherever Kyuubi has the setting, so an existing
` + "`kyuubi-defaults.conf`" + ` works. A ` + "`kyuubi.*`" + ` key that nobody knows is an error; one that Kyuubi
knows but the gateway does not use is a warning (listed at the end of this page). All other keys, such as
` + "`spark.*`" + `, are kept for engines.

**Durations** are ISO-8601 (` + "`PT5S`, `PT0.2S`, `P30D`" + `), a plain number of milliseconds, or ` + "`5s`, `1h30m`" + `.
**Sizes** are bytes, or have a unit: ` + "`64k`, `100m`, `1g`, `1GiB`" + `, all powers of 1024.
**Lists** are separated by commas.
**Paths** that are relative begin in the data directory, which ` + "`{{KYUUBI_HOME}}`" + ` stands for in any value.
**Secrets** are hidden in every output. ` + "`<key>.file`" + ` names a file to read one from (a newline at its end
is dropped), in the environment ` + "`..._FILE`" + `.

Settings of scope *session* are defaults: a client may send its own value for its session.
`

// WriteDocs writes the documentation of all settings, in Markdown.
func (r *Registry) WriteDocs(w io.Writer) error {
	var b strings.Builder
	b.WriteString(docsHead)
	for _, a := range r.areas {
		fmt.Fprintf(&b, "\n## %s\n\n", a.Title)
		if a.Intro != "" {
			fmt.Fprintf(&b, "%s\n\n", a.Intro)
		}
		b.WriteString("| Key | Default | Meaning | Type | Scope | Since |\n|---|---|---|---|---|---|\n")
		for _, s := range a.Settings {
			writeRow(&b, s)
		}
	}
	r.writeDifferences(&b)
	r.writeUnused(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

func writeRow(b *strings.Builder, s Setting) {
	a := s.common()
	meaning := a.doc
	if len(a.limits) > 0 {
		meaning += " Must be " + strings.Join(a.limits, " and ") + "."
	}
	if f := s.fallsBackTo(); f != nil {
		meaning += " Unset: the value of `" + f.Key() + "`, if that is set."
	}
	if a.secret {
		meaning += " Secret; `" + a.key + fileSuffix + "` names a file that holds it."
	}
	if len(a.aliases) > 0 {
		meaning += " Also `" + strings.Join(a.aliases, "`, `") + "`."
	}
	if len(a.retired) > 0 {
		meaning += " Formerly `" + strings.Join(a.retired, "`, `") + "`."
	}
	fmt.Fprintf(b, "| `%s` | %s | %s | %s | %s | %s |\n", a.key, cell(shownDefault(s)), cell(meaning), a.kind, a.scope, a.since)
}

func shownDefault(s Setting) string {
	if text := s.common().defaultText; text != "" {
		return text
	}
	if raw := s.defaultRaw(); raw != "" {
		return "`" + raw + "`"
	}
	return "unset"
}

// cell keeps a text inside a table's cell.
func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

func (r *Registry) writeDifferences(b *strings.Builder) {
	b.WriteString("\n## Where the defaults are not Kyuubi's\n\n| Key | Nekomata | Kyuubi |\n|---|---|---|\n")
	for s := range r.settings {
		if k := s.common().kyuubiDefault; k != "" {
			fmt.Fprintf(b, "| `%s` | %s | %s |\n", s.Key(), cell(shownDefault(s)), cell(k))
		}
	}
	b.WriteString("\nSettings that Kyuubi does not have:\n\n")
	for s := range r.settings {
		if s.common().ours {
			fmt.Fprintf(b, "- `%s`\n", s.Key())
		}
	}
}

func (r *Registry) writeUnused(b *strings.Builder) {
	b.WriteString("\n## Kyuubi's settings that are not used\n\nThey are accepted with a warning. `*` stands for any text; settings with one are kept.\n")
	for line := range strings.Lines(kyuubiKeys) {
		line = strings.TrimSpace(line)
		switch {
		case line == ":":
			return // the rest is used, and documented where it is
		case line == "" || line[0] == '#':
		case line[0] == ':':
			fmt.Fprintf(b, "\n%s:\n\n", upperFirst(strings.TrimSpace(line[1:])))
		default:
			fmt.Fprintf(b, "- `%s`\n", line)
		}
	}
}

func upperFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

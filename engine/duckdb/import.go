package duckdb

import (
	"context"
	"regexp"
	"strings"

	"github.com/nekomata-sql/nekomata/engine"
	"github.com/nekomata-sql/nekomata/engine/duckdb/dialect"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// IMPORT DATABASE runs the statements of two files. DuckDB would run any, and nobody would
// have looked at them: SET GLOBAL, or who the session's user is. So they are read here,
// by DuckDB, which knows what files may be read, and run once they have been looked at.

// imports has the directory.
var imports = regexp.MustCompile(`(?i)^` + gap + `import` + gap + `database` + gap + `'((?:[^']|'')*)'` + gap + `;?` + gap + `$`)

var beginsImport = regexp.MustCompile(`(?i)^` + gap + `import\b`)

// isImport tells whether a statement is one; DuckDB knows more kinds of space than most.
func isImport(sql string) bool {
	return sql != "" && (!isLetter(sql[0]) || sql[0]|0x20 == 'i') && beginsImport.MatchString(sql)
}

// makesElsewhere finds the name, up to its first point, of what is made. A view or macro may
// call what is in the library.
var makesElsewhere = regexp.MustCompile(`(?i)^` + gap + `create` + gap + `(?:or` + gap + `replace` + gap + `)?(?:temp(?:orary)?` + gap + `)?(?:view|macro|function|table)` + gap +
	`(?:if` + gap + `not` + gap + `exists` + gap + `)?("[^"]*"|\w+)`)

// makesDefault finds the schema that is here already.
var makesDefault = regexp.MustCompile(`(?i)^` + gap + `create` + gap + `schema` + gap + `"?` + defaultSchema + `"?` + gap + `$`)

// imported are the statements of an import's file, which must be such as EXPORT DATABASE
// writes.
func imported(text string) ([]string, error) {
	var list []string
	for text != "" {
		end := 0
		for end < len(text) && text[end] != ';' {
			end += element(text[end:])
		}
		sql := text[:min(end, len(text))]
		text = text[min(end+1, len(text)):]
		switch word := firstWord(sql); word {
		case "create", "copy", "insert", "alter", "comment":
		case "":
			if rest := strings.TrimSpace(sql); afterBlank(rest) != "" {
				return nil, notImported(rest)
			}
			continue
		default:
			return nil, notImported(word)
		}
		if makesDefault.MatchString(sql) {
			continue
		}
		if err := permitText(sql); err != nil {
			return nil, err
		}
		if strings.Contains(strings.ToLower(sql), dialect.Library) {
			found := makesElsewhere.FindStringSubmatch(sql)
			if found == nil || strings.EqualFold(strings.Trim(found[1], `"`), dialect.Library) {
				return nil, sqlerr.New(sqlerr.Denied, "the database %s belongs to the gateway: nothing can be imported into it", dialect.Library)
			}
		}
		list = append(list, sql)
	}
	return list, nil
}

func notImported(what string) error {
	const most = 40
	if len(what) > most {
		what = strings.ToValidUTF8(what[:most], "") + "..."
	}
	return sqlerr.New(sqlerr.Denied, "IMPORT DATABASE takes what EXPORT DATABASE writes, statements with CREATE, COPY, INSERT, ALTER and COMMENT, but not %q", what)
}

// importDatabase carries an IMPORT DATABASE out.
func (c *conn) importDatabase(ctx context.Context, p *pass, sql string) (engine.Rows, failure, error) {
	found := imports.FindStringSubmatch(sql)
	if found == nil {
		return nil, failure{}, sqlerr.New(sqlerr.Invalid, "[PARSE_SYNTAX_ERROR] write it as IMPORT DATABASE 'directory'").WithState("42601")
	}
	if p.judge() {
		if err := p.wait(ctx, c); err != nil {
			return nil, failure{}, err
		}
	}
	c.marked = true
	var all []string
	for _, file := range []string{"schema.sql", "load.sql"} {
		rows, f := c.texts("SELECT content FROM read_text('" + strings.TrimRight(found[1], "/") + "/" + file + "')")
		if f.failed() {
			return nil, f, nil
		}
		for _, row := range rows {
			list, err := imported(row[0])
			if err != nil {
				return nil, failure{}, err
			}
			all = append(all, list...)
		}
	}
	for _, one := range all {
		if ctx.Err() != nil {
			return nil, failure{}, ended(ctx)
		}
		if _, f := c.change(one); f.failed() {
			return nil, f, nil
		}
	}
	return nothing(-1), failure{}, nil
}

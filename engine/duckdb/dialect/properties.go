package dialect

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// properties is what Hive remembers of a table and DuckDB has no place for. It
// stands in the table's comment in DuckDB, behind what the user wrote there and
// a separator: so it is made, renamed, dropped and rolled back with the table,
// and goes along in the file.
type properties struct {
	Provider   string            `json:"provider,omitempty"`
	Location   string            `json:"location,omitempty"`
	Partitions []string          `json:"partitions,omitempty"`
	Table      map[string]string `json:"table,omitempty"`
	// Types has Hive's types of columns where DuckDB's say less: varchar(10).
	Types map[string]string `json:"types,omitempty"`
	// Columns has the comments of a view's columns.
	Columns map[string]string `json:"columns,omitempty"`
}

// separator stands between a comment and the properties: the unit separator of
// ASCII, which nobody types.
const separator = "\x1f"

// LengthsMark stands in the comment of each table that remembers types of columns.
const LengthsMark = `"types":{`

// commentOf is an expression for what the user wrote in a comment.
func commentOf(expr string) string {
	return "trim(nullif(split_part(" + expr + ", chr(31), 1), ''))"
}

func (p properties) empty() bool {
	return p.Provider == "" && p.Location == "" && len(p.Partitions)+len(p.Table)+len(p.Types)+len(p.Columns) == 0
}

// text is the comment in DuckDB for a user's comment, nil for none.
func (p properties) text(comment *string) string {
	user := ""
	if comment != nil {
		user = strings.ReplaceAll(*comment, separator, "")
		if user == "" {
			user = " " // an empty comment is not the same as none
		}
	}
	if p.empty() {
		return strings.TrimSpace(user)
	}
	b, err := json.Marshal(p)
	if err != nil {
		return user // strings and maps of them can't fail
	}
	return user + separator + string(b)
}

// parseComment takes a comment in DuckDB apart; what isn't ours is all comment.
func parseComment(text string) (*string, properties) {
	var p properties
	user, rest, found := strings.Cut(text, separator)
	if found && json.Unmarshal([]byte(rest), &p) != nil {
		return &text, properties{}
	}
	if user == "" {
		return nil, p
	}
	user = strings.TrimSpace(user)
	return &user, p
}

// relation is a table or view as the catalog has it.
type relation struct {
	database, schema, table, kind string
	temporary                     bool
	comment                       *string
	properties                    properties
	sql                           string
	rows                          string // "" when not known
	columns                       []column
}

type column struct{ name, duck, comment string }

func (r relation) view() bool { return r.kind == "VIEW" }

func (r relation) name() name {
	if r.temporary {
		return name{"temp", "main", r.table}
	}
	return name{r.database, r.schema, r.table}
}

// hiveType is a column's type in Hive's words.
func (r relation) hiveType(c column) string {
	if t, ok := r.properties.Types[lower(c.name)]; ok {
		return t
	}
	return HiveType(c.duck)
}

// partition tells whether the table is partitioned by a column.
func (r relation) partition(name string) bool {
	return slices.ContainsFunc(r.properties.Partitions, func(p string) bool { return strings.EqualFold(p, name) })
}

// names are the names of those columns that partition the table or don't.
func (r relation) names(partition bool) []string {
	var out []string
	for _, c := range r.columns {
		if r.partition(c.name) == partition {
			out = append(out, c.name)
		}
	}
	return out
}

// setComment is the statement that writes comment and properties back.
func (r relation) setComment(comment *string, p properties) string {
	kind := "TABLE"
	if r.view() {
		kind = "VIEW"
	}
	return "COMMENT ON " + kind + " " + r.name().sql() + " IS " + quote(p.text(comment))
}

// relationSQL asks for everything about the relations that source, a query like
// that of resolve, names: a row a column.
func relationSQL(source string) string {
	return "SELECT o.database_name, o.schema_name, o.table_name, o.kind, CASE WHEN o.temporary THEN 't' ELSE '' END, " +
		`coalesce(o."comment", ''), coalesce(o.sql, ''), coalesce(CAST(o.estimated_size AS VARCHAR), ''), ` +
		`coalesce(c.column_name, ''), coalesce(c.data_type, ''), coalesce(c."comment", '') FROM (` + source + ") o " +
		"LEFT JOIN duckdb_columns() c ON c.database_name = o.database_name AND c.schema_name = o.schema_name " +
		"AND c.table_name = o.table_name ORDER BY o.table_name, o.database_name, o.schema_name, c.column_index"
}

// parseRelations reads the answer to relationSQL.
func parseRelations(rows [][]string) []relation {
	var list []relation
	for _, row := range rows {
		if n := len(list); n == 0 || list[n-1].table != row[2] || list[n-1].schema != row[1] || list[n-1].database != row[0] {
			comment, p := parseComment(row[5])
			list = append(list, relation{
				database: row[0], schema: row[1], table: row[2], kind: row[3], temporary: row[4] != "",
				comment: comment, properties: p, sql: row[6], rows: row[7],
			})
		}
		if row[8] != "" {
			last := &list[len(list)-1]
			note := row[10]
			if note == "" {
				note = last.properties.Columns[lower(row[8])]
			}
			last.columns = append(last.columns, column{row[8], row[9], note})
		}
	}
	return list
}

// withRelation is a plan that needs to know a table or view.
func withRelation(n name, then func(r relation) (Plan, error)) Plan {
	return Plan{NoResult: true, Ask: &Question{SQL: relationSQL(resolve(n)), Then: func(rows [][]string) (Plan, error) {
		list := parseRelations(rows)
		if len(list) == 0 {
			return Plan{}, noTable(n)
		}
		return then(list[0])
	}}}
}

// noTable is the error for a table that isn't there, in the words of Spark and
// of Hive.
func noTable(n name) *sqlerr.Error {
	return sqlerr.New(sqlerr.NotFound, "[TABLE_OR_VIEW_NOT_FOUND] SemanticException Table not found %s",
		strings.Join(n, ".")).WithState("42P01")
}

// pairs are the entries of a map in order of their keys.
func pairs(m map[string]string) [][2]string {
	var out [][2]string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		out = append(out, [2]string{k, m[k]})
	}
	return out
}

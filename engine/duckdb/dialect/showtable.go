package dialect

import (
	"strings"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// showTableExtended plans SHOW TABLE EXTENDED [IN db] LIKE 'pattern': a row a
// table, the last column a text that dbt takes apart.
func showTableExtended(c *cursor) (Plan, bool, error) {
	scope, check, err := c.scope()
	if err != nil {
		return Plan{}, false, err
	}
	if c.word(0) != "like" {
		return Plan{}, false, c.errorf("LIKE and a pattern should stand here")
	}
	c.pos++
	pattern, err := c.str("a pattern")
	if err != nil {
		return Plan{}, false, err
	}
	if c.word(0) == "partition" {
		return Plan{}, false, unsupported("SHOW TABLE EXTENDED of a partition is not supported; see SHOW PARTITIONS")
	}
	if err := c.end(); err != nil {
		return Plan{}, false, err
	}
	source := "FROM " + relations + where(scope, likeHive("table_name", pattern))
	plan := Plan{Ask: &Question{SQL: relationSQL(source), Then: func(rows [][]string) (Plan, error) {
		return extendedPlan(parseRelations(rows)), nil
	}}}
	return checked(check, plan), true, nil
}

// checked asks a check's question before a plan that asks one itself.
func checked(check *Check, plan Plan) Plan {
	if check == nil {
		return plan
	}
	return Plan{NoResult: plan.NoResult, Ask: &Question{SQL: "SELECT 'x' FROM (" + check.SQL + ")", Then: func(rows [][]string) (Plan, error) {
		if len(rows) == 0 {
			return Plan{}, check.Err
		}
		return plan, nil
	}}}
}

// inSchema is a condition for what is in a database.
func inSchema(n name) string {
	scope := "database_name = current_database()"
	if len(n) > 1 {
		scope = "lower(database_name) = lower(" + quote(n[0]) + ")"
	}
	return scope + " AND lower(schema_name) = lower(" + quote(n.last()) + ")"
}

func extendedPlan(list []relation) Plan {
	values := make([]string, 0, len(list)+1)
	for _, r := range list {
		schema, temporary := r.schema, "false"
		if r.temporary {
			schema, temporary = "", "true"
		}
		values = append(values, "("+quote(schema)+", "+quote(r.table)+", "+temporary+", "+quote(information(r))+")")
	}
	limit := ""
	if len(values) == 0 {
		values, limit = append(values, "('', '', false, '')"), " LIMIT 0"
	}
	return Plan{SQL: `FROM (VALUES ` + strings.Join(values, ", ") + `) t(namespace, "tableName", "isTemporary", information)` + limit}
}

// information is the text about a table, in the lines that clients look for.
func information(r relation) string {
	var b strings.Builder
	for _, d := range details(r) {
		b.WriteString(d[0] + ": " + strings.ReplaceAll(d[1], "\n", " ") + "\n")
	}
	if p := r.names(true); len(p) > 0 {
		b.WriteString("Partition Provider: Catalog\nPartition Columns: [`" + strings.Join(p, "`, `") + "`]\n")
	}
	b.WriteString("Schema: root\n")
	for _, col := range r.columns {
		b.WriteString(" |-- " + col.name + ": " + treeType(r.hiveType(col)) + " (nullable = true)\n")
	}
	return b.String() + "\n"
}

// treeType is a type as Spark's trees name it.
func treeType(hive string) string {
	switch hive {
	case "bigint":
		return "long"
	case "int":
		return "integer"
	case "smallint":
		return "short"
	case "tinyint":
		return "byte"
	}
	if base, _, nested := strings.Cut(hive, "<"); nested {
		return base
	}
	return hive
}

// details are what DESCRIBE EXTENDED and SHOW TABLE EXTENDED tell about a table.
// Statistics are left out, since DuckDB doesn't know a table's bytes, and clients
// want both numbers or none. There are no owners.
func details(r relation) [][2]string {
	kind, provider := "MANAGED", r.properties.Provider
	if provider == "" {
		provider = "duckdb"
	}
	if r.view() {
		kind = "VIEW"
	}
	rows := [][2]string{{"Catalog", r.database}, {"Database", r.schema}, {"Table", r.table}, {"Owner", ""}, {"Type", kind}}
	if !r.view() {
		rows = append(rows, [2]string{"Provider", provider})
	}
	comment := ""
	if r.comment != nil {
		comment = *r.comment
	}
	rows = append(rows, [2]string{"Comment", comment})
	if r.view() {
		rows = append(rows, [2]string{"View Text", plainNames(r.sql)})
	}
	var list []string
	for _, p := range pairs(r.properties.Table) {
		list = append(list, p[0]+"="+p[1])
	}
	if len(list) > 0 {
		rows = append(rows, [2]string{"Table Properties", "[" + strings.Join(list, ", ") + "]"})
	}
	if r.properties.Location != "" {
		rows = append(rows, [2]string{"Location", r.properties.Location})
	}
	return rows
}

// showPartitions plans SHOW PARTITIONS t [PARTITION (...)].
func showPartitions(c *cursor) (Plan, bool, error) {
	n, err := c.name("table")
	if err != nil {
		return Plan{}, false, err
	}
	var s spec
	if c.accept("partition") {
		if s, err = c.partitionSpec(); err != nil {
			return Plan{}, false, err
		}
	}
	plan := withRelation(n, func(r relation) (Plan, error) {
		columns := r.names(true)
		if len(columns) == 0 {
			return Plan{}, sqlerr.New(sqlerr.Invalid, "[INVALID_PARTITION_OPERATION] SemanticException Table %s is not a partitioned table",
				strings.Join(n, ".")).WithState("42601")
		}
		parts := make([]string, len(columns))
		for i, col := range columns {
			parts[i] = quote(col+"=") + " || coalesce(CAST(" + quoteName(col) + " AS VARCHAR), '__HIVE_DEFAULT_PARTITION__')"
		}
		return Plan{SQL: `SELECT DISTINCT ` + strings.Join(parts, " || '/' || ") + ` AS "partition" FROM ` + r.name().sql() +
			where(s.conditions...) + " ORDER BY 1"}, nil
	})
	plan.NoResult = false
	return plan, true, c.end()
}

// showProperties plans SHOW TBLPROPERTIES t [('key')].
func showProperties(c *cursor) (Plan, bool, error) {
	n, err := c.name("table")
	if err != nil {
		return Plan{}, false, err
	}
	key := ""
	if c.op("(") {
		if key, err = c.propertyText(); err != nil {
			return Plan{}, false, err
		}
		if !c.op(")") {
			return Plan{}, false, c.errorf("a closing parenthesis should stand here")
		}
	}
	plan := withRelation(n, func(r relation) (Plan, error) {
		var cells [][]string
		for _, p := range pairs(r.properties.Table) {
			if key == "" || key == p[0] {
				cells = append(cells, []string{p[0], p[1]})
			}
		}
		if key != "" && len(cells) == 0 {
			cells = append(cells, []string{key, "Table " + strings.Join(n, ".") + " does not have property: " + key})
		}
		return rows([]string{"key", "value"}, cells...), nil
	})
	plan.NoResult = false
	return plan, true, c.end()
}

// showCreate plans SHOW CREATE TABLE with a text that can be run again.
func showCreate(c *cursor) (Plan, bool, error) {
	n, err := c.name("table")
	if err != nil {
		return Plan{}, false, err
	}
	c.phrase("as", "serde")
	plan := withRelation(n, func(r relation) (Plan, error) {
		return rows([]string{"createtab_stmt"}, []string{createText(r)}), nil
	})
	plan.NoResult = false
	return plan, true, c.end()
}

func createText(r relation) string {
	if r.view() {
		return plainNames(r.sql)
	}
	var b strings.Builder
	temporary, full := "", bareName(r.schema)+"."+bareName(r.table)
	if r.temporary {
		temporary, full = "TEMPORARY ", bareName(r.table)
	}
	b.WriteString("CREATE " + temporary + "TABLE " + full + " (")
	for i, col := range r.columns {
		if i > 0 {
			b.WriteString(",")
		}
		b.WriteString("\n  " + bareName(col.name) + " " + strings.ToUpper(r.hiveType(col)))
		if col.comment != "" {
			b.WriteString(" COMMENT " + hiveQuote(col.comment))
		}
	}
	b.WriteString(")\n")
	if p := r.properties.Provider; p != "" {
		b.WriteString("USING " + p + "\n")
	}
	if p := r.names(true); len(p) > 0 {
		for i := range p {
			p[i] = bareName(p[i])
		}
		b.WriteString("PARTITIONED BY (" + strings.Join(p, ", ") + ")\n")
	}
	if r.comment != nil {
		b.WriteString("COMMENT " + hiveQuote(*r.comment) + "\n")
	}
	if r.properties.Location != "" {
		b.WriteString("LOCATION " + hiveQuote(r.properties.Location) + "\n")
	}
	if list := pairs(r.properties.Table); len(list) > 0 {
		lines := make([]string, len(list))
		for i, p := range list {
			lines[i] = "  " + hiveQuote(p[0]) + " = " + hiveQuote(p[1])
		}
		b.WriteString("TBLPROPERTIES (\n" + strings.Join(lines, ",\n") + ")\n")
	}
	return b.String()
}

// bareName writes a name as Hive does, in backticks if need be.
func bareName(s string) string {
	plain := s != "" && isWordStart(s[0]) && !reserved[lower(s)]
	for i := range len(s) {
		plain = plain && isWordPart(s[i])
	}
	if plain || s == "default" {
		return s
	}
	return "`" + strings.ReplaceAll(s, "`", "``") + "`"
}

// hiveQuote writes a string literal as Hive reads it.
func hiveQuote(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(s) + "'"
}

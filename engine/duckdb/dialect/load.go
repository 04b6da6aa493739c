package dialect

import (
	"slices"
	"strings"
)

// load plans LOAD DATA [LOCAL] INPATH. DuckDB reads the file, and only where the
// engine's list of directories lets it. Of text files every field that can't be
// read as its column's type is NULL, as in Hive.
func load(c *cursor) (Plan, bool, error) {
	if c.word(1) != "data" {
		return Plan{}, false, nil
	}
	c.pos += 2
	c.accept("local")
	if !c.accept("inpath") {
		return Plan{}, false, c.errorf("INPATH should stand here")
	}
	path, err := c.str("a path")
	if err != nil {
		return Plan{}, false, err
	}
	in := insertion{overwrite: c.accept("overwrite"), mode: "static"}
	if !c.phrase("into", "table") {
		return Plan{}, false, c.errorf("INTO TABLE should stand here")
	}
	if in.table, err = c.name("table"); err != nil {
		return Plan{}, false, err
	}
	if c.accept("partition") {
		in.partitioned = true
		if in.spec, err = c.partitionSpec(); err != nil {
			return Plan{}, false, err
		}
	}
	if err := c.end(); err != nil {
		return Plan{}, false, err
	}
	path = strings.TrimPrefix(path, "file://")
	return withRelation(in.table, func(r relation) (Plan, error) {
		in.query = reader(path, r, in.spec)
		return in.plan(r)
	}), true, nil
}

// reader is the query for a file's rows, in the table's format.
func reader(path string, r relation, s spec) string {
	switch p := r.properties.Provider; {
	case p == "parquet" || strings.HasSuffix(path, ".parquet"):
		return "FROM read_parquet(" + quote(path) + ")"
	case p == "json" || p == "jsonfile":
		return "FROM read_json(" + quote(path) + ")"
	}
	delimiter := r.properties.Table["field.delim"]
	if delimiter == "" {
		delimiter = "\x01"
		if r.properties.Provider == "csv" {
			delimiter = ","
		}
	}
	skip := r.properties.Table["skip.header.line.count"]
	if strings.Trim(skip, "0123456789") != "" || skip == "" {
		skip = "0"
	}
	var columns, casts []string
	for _, name := range slices.Concat(r.names(false), r.names(true)) {
		if slices.ContainsFunc(s.columns, func(p string) bool { return strings.EqualFold(p, name) }) {
			continue
		}
		at := slices.IndexFunc(r.columns, func(c column) bool { return c.name == name })
		columns = append(columns, quote(name)+": 'VARCHAR'")
		casts = append(casts, "TRY_CAST("+quoteName(name)+" AS "+r.columns[at].duck+")")
	}
	return "SELECT " + strings.Join(casts, ", ") + " FROM read_csv(" + quote(path) + ", delim = " + quote(delimiter) +
		", columns = {" + strings.Join(columns, ", ") + `}, header = false, auto_detect = false, nullstr = '\N', null_padding = true, skip = ` + skip + ")"
}

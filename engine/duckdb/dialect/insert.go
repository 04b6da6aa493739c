package dialect

import (
	"slices"
	"strings"
)

// staged is where the rows of INSERT OVERWRITE wait: a table of the connection.
const staged = `temp.main."__nekomata_rows"`

// keyOverwrite says whether INSERT OVERWRITE replaces all partitions ("static")
// or those that the new rows are in ("dynamic").
const keyOverwrite = "spark.sql.sources.partitionOverwriteMode"

// insert plans INSERT OVERWRITE and INSERT INTO ... PARTITION; other inserts are
// given back.
func insert(c *cursor, conf settings) (Plan, bool, error) {
	start := c.pos
	c.pos++
	overwrite := c.accept("overwrite")
	if !overwrite && !c.accept("into") {
		c.pos = start
		return Plan{}, false, nil
	}
	if overwrite && (c.word(0) == "directory" || c.word(0) == "local" && c.word(1) == "directory") {
		return Plan{}, false, unsupported("INSERT OVERWRITE DIRECTORY is not supported; COPY (SELECT ...) TO 'file' is")
	}
	c.accept("table")
	n, err := c.name("table")
	if err != nil {
		return Plan{}, false, err
	}
	in := insertion{table: n, overwrite: overwrite, mode: lower(strings.TrimSpace(conf.get(keyOverwrite)))}
	if c.word(0) == "partition" {
		c.pos++
		in.partitioned = true
		if in.spec, err = c.partitionSpec(); err != nil {
			return Plan{}, false, err
		}
		c.phrase("if", "not", "exists")
	} else if !overwrite {
		c.pos = start
		return Plan{}, false, nil
	}
	if c.op("(") && c.word(0) != "select" && c.word(0) != "with" && c.word(0) != "values" {
		var list definition
		if err := c.columnList(&list); err != nil {
			return Plan{}, false, err
		}
		for _, col := range list.columns {
			in.columns = append(in.columns, col.name)
		}
	} else if c.pos > 0 && c.tokens[c.sig[c.pos-1]].Kind == Op && c.prevText() == "(" {
		c.pos--
	}
	c.accept("table") // INSERT OVERWRITE t TABLE s
	if in.query = c.rest(); in.query == "" {
		return Plan{}, false, c.errorf("a query should stand here")
	}
	return withRelation(n, in.plan), true, nil
}

func (c *cursor) prevText() string {
	t := c.tokens[c.sig[c.pos-1]]
	return c.src[t.Off:t.End]
}

// fromFirst refuses Hive's FROM t INSERT ..., which may hold several inserts; other
// statements that begin with FROM are given back.
func fromFirst(c *cursor) (Plan, bool, error) {
	start, depth := c.pos, 0
	defer func() { c.pos = start }()
	for ; !c.done(); c.pos++ {
		t := c.peek(0)
		switch text := c.src[t.Off:t.End]; {
		case t.Kind == Op && text == "(":
			depth++
		case t.Kind == Op && text == ")":
			depth--
		case depth == 0 && c.word(0) == "insert" && (c.word(1) == "into" || c.word(1) == "overwrite"):
			return Plan{}, false, unsupported("FROM ... INSERT is not supported: write INSERT INTO t SELECT ... FROM ..., one statement for each table")
		}
	}
	return Plan{}, false, nil
}

// insertion is an INSERT with Hive's clauses.
type insertion struct {
	table       name
	overwrite   bool
	partitioned bool // PARTITION is there
	spec        spec
	columns     []string // as the statement lists them
	query       string
	mode        string // of overwriting
}

// plan plans the insertion into r. The rows are made before anything is deleted,
// since the query may read the table.
func (in insertion) plan(r relation) (Plan, error) {
	if r.view() {
		return Plan{}, unsupported("%s is a view: nothing can be inserted into it", strings.Join(in.table, "."))
	}
	var fixed, values []string
	for i, col := range in.spec.columns {
		if !slices.ContainsFunc(r.columns, func(c column) bool { return strings.EqualFold(c.name, col) }) {
			return Plan{}, noColumn(col, in.table)
		}
		if v := in.spec.values[i]; v != "" {
			fixed, values = append(fixed, col), append(values, v)
		}
	}
	targets := in.columns
	if targets == nil {
		for _, col := range slices.Concat(r.names(false), r.names(true)) {
			if !slices.ContainsFunc(fixed, func(f string) bool { return strings.EqualFold(f, col) }) {
				targets = append(targets, col)
			}
		}
	}
	list := quoteNames(targets)
	into := "INSERT INTO " + r.name().sql() + " (" + strings.Join(slices.Concat(list, quoteNames(fixed)), ", ") + ") SELECT "
	constants := strings.Join(append([]string{""}, values...), ", ")
	if !in.overwrite {
		return Plan{SQL: into + "*" + constants + " FROM (" + in.query + "\n)", NoResult: true}, nil
	}
	return Plan{
		Before: []string{
			"CREATE OR REPLACE TEMP TABLE \"__nekomata_rows\" AS FROM (" + in.query + "\n) AS q(" + strings.Join(list, ", ") + ")",
			in.deletion(r, fixed, values),
		},
		SQL:      into + strings.Join(list, ", ") + constants + " FROM " + staged,
		After:    []string{"DROP TABLE " + staged},
		NoResult: true,
	}, nil
}

// deletion is the statement that makes room for the staged rows.
func (in insertion) deletion(r relation, fixed, values []string) string {
	var conditions []string
	for i, col := range fixed {
		conditions = append(conditions, "old."+quoteName(col)+" = "+values[i])
	}
	dynamic := in.partitioned && in.mode != "static" || in.mode == "dynamic"
	var same []string
	for _, col := range r.columns {
		loose := r.partition(col.name) || slices.ContainsFunc(in.spec.columns, func(s string) bool { return strings.EqualFold(s, col.name) })
		if loose && !slices.ContainsFunc(fixed, func(f string) bool { return strings.EqualFold(f, col.name) }) {
			same = append(same, "old."+quoteName(col.name)+" IS NOT DISTINCT FROM CAST(new."+quoteName(col.name)+" AS "+col.duck+")")
		}
	}
	if dynamic && len(same) > 0 {
		conditions = append(conditions, "EXISTS (SELECT 1 FROM "+staged+" AS new WHERE "+strings.Join(same, " AND ")+")")
	}
	return "DELETE FROM " + r.name().sql() + " AS old" + where(conditions...)
}

func quoteNames(names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = quoteName(n)
	}
	return out
}

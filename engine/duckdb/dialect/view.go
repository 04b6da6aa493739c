package dialect

import (
	"strings"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// createView plans CREATE VIEW behind the word VIEW. Comments of columns are kept
// as properties: DuckDB knows none for columns of views that have new names.
func createView(c *cursor, head heading) (Plan, bool, error) {
	absent := c.phrase("if", "not", "exists")
	n, err := c.name("view")
	if err != nil {
		return Plan{}, false, err
	}
	var d definition
	if c.op("(") {
		if err := c.columnList(&d); err != nil {
			return Plan{}, false, err
		}
	}
	for {
		ok, err := c.tableClause(&d)
		if err != nil {
			return Plan{}, false, err
		}
		if !ok {
			break
		}
	}
	if !c.accept("as") {
		return Plan{}, false, c.errorf("AS and a query should stand here")
	}
	var names []string
	for _, col := range d.columns {
		names = append(names, quoteName(col.name))
		if col.comment != nil {
			if d.Columns == nil {
				d.Columns = map[string]string{}
			}
			d.Columns[lower(col.name)] = *col.comment
		}
	}
	list := ""
	if len(names) > 0 {
		list = " (" + strings.Join(names, ", ") + ")"
	}
	unsummed := c.unsummed()
	return summing(c.rest(), unsummed, func(query string) Plan {
		plan := Plan{SQL: head.sql("VIEW", absent) + n.sql() + list + " AS " + query, NoResult: true}
		if !absent {
			plan.After = d.remarks(n, "VIEW")
		}
		return plan
	}), true, nil
}

// alterView plans ALTER VIEW ... AS behind the word AS: the view gets another query
// and keeps its comment and properties.
func alterView(c *cursor, n name) (Plan, bool, error) {
	if c.done() {
		return Plan{}, false, c.errorf("a query should stand here")
	}
	query, unsummed := c.rest(), c.unsummed()
	return withRelation(n, func(r relation) (Plan, error) {
		if !r.view() {
			return Plan{}, sqlerr.New(sqlerr.Invalid, "%s is a table: only a view can be altered to another query", r.table).WithState("42809")
		}
		p := r.properties
		p.Columns = nil // they described the columns of the query before
		after := r.setComment(r.comment, p)
		return summing(query, unsummed, func(query string) Plan {
			return Plan{SQL: "CREATE OR REPLACE VIEW " + r.name().sql() + " AS " + query, After: []string{after}, NoResult: true}
		}), nil
	}), true, nil
}

// drop plans DROP of databases, tables and views; other statements are given
// back. DROP TABLE drops a view of the connection too, as Spark does.
func drop(c *cursor) (Plan, bool, error) {
	if w := c.word(1); w == "database" || w == "schema" {
		return dropDatabase(c)
	}
	if c.word(1) != "table" {
		return Plan{}, false, nil
	}
	c.pos += 2
	exists := c.phrase("if", "exists")
	n, err := c.name("table")
	if err != nil {
		return Plan{}, false, err
	}
	c.accept("purge")
	tail := c.rest()
	if tail != "" {
		tail = " " + tail
	}
	table := "DROP TABLE "
	if exists {
		table += "IF EXISTS "
	}
	return Plan{NoResult: true, Ask: &Question{
		SQL: "SELECT kind, CASE WHEN temporary THEN 't' ELSE '' END FROM (" + resolve(n) + ")",
		Then: func(rows [][]string) (Plan, error) {
			if len(rows) > 0 && rows[0][0] == "VIEW" && rows[0][1] != "" {
				return Plan{SQL: "DROP VIEW " + n.sql(), NoResult: true}, nil
			}
			return Plan{SQL: table + n.sql() + tail, NoResult: true}, nil
		},
	}}, true, nil
}

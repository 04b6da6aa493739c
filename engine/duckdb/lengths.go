package duckdb

import (
	"strings"
	"sync/atomic"

	"github.com/nekomata-sql/nekomata/engine/duckdb/dialect"
)

// lengths tells whether a database may have tables whose columns have lengths that only
// their properties remember. Where it has none, no query has to be asked about twice.
type lengths struct{ atomic.Bool }

// watch looks for what makes such tables, or brings them along.
func (l *lengths) watch(p dialect.Plan) {
	if l.Load() {
		return
	}
	for _, list := range [][]string{p.Before, {p.SQL}, p.After} {
		for _, sql := range list {
			switch firstWord(sql) {
			case "attach", "import":
				l.Store(true)
			case "comment":
				if strings.Contains(sql, dialect.LengthsMark) {
					l.Store(true)
				}
			}
		}
	}
}

// findLengths finds the tables that a database has already.
const findLengths = "SELECT 'yes' FROM duckdb_tables() WHERE contains(comment, '" + dialect.LengthsMark + "') LIMIT 1"

package metadata

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/go-sql-driver/mysql"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// migrations are numbered and only go forward. On MySQL each statement commits
// by itself, and one that has run before a crash is known by its error's number;
// on SQLite all of a start's migrations happen together or not at all.
//
//go:embed migrations
var migrations embed.FS

// migration is the connection that migrations run on.
type migration interface {
	queryer
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// migrate brings the tables up to date, while no other gateway does.
func (s *Store) migrate(ctx context.Context) error {
	files, err := fs.ReadDir(migrations, "migrations/"+s.dialect.name)
	if err != nil {
		return err
	}
	return s.dialect.migrating(ctx, func(db migration) error {
		_, err := db.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS nekomata_schema (
			version int NOT NULL PRIMARY KEY, name varchar(255) NOT NULL, applied bigint NOT NULL)`)
		if err != nil {
			return err
		}
		var version int
		err = queryRows(ctx, db, func(r *sql.Rows) error { return r.Scan(&version) }, "SELECT COALESCE(MAX(version), 0) FROM nekomata_schema")
		if err != nil {
			return err
		}
		if version > len(files) {
			return sqlerr.New(sqlerr.Conflict, "its tables are of version %d and this program knows versions up to %d: run the newer nekomata that made them, or use another database",
				version, len(files))
		}
		if version == 0 {
			if err := s.adoptable(ctx, db); err != nil {
				return err
			}
		}
		for i, f := range files[version:] {
			if err := s.apply(ctx, db, version+i+1, f.Name()); err != nil {
				return err
			}
		}
		return nil
	})
}

// adoptable refuses the tables of a Kyuubi before 1.8.
func (s *Store) adoptable(ctx context.Context, db migration) error {
	var columns []string
	err := queryRows(ctx, db, func(r *sql.Rows) error {
		var name string
		err := r.Scan(&name)
		columns = append(columns, strings.ToLower(name))
		return err
	}, s.dialect.columns)
	if err == nil && len(columns) > 0 && !slices.Contains(columns, "priority") {
		return sqlerr.New(sqlerr.Conflict, "its table metadata is older than Kyuubi 1.8: run Kyuubi's own upgrade scripts up to 1.8 first, or use another database")
	}
	return err
}

// apply runs one file and notes that it has.
func (s *Store) apply(ctx context.Context, db migration, version int, name string) error {
	text, err := migrations.ReadFile("migrations/" + s.dialect.name + "/" + name)
	if err != nil {
		return err
	}
	for statement := range strings.SplitSeq(string(text), ";\n") {
		if strings.TrimSpace(statement) == "" {
			continue
		}
		if _, err := db.ExecContext(ctx, statement); err != nil && !s.dialect.done(err) {
			return err
		}
	}
	if _, err := db.ExecContext(ctx, "INSERT INTO nekomata_schema (version, name, applied) VALUES (?, ?, "+s.dialect.now+")", version, name); err != nil {
		return err
	}
	s.opts.Log.Info("metadata store: tables changed", "version", version, "migration", name)
	return nil
}

// unusable says to whoever starts the gateway what is wrong and what to do.
func (s *Store) unusable(err error) error {
	var (
		known *sqlerr.Error
		my    *mysql.MySQLError
	)
	fail := func(kind sqlerr.Kind, mend string, args ...any) error {
		e := sqlerr.New(kind, mend, args...)
		e.Message = urlKey + " = " + strconv.Quote(s.opts.ShownURL) + ": " + s.dialect.where + " can't be used: " + e.Message
		e.Err = err
		return e
	}
	switch {
	case errors.As(err, &known):
		return fail(known.Kind, "%s", known.Message)
	case errors.Is(err, context.Canceled):
		return err
	case errors.As(err, &my) && my.Number == 1049:
		return fail(sqlerr.Invalid, "there is no such database: CREATE DATABASE it, or name another one")
	case errors.As(err, &my) && (my.Number == 1045 || my.Number == 1044 || my.Number == 1142 || my.Number == 1698):
		return fail(sqlerr.Invalid, "the user may not (%s): check %s and its password, and GRANT the user all on the database", my.Message, userKey)
	case errors.As(err, new(*fs.PathError)), errors.Is(err, os.ErrInvalid):
		return fail(sqlerr.Invalid, "%v: make its directory and let this user write there, or name another file", err)
	case s.dialect.name == sqliteName && judge(err).kind == sqlerr.Unavailable:
		return fail(sqlerr.Unavailable, "%v: see that this user may write the file and its directory, that their disk has room and works, "+
			"and that no other program holds the file, or name another one", err)
	case judge(err).kind == sqlerr.Unavailable:
		return fail(sqlerr.Unavailable, "%v: start it, or point to another one", err)
	default:
		return fail(sqlerr.Internal, "%v", err)
	}
}

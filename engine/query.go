package engine

// Query is what a connection can be asked: a statement or one of the metadata
// questions of the Hive protocol. It is sealed: the types of this file are all
// there are.
//
// In patterns "", "*" and "%" match everything, "%" any run, "_" any one
// character, and a backslash takes away their meaning (JDBC's rules). Columns of
// the answers are HiveServer2's.
type Query interface {
	// Name is the operation's type in Kyuubi's words, such as "ExecuteStatement"
	// or "GetTables".
	Name() string
	sealed()
}

type (
	// Statement is SQL as the client wrote it.
	Statement struct {
		SQL string
		// Conf overrides session settings for this statement only.
		Conf map[string]string
	}
	// Catalogs asks for all catalogs.
	Catalogs struct{}
	// Schemas asks for schemas. Schema is a pattern.
	Schemas struct{ Catalog, Schema string }
	// Tables asks for tables and views. Schema and Table are patterns; Types
	// empty means all.
	Tables struct {
		Catalog, Schema, Table string
		Types                  []string
	}
	// TableTypes asks for the kinds of table.
	TableTypes struct{}
	// Columns asks for columns. Schema, Table and Column are patterns.
	Columns struct{ Catalog, Schema, Table, Column string }
	// Functions asks for functions. Schema and Function are patterns.
	Functions struct{ Catalog, Schema, Function string }
	// TypeInfo asks for the data types.
	TypeInfo struct{}
	// PrimaryKeys asks for the primary key of one table.
	PrimaryKeys struct{ Catalog, Schema, Table string }
	// CrossReference asks which foreign keys of one table point to the primary
	// key of another. Either side may be left empty.
	CrossReference struct {
		PrimaryCatalog, PrimarySchema, PrimaryTable string
		ForeignCatalog, ForeignSchema, ForeignTable string
	}
)

// Name is the operation's type.
func (Statement) Name() string { return "ExecuteStatement" }

// Name is the operation's type.
func (Catalogs) Name() string { return "GetCatalogs" }

// Name is the operation's type.
func (Schemas) Name() string { return "GetSchemas" }

// Name is the operation's type.
func (Tables) Name() string { return "GetTables" }

// Name is the operation's type.
func (TableTypes) Name() string { return "GetTableTypes" }

// Name is the operation's type.
func (Columns) Name() string { return "GetColumns" }

// Name is the operation's type.
func (Functions) Name() string { return "GetFunctions" }

// Name is the operation's type.
func (TypeInfo) Name() string { return "GetTypeInfo" }

// Name is the operation's type.
func (PrimaryKeys) Name() string { return "GetPrimaryKeys" }

// Name is the operation's type.
func (CrossReference) Name() string { return "GetCrossReference" }

func (Statement) sealed()      {}
func (Catalogs) sealed()       {}
func (Schemas) sealed()        {}
func (Tables) sealed()         {}
func (TableTypes) sealed()     {}
func (Columns) sealed()        {}
func (Functions) sealed()      {}
func (TypeInfo) sealed()       {}
func (PrimaryKeys) sealed()    {}
func (CrossReference) sealed() {}

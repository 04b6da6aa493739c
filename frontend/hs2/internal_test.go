package hs2

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/engine"
	"github.com/nekomata-sql/nekomata/operation"
	"github.com/nekomata-sql/nekomata/sqlerr"
	tcli "github.com/nekomata-sql/nekomata/thrift/hive"
)

func TestEveryKindHasAStatus(t *testing.T) {
	t.Parallel()
	for _, k := range sqlerr.Kinds() {
		s := status(sqlerr.New(k, "a sentence about %s", k))
		require.Equal(t, tcli.TStatusCode_ERROR_STATUS, s.StatusCode, k)
		require.Equal(t, k.SQLState(), s.GetSqlState(), k)
		require.Equal(t, "a sentence about "+k.String(), s.GetErrorMessage(), k)
		require.True(t, s.IsSetErrorCode(), k)
		require.Nil(t, s.InfoMessages, k)
		require.NotEmpty(t, status(&sqlerr.Error{Kind: k}).GetErrorMessage(), k)
	}
	precise := sqlerr.New(sqlerr.Invalid, "x").WithState("42P01")
	precise.Code = 42
	require.Equal(t, "42P01", status(precise).GetSqlState())
	require.EqualValues(t, 42, status(precise).GetErrorCode())
}

func TestOperationStatesAreTheProtocols(t *testing.T) {
	t.Parallel()
	for s := operation.Initialized; s <= operation.TimedOut; s++ {
		require.Equal(t, s.String()+"_STATE", tcli.TOperationState(s).String())
	}
}

func TestEveryMethodOfTheServiceIsServed(t *testing.T) {
	t.Parallel()
	p := tcli.NewTCLIServiceProcessor(nil).ProcessorMap()
	require.Len(t, methods, len(p))
	for name := range p {
		require.Contains(t, methods, name)
	}
}

func TestHint(t *testing.T) {
	t.Parallel()
	for sql, want := range map[string]hint{
		"": perhaps, "select 1": perhaps, "WITH a AS (select 1) select 1": perhaps, "from t insert into u select 1": perhaps,
		"show tables": perhaps, "set a=b": perhaps, "inserted": perhaps, "/* open": perhaps, "-- only": perhaps,
		"insert into t select 1": noRows, "  \n CREATE\ttable t": noRows, "(drop table t)": noRows,
		"-- insert\n/* x */ ; merge into t": noRows, "use`default`": noRows,
		"insert into t values (1) RETURNING a": perhaps,
	} {
		require.Equal(t, want, resultHint(engine.Statement{SQL: sql}), sql)
	}
	require.Equal(t, perhaps, resultHint(engine.Catalogs{}))
}

func TestParsePlain(t *testing.T) {
	t.Parallel()
	p, err := parsePlain([]byte("z\x00猫\x00p w"))
	require.NoError(t, err)
	require.Equal(t, plain{"z", "猫", "p w"}, p)
	p, err = parsePlain([]byte("u\x00p"))
	require.NoError(t, err)
	require.Equal(t, plain{"", "u", "p"}, p)
	for _, bad := range []string{"", "u", "\x00", "\x00\x00", "z\x00u\x00", "z\x00\x00p", "a\x00b\x00c\x00d", "\xff\x00p"} {
		_, err = parsePlain([]byte(bad))
		require.ErrorIs(t, err, sqlerr.Unauthenticated, "%q", bad)
	}
}

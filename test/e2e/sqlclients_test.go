package e2e

import (
	"os"
	"testing"
	"time"
)

// TestDbt runs the dbt project in dbt/ with python/shop_cases.py: every
// materialization, incremental strategy and kind of test; with `make dbt` every
// file format with every strategy as well.
func TestDbt(t *testing.T) {
	g := server(t)
	host, port := g.address()
	python := need(t, "clients", ".cache", "venv-dbt", "bin", "python")
	runReport(t, command(t, 15*time.Minute, python, "python/shop_cases.py", host, port, "shop", t.TempDir()))
}

// TestSQLAlchemy runs python/sqlalchemy_cases.py with both versions in use.
func TestSQLAlchemy(t *testing.T) {
	g := server(t)
	host, port := g.address()
	for version, venv := range map[string]string{"2": "venv", "1.4": "venv-superset"} {
		t.Run(version, func(t *testing.T) {
			python := need(t, "clients", ".cache", venv, "bin", "python")
			runReport(t, command(t, 3*time.Minute, python, "python/sqlalchemy_cases.py", host, port, "alchemy"))
		})
	}
}

// TestAirflow runs Airflow's two hooks, the second one with the beeline that is here.
func TestAirflow(t *testing.T) {
	dir := t.TempDir()
	g := ownServer(t, "kyuubi.engine.duckdb.allowed.directories="+dir)
	host, port := g.address()
	python := need(t, "clients", ".cache", "venv-airflow", "bin", "python")
	jars := need(t, "clients", ".cache", "java", "beeline-3.1.3")
	runReport(t, command(t, 5*time.Minute, python, "python/airflow_cases.py", host, port, "airflow", dir, jars))
}

// TestSuperset runs Superset's engine spec, models and SQL Lab in one process; `make
// superset` drives the application itself.
func TestSuperset(t *testing.T) {
	g := server(t)
	host, port := g.address()
	python := need(t, "clients", ".cache", "venv-superset", "bin", "python")
	runReport(t, command(t, 5*time.Minute, python, "python/superset_cases.py", host, port, "superset", t.TempDir()))
}

// TestSupersetApplication is what `make superset` runs: it installs Superset's own database,
// starts Superset and drives it by its REST API.
func TestSupersetApplication(t *testing.T) {
	if os.Getenv("E2E_FULL") != "superset" {
		t.Skip("takes minutes; run `make superset`")
	}
	g := server(t)
	host, port := g.address()
	python := need(t, "superset", ".cache", "venv-superset", "bin", "python")
	runReport(t, command(t, 25*time.Minute, python, "-u", "python/superset_app.py", host, port, "board", t.TempDir()))
}

package e2e

import (
	"testing"
	"time"
)

// TestPyHive runs python/pyhive_cases.py.
func TestPyHive(t *testing.T) {
	g := server(t)
	host, port := g.address()
	python := need(t, "clients", ".cache", "venv", "bin", "python")
	runReport(t, command(t, 3*time.Minute, python, "python/pyhive_cases.py", host, port, "pyhive"))
}

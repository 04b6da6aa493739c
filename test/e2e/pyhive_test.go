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

// TestNoSASL runs some cases against a gateway that expects clients without SASL.
func TestNoSASL(t *testing.T) {
	g := ownServer(t, "kyuubi.authentication=NOSASL")
	host, port := g.address()
	python := need(t, "clients", ".cache", "venv", "bin", "python")
	runReport(t, command(t, time.Minute, python, "python/pyhive_cases.py", host, port, "pyhive", "select|types|errors", "NOSASL"))
	for _, version := range jdbcVersions {
		t.Run(version, func(t *testing.T) {
			runReport(t, jdbc(t, version, g, "-Dtester.url.options=;auth=noSasl", "nosasl", "url/database|types/values|results/fetch"))
		})
	}
}

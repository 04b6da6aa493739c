package e2e

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var jdbcVersions = []string{"2.3.9", "3.1.3", "4.0.1", "4.1.0"}

// TestJDBC runs all cases of java/ with each version of Hive's driver.
func TestJDBC(t *testing.T) {
	g := server(t)
	for _, version := range jdbcVersions {
		t.Run(version, func(t *testing.T) {
			runReport(t, jdbc(t, version, g, "-Dtester.url.options=", "jdbc_"+strings.ReplaceAll(version, ".", "_"), ""))
		})
	}
}

// jdbc compiles java/ against a version of the driver and prepares a run of the
// cases that match cases, in a schema of its own.
func jdbc(t *testing.T, version string, g *gateway, property, schema, cases string) *exec.Cmd {
	t.Helper()
	sources, err := filepath.Glob("java/*.java")
	if err != nil || len(sources) == 0 {
		t.Fatalf("no Java sources: %v", err)
	}
	jars := filepath.Join(need(t, "clients", ".cache", "java", "hive-jdbc-"+version), "*")
	classes := t.TempDir()
	compile := command(t, 2*time.Minute, "javac",
		append([]string{"-nowarn", "-encoding", "UTF-8", "-d", classes, "-cp", jars}, sources...)...)
	if out, err := compile.CombinedOutput(); err != nil {
		t.Fatalf("javac: %v\n%s", err, out)
	}
	return command(t, 5*time.Minute, "java", "-Xmx1g", "-Dfile.encoding=UTF-8", "-Dstdout.encoding=UTF-8", "-Duser.timezone=UTC", property,
		"-cp", classes+":"+jars, "Main", g.thrift, schema, cases)
}

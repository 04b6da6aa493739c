package e2e

import (
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestJDBC compiles java/ against each version of Hive's driver and runs all its
// cases.
func TestJDBC(t *testing.T) {
	g := server(t)
	sources, err := filepath.Glob("java/*.java")
	if err != nil || len(sources) == 0 {
		t.Fatalf("no Java sources: %v", err)
	}
	for _, version := range []string{"2.3.9", "3.1.3", "4.0.1", "4.1.0"} {
		t.Run(version, func(t *testing.T) {
			jars := filepath.Join(need(t, "clients", ".cache", "java", "hive-jdbc-"+version), "*")
			classes := t.TempDir()
			compile := command(t, 2*time.Minute, "javac",
				append([]string{"-nowarn", "-encoding", "UTF-8", "-d", classes, "-cp", jars}, sources...)...)
			if out, err := compile.CombinedOutput(); err != nil {
				t.Fatalf("javac: %v\n%s", err, out)
			}
			runReport(t, command(t, 5*time.Minute, "java", "-Xmx1g", "-Dfile.encoding=UTF-8", "-Dstdout.encoding=UTF-8", "-Duser.timezone=UTC",
				"-cp", classes+":"+jars, "Main", g.thrift, "jdbc_"+strings.ReplaceAll(version, ".", "_")))
		})
	}
}

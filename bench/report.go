package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"
)

// results are the measured values by row of the table and by server.
type results struct {
	targets []*target
	rows    []string
	values  map[string]map[*target][]float64
}

func newResults(targets []*target) *results {
	return &results{targets: targets, values: map[string]map[*target][]float64{}}
}

func (r *results) add(row string, t *target, value float64) {
	if r.values[row] == nil {
		r.rows = append(r.rows, row)
		r.values[row] = map[*target][]float64{}
	}
	r.values[row][t] = append(r.values[row][t], value)
}

// cell is the median, with the extremes beside it.
func (r *results) cell(row string, t *target) string {
	values := slices.Sorted(slices.Values(r.values[row][t]))
	switch len(values) {
	case 0:
		return "–"
	case 1:
		return number(values[0])
	}
	return fmt.Sprintf("%s (%s–%s)", number(median(values)), number(values[0]), number(values[len(values)-1]))
}

// beside is the median of the quotients of what was measured in the same rounds.
func (r *results) beside(row string, a, b *target) string {
	ours, theirs := r.values[row][a], r.values[row][b]
	if len(ours) == 0 || len(ours) != len(theirs) {
		return "–"
	}
	var quotients []float64
	for i := range ours {
		if theirs[i] > 0 { // one that got nowhere has no rate
			quotients = append(quotients, ours[i]/theirs[i])
		}
	}
	if len(quotients) == 0 {
		return "–"
	}
	slices.Sort(quotients)
	return number(median(quotients))
}

func median(sorted []float64) float64 {
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

func number(v float64) string {
	switch {
	case v >= 1e6:
		return fmt.Sprintf("%.2f M", v/1e6)
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

// report prints the table and writes it to the file.
func report(o options, targets []*target, r *results) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %s\n\n", time.Now().UTC().Format("2006-01-02 15:04 MST"), machine())
	fmt.Fprintf(&b, "Medians of %d rounds (extremes), interleaved, one server idle while the other is measured; Hive JDBC %s unless said otherwise.\n\n",
		o.rounds, drivers[0])
	b.WriteString("| |")
	for _, t := range targets {
		fmt.Fprintf(&b, " %s |", t.name)
	}
	for _, t := range targets[1:] {
		fmt.Fprintf(&b, " beside %s |", t.name)
	}
	b.WriteString("\n|---|" + strings.Repeat("---:|", 2*len(targets)-1) + "\n")
	for _, row := range r.rows {
		fmt.Fprintf(&b, "| %s |", row)
		for _, t := range targets {
			fmt.Fprintf(&b, " %s |", r.cell(row, t))
		}
		for _, t := range targets[1:] {
			fmt.Fprintf(&b, " %s |", r.beside(row, targets[0], t))
		}
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, "\nBeside: Nekomata's figure divided by the other's in the same round, the median. Command: `make bench ARGS=\"-rounds %d -starts %d\"`\n",
		o.rounds, o.starts)
	return o.print(b.String())
}

// print shows a part of the report and adds it to the file.
func (o options) print(text string) error {
	fmt.Print(text)
	f, err := os.OpenFile(o.out, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

// machine says on what, and with which versions, the figures came to be.
func machine() string {
	cpu := "unknown CPU"
	if info, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if m := regexp.MustCompile(`(?m)^model name\s*: (.+)$`).FindSubmatch(info); m != nil {
			cpu = string(m[1])
		}
	}
	commit, _ := exec.Command("git", "describe", "--always", "--dirty").Output()
	java, _ := exec.Command("java", "-version").CombinedOutput()
	first, _, _ := strings.Cut(string(java), "\n")
	return fmt.Sprintf("%s, %d cores; commit %s, %s, %s, pyspark 4.3.0", cpu, runtime.NumCPU(), strings.TrimSpace(string(commit)), runtime.Version(), first)
}

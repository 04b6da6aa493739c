package hs2

import (
	"fmt"
	"strconv"
	"time"

	"github.com/nekomata-sql/nekomata/operation"
	tcli "github.com/nekomata-sql/nekomata/thrift/hive"
)

// progressHeader is what beeline lays out: exactly nine columns, and nine cells in
// each row, or it dies of a format exception.
var progressHeader = []string{"VERTICES", "MODE", "STATUS", "TOTAL", "COMPLETED", "RUNNING", "PENDING", "FAILED", "KILLED"}

// progress draws the progress bar of a running operation; for all others it says
// that there is none.
func progress(info operation.Info) *tcli.TProgressUpdateResp {
	p := info.Progress
	if p == nil || info.State != operation.Running {
		return &tcli.TProgressUpdateResp{
			HeaderNames: []string{}, Rows: [][]string{}, Status: tcli.TJobExecutionStatus_NOT_AVAILABLE, StartTime: millis(info.Started),
		}
	}
	stage := p.Stage
	if stage == "" {
		stage = "Query"
	}
	pending := max(p.Total-p.Completed-p.Running, 0)
	count := func(n int64) string { return strconv.FormatInt(n, 10) }
	return &tcli.TProgressUpdateResp{
		HeaderNames: progressHeader,
		Rows: [][]string{{
			stage, "engine", "RUNNING", count(p.Total), count(p.Completed), count(p.Running), count(pending), "0", "0",
		}},
		ProgressedPercentage: min(max(p.Fraction, 0), 1),
		Status:               tcli.TJobExecutionStatus_IN_PROGRESS,
		FooterSummary:        fmt.Sprintf("ELAPSED TIME: %.2f s", time.Since(info.Started).Seconds()),
		StartTime:            millis(info.Started),
	}
}

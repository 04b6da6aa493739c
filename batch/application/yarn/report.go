package yarn

import (
	"cmp"
	"slices"
	"strings"

	"github.com/nekomata-sql/nekomata/batch/application"
)

// report is an application as the ResourceManager's REST API has it.
type report struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	State       string `json:"state"`
	FinalStatus string `json:"finalStatus"`
	TrackingURL string `json:"trackingUrl"`
	Diagnostics string `json:"diagnostics"`
	Tags        string `json:"applicationTags"`
	Started     int64  `json:"startedTime"` // milliseconds since 1970
}

func (r report) info() application.Info {
	info := application.Info{ID: r.ID, Name: r.Name, State: r.state()}
	if strings.Contains(r.TrackingURL, "://") { // else it says that there is none
		info.URL = r.TrackingURL
	}
	if info.State != application.Finished {
		info.Diagnostic = strings.TrimSpace(r.Diagnostics)
	}
	return info
}

// state is what the two states of an application mean together.
func (r report) state() application.State {
	switch r.State + "+" + r.FinalStatus {
	case "NEW+UNDEFINED", "NEW_SAVING+UNDEFINED", "SUBMITTED+UNDEFINED", "ACCEPTED+UNDEFINED":
		return application.Pending
	case "RUNNING+UNDEFINED", "RUNNING+SUCCEEDED":
		return application.Running
	case "FINISHED+SUCCEEDED":
		return application.Finished
	case "KILLED+KILLED":
		return application.Killed
	default: // FINISHED or FAILED with FAILED, and what should not be
		return application.Failed
	}
}

// tagged says whether it is tag's. YARN keeps tags in lower case.
func (r report) tagged(tag string) bool {
	return slices.ContainsFunc(strings.Split(r.Tags, ","), func(t string) bool {
		return strings.EqualFold(strings.TrimSpace(t), tag)
	})
}

// inOrder puts the first one first.
func inOrder(reports []report) {
	slices.SortFunc(reports, func(a, b report) int {
		return cmp.Or(cmp.Compare(a.Started, b.Started), strings.Compare(a.ID, b.ID))
	})
}

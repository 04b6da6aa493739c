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

// state is what the two states of an application mean together. While an attempt
// ends, its final status is there before the application's own end: only the latter
// counts, since it may still turn out otherwise.
func (r report) state() application.State {
	switch r.State {
	case "NEW", "NEW_SAVING", "SUBMITTED", "ACCEPTED":
		return application.Pending
	case "RUNNING":
		return application.Running
	case "KILLED":
		return application.Killed
	case "FINISHED":
		if r.FinalStatus == "SUCCEEDED" {
			return application.Finished
		}
	}
	return application.Failed // and what should not be
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

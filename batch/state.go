package batch

import (
	"github.com/nekomata-sql/nekomata/batch/application"
	"github.com/nekomata-sql/nekomata/metadata"
)

// outcome says where a batch goes when its application is in a state: by itself,
// and after somebody asked for its end and it was killed. "" is nowhere yet.
//
// An application that has an id makes its batch RUNNING first, whatever it does
// now: that is when it was opened. The store refuses all ways that don't exist,
// such as any out of a terminal state.
type outcome struct{ alone, killed metadata.State }

var outcomes = map[application.State]outcome{
	application.Unknown:  {"", ""},
	application.Pending:  {"", ""},
	application.Running:  {metadata.Running, metadata.Running},
	application.Finished: {metadata.Finished, metadata.Finished}, // it was faster
	application.Failed:   {metadata.Error, metadata.Canceled},
	application.Killed:   {metadata.Error, metadata.Canceled},
	application.NotFound: {metadata.Error, metadata.Canceled},
}

// next is where the batch goes now; "" is nowhere.
func (h *held) next(info application.Info) metadata.State {
	o := outcomes[info.State]
	to := o.alone
	// Who has killed it may have died before it could say so.
	byAnother := h.canceled.Load() && (info.State == application.Killed || info.State == application.NotFound)
	if !h.killed.IsZero() || byAnother {
		to = o.killed
	}
	known := info.ID != "" && info.State != application.NotFound
	if h.batch.State == metadata.Pending && (known || to == metadata.Finished) {
		return metadata.Running // from where the next look goes on
	}
	if to == h.batch.State {
		return ""
	}
	return to
}

// seen is what the store keeps of an application. What was known once stays: a
// cluster forgets.
func (h *held) seen(info application.Info) metadata.Application {
	a := h.batch.App
	for _, f := range []struct {
		into  *string
		value string
	}{{&a.ID, info.ID}, {&a.Name, info.Name}, {&a.URL, info.URL}, {&a.Diagnostic, info.Diagnostic}} {
		if f.value != "" {
			*f.into = f.value
		}
	}
	if info.State != application.Unknown || a.State == "" {
		a.State = string(info.State)
	}
	if info.State.Ended() && a.Diagnostic == "" {
		a.Diagnostic = h.reason(info.State)
	}
	return a
}

// reason is a diagnostic for an end about which the application says nothing.
func (h *held) reason(s application.State) string {
	switch {
	case h.killNote != "":
		return h.killNote
	case s == application.Killed:
		return "the application was killed"
	case s == application.NotFound:
		return "the application was started, and there is no trace of it"
	case s == application.Failed:
		return "the application failed; its log has more"
	default:
		return ""
	}
}

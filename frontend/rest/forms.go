package rest

import (
	"io"
	"mime"
	"slices"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/nekomata-sql/nekomata/operation"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// encoder writes a stream of rows. An error means that the client has gone.
type encoder interface {
	// page writes rows; those of an earlier page come first.
	page(p *operation.Page) error
	// end writes what comes after the last row, and before the first if there was none.
	end() error
}

// form is one in which a result can be had.
type form struct {
	name      string
	mediaType string   // what the answer says
	accepts   []string // what a client may call it
	stream    func(w io.Writer, schema *arrow.Schema) encoder
}

// forms begins with the one for those who don't care.
var forms = []*form{
	{name: "json", mediaType: "application/json", accepts: []string{"application/json"}},
	{
		name: "ndjson", mediaType: "application/x-ndjson", stream: newNDJSON,
		accepts: []string{"application/x-ndjson", "application/ndjson", "application/jsonl"},
	},
	{name: "csv", mediaType: "text/csv; charset=utf-8; header=present", accepts: []string{"text/csv"}, stream: newCSV},
	{
		name: "arrow", mediaType: "application/vnd.apache.arrow.stream", stream: newArrowStream,
		accepts: []string{"application/vnd.apache.arrow.stream"},
	},
}

// chooseForm is the form that a query's format names, or else the one that the
// Accept header likes best. It fails with NotAcceptable.
func chooseForm(accept []string, format string) (*form, error) {
	if format != "" {
		for _, f := range forms {
			if f.name == format {
				return f, nil
			}
		}
		return nil, sqlerr.New(sqlerr.Invalid, "format must be json, ndjson, csv or arrow, not %q", format)
	}
	ranges := mediaRanges(accept)
	if len(ranges) == 0 {
		return forms[0], nil
	}
	var best *form
	var most liking
	for _, f := range forms {
		if l := f.liked(ranges); l.quality > 0 && (best == nil || l.more(most)) {
			best, most = f, l
		}
	}
	if best == nil {
		return nil, sqlerr.New(sqlerr.NotAcceptable, "a result comes as application/json, application/x-ndjson, text/csv or "+
			"application/vnd.apache.arrow.stream, not as %s", strings.Join(accept, ", "))
	}
	return best, nil
}

// mediaRange is one that a client accepts.
type mediaRange struct {
	mediaType string
	quality   float64
}

// mediaRanges reads an Accept header. What can't be read accepts nothing.
func mediaRanges(accept []string) (ranges []mediaRange) {
	for _, line := range accept {
		for text := range strings.SplitSeq(line, ",") {
			if strings.TrimSpace(text) == "" {
				continue
			}
			r := mediaRange{quality: 1}
			mediaType, params, err := mime.ParseMediaType(text)
			if err == nil {
				r.mediaType = mediaType
			}
			if q, has := params["q"]; has {
				r.quality, _ = strconv.ParseFloat(q, 64)
			}
			ranges = append(ranges, r)
		}
	}
	return ranges
}

// liking is how much a client likes a form: by quality, by how exactly it named
// it, by how early.
type liking struct {
	quality float64
	exact   int
	early   int
}

func (l liking) more(than liking) bool {
	if l.quality != than.quality {
		return l.quality > than.quality
	}
	if l.exact != than.exact {
		return l.exact > than.exact
	}
	return l.early > than.early
}

// liked is what the most exact of the ranges says about f.
func (f *form) liked(ranges []mediaRange) (best liking) {
	for i, r := range ranges {
		l := liking{quality: r.quality, early: -i}
		family, wild := strings.CutSuffix(r.mediaType, "/*")
		switch {
		case slices.Contains(f.accepts, r.mediaType):
			l.exact = 3
		case wild && strings.HasPrefix(f.accepts[0], family+"/"):
			l.exact = 2
		case r.mediaType == "*/*":
			l.exact = 1
		default:
			continue
		}
		if l.exact > best.exact {
			best = l
		}
	}
	return best
}

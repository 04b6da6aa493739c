package frontend

import (
	"net/http"
	"strings"

	"github.com/klauspost/compress/gzhttp"
	"github.com/klauspost/compress/gzip"
)

// eventStream is the type of server-sent events. They are small and must not wait
// for each other.
const eventStream = "text/event-stream"

// varyEncoding is shared: nobody may change its element.
var varyEncoding = []string{"Accept-Encoding"}

// compress compresses answers of from bytes and more for clients that ask for it.
// Speed counts more than size: most clients are near.
func compress(next http.Handler, from int) (http.Handler, error) {
	wrap, err := gzhttp.NewWrapper(
		gzhttp.MinSize(from),
		gzhttp.CompressionLevel(gzip.BestSpeed),
		gzhttp.SetContentType(false),
		gzhttp.DropETag(), // one tag must not name two texts
		gzhttp.ContentTypeFilter(func(kind string) bool {
			return !strings.HasPrefix(kind, eventStream) && gzhttp.DefaultContentTypeFilter(kind)
		}),
	)
	if err != nil {
		return nil, err
	}
	compressed := wrap(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept-Encoding") != "" && !strings.Contains(r.Header.Get("Accept"), eventStream) {
			compressed.ServeHTTP(w, r)
			return
		}
		if h := w.Header(); len(h["Vary"]) == 0 {
			h["Vary"] = varyEncoding
		} else {
			h.Add("Vary", "Accept-Encoding")
		}
		next.ServeHTTP(w, r)
	}), nil
}

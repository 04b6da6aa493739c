package rest

import (
	"math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gorilla/mux"
	"github.com/stretchr/testify/require"
)

// byMux is what mux finds at a path.
func byMux(g *gateway, path string) (here *resource, values []string) {
	var m mux.RouteMatch
	if !g.router.Match(&http.Request{Method: http.MethodGet, URL: &url.URL{Path: path}}, &m) {
		return nil, nil
	}
	here = g.resources[m.Route]
	for _, name := range here.variables {
		values = append(values, m.Vars[name])
	}
	return here, values
}

// TestPathsAreMuxs looks up every route, and many paths that are nearly one, both
// ways.
func TestPathsAreMuxs(t *testing.T) {
	t.Parallel()
	g := open(t, Options{}, nil)
	words := []string{"", "x", ".", "..", "a b", "a\nb", "ü", "{x}", "7e7c8e2e-7c0e-4a3f-8f5e-0d0f5a3c9b11"}
	var templates [][]string
	for _, res := range g.resources {
		parts := strings.Split(res.path, "/")
		templates = append(templates, parts)
		words = append(words, parts...)

		path := regexp.MustCompile(`\{\w+}`).ReplaceAllString(res.path, "x")
		here, values := g.paths.find(path)
		require.Same(t, res, here, path)
		require.Len(t, values, strings.Count(res.path, "{"))
	}
	slices.Sort(words)
	words = slices.Compact(words)
	slices.SortFunc(templates, slices.Compare)
	random := rand.New(rand.NewPCG(1, 2)) // the same each time
	for range 20_000 {
		parts := slices.Clone(templates[random.IntN(len(templates))])
		for range 1 + random.IntN(2) {
			i := random.IntN(len(parts))
			switch word := words[random.IntN(len(words))]; random.IntN(4) {
			case 0:
				parts = slices.Insert(parts, i, word)
			case 1:
				parts = slices.Delete(parts, i, min(len(parts), i+1))
				if len(parts) == 0 {
					parts = []string{word}
				}
			default:
				parts[i] = word
			}
		}
		path := strings.Join(parts, "/")
		want, wanted := byMux(g, path)
		here, values := g.paths.find(path)
		if here == nil {
			continue // mux is asked then
		}
		require.Same(t, want, here, "%q", path)
		require.Equal(t, wanted, values, "%q", path)
	}
}

// TestMuxFindsWhatPathsDoNot takes a route that begins like another one's text, and
// goes on like a variable's.
func TestMuxFindsWhatPathsDoNot(t *testing.T) {
	t.Parallel()
	g := open(t, Options{}, nil)
	const path = "/api/v1/sessions/execPool/log"
	here, _ := g.paths.find(path)
	require.Nil(t, here)
	w := g.call(t, http.StatusBadRequest, http.MethodGet, path, "")
	require.Contains(t, w.Body.String(), `sessionHandle must be a UUID, not \"execPool\"`)
}

func BenchmarkFind(b *testing.B) {
	g := open(b, Options{}, nil)
	for _, path := range []string{"/api/v1/ping", "/api/v1/operations/7e7c8e2e-7c0e-4a3f-8f5e-0d0f5a3c9b11/event"} {
		b.Run("paths "+path[8:12], func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				g.paths.find(path)
			}
		})
		b.Run("mux "+path[8:12], func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				byMux(g, path)
			}
		})
	}
}

package rest

import (
	"net/http"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// Full answers the requests of clients beyond the limit of connections: 503, as JSON. It
// logs nothing.
func Full() http.Handler {
	full := sqlerr.New(sqlerr.Unavailable, "the gateway has as many REST connections as it takes (kyuubi.frontend.rest.max.connections): try again later").
		WithState("53300")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { newContext(w, r, "").render(full) })
}

package rest

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/gorilla/mux"
)

type (
	// endpoint answers one method of one resource. An error that it returns is
	// rendered, so it must not have begun its answer.
	endpoint func(c *APIRequestContext) error
	// methods are what a resource takes.
	methods map[string]endpoint
	// route is a path, behind its group's prefix, and what is there.
	route struct {
		path    string
		methods methods
	}
	// group is routes that share a prefix.
	group struct {
		prefix string
		routes []route
	}
	// resource is a route as the router finds it.
	resource struct {
		path      string
		methods   methods
		allow     string
		variables []string // of the path, in their order
	}
)

// get is the methods of a resource that is only read.
func get(e endpoint) methods { return methods{http.MethodGet: e, http.MethodHead: e} }

func post(e endpoint) methods { return methods{http.MethodPost: e} }

// next is get for a resource that moves a cursor, which HEAD must not.
func next(e endpoint) methods { return methods{http.MethodGet: e} }

func (m methods) and(method string, e endpoint) methods {
	m[method] = e
	return m
}

func (s *server) groups() []group {
	root, sessions, session := apiRoot{s}, sessionList{s}, oneSession{s}
	ops, statement, op, admin := operationList{s}, statement{s}, oneOperation{s}, administration{s}
	token := delegationToken{s}
	return []group{
		{"/api/v1/operations/{operationHandle}", []route{
			{"", methods{http.MethodPut: op.act}},
			{"/event", get(op.event)},
			{"/rowset", next(op.rowset)},
			{"/log", next(op.log)},
			{"/resultsetmetadata", get(op.metadata)},
		}},
		{"/api/v1/sessions", []route{
			{"", get(sessions.list).and(http.MethodPost, sessions.open)},
			{"/count", get(sessions.count)},
			{"/statistic", get(sessions.execPool)},
			{"/execPool/statistic", get(sessions.execPool)},
			{"/infotype", get(sessions.infoTypes)},
			{"/{sessionHandle}", get(session.event).and(http.MethodDelete, session.close)},
			{"/{sessionHandle}/info/{infoType}", get(session.info)},
			{"/{sessionHandle}/log", get(session.log)},
			{"/{sessionHandle}/delegationtoken", next(token.issue)},
			{"/{sessionHandle}/delegationtoken/renew", post(token.renew)},
			{"/{sessionHandle}/delegationtoken/cancel", post(token.cancel)},
			{"/{sessionHandle}/operations", get(ops.list)},
			{"/{sessionHandle}/operations/statement", post(statement.execute)},
			{"/{sessionHandle}/operations/typeInfo", post(ops.typeInfo)},
			{"/{sessionHandle}/operations/catalogs", post(ops.catalogs)},
			{"/{sessionHandle}/operations/schemas", post(ops.schemas)},
			{"/{sessionHandle}/operations/tables", post(ops.tables)},
			{"/{sessionHandle}/operations/tableTypes", post(ops.tableTypes)},
			{"/{sessionHandle}/operations/columns", post(ops.columns)},
			{"/{sessionHandle}/operations/functions", post(ops.functions)},
			{"/{sessionHandle}/operations/primaryKeys", post(ops.primaryKeys)},
			{"/{sessionHandle}/operations/crossReference", post(ops.crossReference)},
		}},
		s.statementGroup(),
		s.batchGroup(),
		{"/api/v1/admin", []route{
			{"/sessions", get(admin.sessions)},
			{"/sessions/{sessionHandle}", methods{http.MethodDelete: admin.closeSession}},
			{"/operations", get(admin.operations)},
			{"/operations/{operationHandle}", methods{http.MethodDelete: admin.closeOperation}},
			{"/engine", get(admin.engines).and(http.MethodDelete, admin.deleteEngine)},
			{"/server", get(admin.servers)},
			{"/batch/count", get(admin.countBatches)},
			{"/batches/{batchId}/adopt", post(admin.adoptBatch)},
			{"/refresh/hadoop_conf", post(admin.refreshNothing("hadoop_conf"))},
			{"/refresh/kubernetes_conf", post(admin.refreshNothing("kubernetes_conf"))},
			{"/refresh/user_defaults_conf", post(admin.refreshNothing("user_defaults_conf"))},
			{"/refresh/unlimited_users", post(admin.refresh("unlimited_users"))},
			{"/refresh/deny_users", post(admin.refresh("deny_users"))},
			{"/refresh/deny_ips", post(admin.refresh("deny_ips"))},
		}},
		{"/api", []route{
			{"/v1/ping", get(root.ping)},
			{"/v1/version", get(root.version)},
			{"/v1/webui/config", get(root.webUIConfig)},
			{"/docs", get(root.docs)},
			{"/docs/page.css", get(root.docsCSS)},
			{"/openapi.json", get(root.openAPIJSON)},
			{"/openapi.yaml", get(root.openAPIYAML)},
		}},
	}
}

// route fills the router. Paths are matched as they are, without redirects to
// cleaned ones, which clients follow with the wrong method.
func (s *server) route() {
	s.router = mux.NewRouter().SkipClean(true)
	s.resources = map[*mux.Route]*resource{}
	for _, g := range s.groups() {
		sub := s.router.PathPrefix(g.prefix).Subrouter()
		for _, r := range g.routes {
			allow := strings.Join(slices.Sorted(maps.Keys(r.methods)), ", ")
			res := &resource{path: g.prefix + r.path, methods: r.methods, allow: allow}
			at := sub.Path(r.path)
			s.resources[at] = res
			if template, err := at.GetPathTemplate(); err == nil {
				s.paths.add(template, res)
			}
		}
	}
}

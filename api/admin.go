package api

// Engine is a running engine, as the discovery service of Kyuubi has it.
type Engine struct {
	Version string `json:"version"`
	// User is whose engine it is.
	User string `json:"user"`
	// EngineType is the value of kyuubi.engine.type.
	EngineType string `json:"engineType"`
	// ShareLevel is CONNECTION, USER, GROUP, SERVER or SERVER_LOCAL.
	ShareLevel string `json:"sharelevel"`
	Subdomain  string `json:"subdomain"`
	// Instance is its host:port.
	Instance   string            `json:"instance"`
	Namespace  string            `json:"namespace"`
	Attributes map[string]string `json:"attributes"`
}

// ServerData is a gateway.
type ServerData struct {
	NodeName  string `json:"nodeName"`
	Namespace string `json:"namespace"`
	// Instance is the host:port of its Thrift frontend, or of REST where it has none.
	Instance   string            `json:"instance"`
	Host       string            `json:"host"`
	Port       int               `json:"port"`
	Attributes map[string]string `json:"attributes"`
	// Status is "Running".
	Status string `json:"status"`
}

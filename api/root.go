package api

// VersionInfo is the gateway's version.
type VersionInfo struct {
	Version string `json:"version"`
}

// WebUIConfig is what Kyuubi's web UI asks for first.
type WebUIConfig struct {
	// EngineUIProxyEnabled is false: there is no proxy to engines' own pages.
	EngineUIProxyEnabled bool `json:"engineUIProxyEnabled"`
}

// Error is the body of every answer that is not a success.
type Error struct {
	// Message is one sentence for a person.
	Message string `json:"message"`
	// Kind is the class of the failure, such as "NotFound".
	Kind string `json:"kind"`
	// SQLState is the five-letter SQLSTATE.
	SQLState string `json:"sqlState"`
	// RequestID is the id under which the server's log has the request.
	RequestID string `json:"requestId"`
}

// Exception is a failure that is told as part of a resource. Kind and SQLState
// are left out where they are not known.
type Exception struct {
	Message  string `json:"message"`
	Kind     string `json:"kind,omitempty"`
	SQLState string `json:"sqlState,omitempty"`
}

package api

// SessionOpenRequest asks for a session.
type SessionOpenRequest struct {
	// ProtocolVersion is the Thrift protocol to encode rows for, 0 for V1 (also
	// when nil) to 10 for V11. From 5 on binary columns come as base64.
	ProtocolVersion *int `json:"protocolVersion,omitempty"`
	// Configs are the session's settings.
	Configs map[string]string `json:"configs"`
}

// SessionHandle names a session.
type SessionHandle struct {
	Identifier string `json:"identifier"`
	// KyuubiInstance is the host:port of the gateway that has the session.
	KyuubiInstance string `json:"kyuubiInstance"`
}

// SessionOpenCount is the number of open sessions.
type SessionOpenCount struct {
	OpenSessionCount int `json:"openSessionCount"`
}

// ExecPoolStatistic says how busy the gateway is with operations.
type ExecPoolStatistic struct {
	ExecPoolSize          int `json:"execPoolSize"`
	ExecPoolActiveCount   int `json:"execPoolActiveCount"`
	ExecPoolWorkQueueSize int `json:"execPoolWorkQueueSize"`
}

// InfoDetail is one answer to GetInfo.
type InfoDetail struct {
	// InfoType is the name of the TGetInfoType.
	InfoType  string `json:"infoType"`
	InfoValue string `json:"infoValue"`
}

// InfoType is a question that a session's info answers.
type InfoType struct {
	// ID is the number of the TGetInfoType.
	ID       int    `json:"id"`
	InfoType string `json:"infoType"`
}

// SessionData is a session in a list.
type SessionData struct {
	Identifier string            `json:"identifier"`
	RemoteID   string            `json:"remoteId"`
	User       string            `json:"user"`
	IPAddr     string            `json:"ipAddr"`
	Conf       map[string]string `json:"conf"`
	CreateTime int64             `json:"createTime"`
	// Duration is the time from the session's start to its last use, in milliseconds.
	Duration int64 `json:"duration"`
	// IdleTime is how long nothing has run, in milliseconds.
	IdleTime int64 `json:"idleTime"`
	// Exception is the text of the last failure, "" without one.
	Exception       string `json:"exception"`
	SessionType     string `json:"sessionType"`
	KyuubiInstance  string `json:"kyuubiInstance"`
	EngineID        string `json:"engineId"`
	EngineName      string `json:"engineName"`
	EngineURL       string `json:"engineUrl"`
	SessionName     string `json:"sessionName"`
	TotalOperations int    `json:"totalOperations"`
}

// SessionEvent is one session (Kyuubi's KyuubiSessionEvent).
type SessionEvent struct {
	SessionID string `json:"sessionId"`
	// ClientVersion is the negotiated protocol, 0 for V1 to 10 for V11.
	ClientVersion   int    `json:"clientVersion"`
	SessionType     string `json:"sessionType"`
	SessionName     string `json:"sessionName"`
	RemoteSessionID string `json:"remoteSessionId"`
	EngineID        string `json:"engineId"`
	EngineName      string `json:"engineName"`
	EngineURL       string `json:"engineUrl"`
	User            string `json:"user"`
	ClientIP        string `json:"clientIp"`
	// ServerIP is the host:port that the client connected to.
	ServerIP  string            `json:"serverIp"`
	Conf      map[string]string `json:"conf"`
	EventTime int64             `json:"eventTime"`
	// OpenedTime is -1 until the engine's connection is open.
	OpenedTime int64 `json:"openedTime"`
	StartTime  int64 `json:"startTime"`
	// EndTime is -1 until the session is closed.
	EndTime         int64 `json:"endTime"`
	TotalOperations int   `json:"totalOperations"`
	// Exception is the last failure, null without one.
	Exception *Exception `json:"exception"`
}

package session

import (
	"time"

	"github.com/google/uuid"
)

// Request asks for a session.
type Request struct {
	// User is the acting user, RealUser the one who logged in; they differ when
	// one acts for another.
	User, RealUser string
	// ClientAddress is the client's IP address, ServerAddress the gateway's.
	ClientAddress, ServerAddress string
	// ConnectionURL is the host:port that the client connected to.
	ConnectionURL string
	// Frontend is the protocol, such as "THRIFT_BINARY" or "REST".
	Frontend string
	// ProtocolVersion is the negotiated version, 0 for V1 to 10 for V11.
	ProtocolVersion int
	// Conf is what the client sent, prefixes (set:hiveconf:, use:) included.
	Conf map[string]string
}

// TypeBatch is the type of session that a batch is.
const TypeBatch = "BATCH"

// Info is a snapshot of a session.
type Info struct {
	ID              uuid.UUID
	User, RealUser  string
	Name            string
	ClientAddress   string
	ServerAddress   string
	ConnectionURL   string
	Frontend        string
	ProtocolVersion int
	// Conf is the session's settings with what the server added. It must not be
	// changed.
	Conf map[string]string
	// Created, Opened and LastAccess are times of the session's life.
	Created, Opened, LastAccess time.Time
	// Idle is how long no operation has run, 0 while one does.
	Idle time.Duration
	// TotalOperations counts all operations so far, OpenOperations those not yet closed.
	TotalOperations, OpenOperations int
	// Exception is the text of the last failure, "" when there was none.
	Exception string
	// EngineID, EngineName and EngineURL say what runs its SQL.
	EngineID, EngineName, EngineURL string
	// Type is TypeBatch for a batch, "" for a session that somebody opened.
	Type string
	// Instance is the host:port of the gateway that a batch is at; "" is this one.
	Instance string
	// Ended is when a batch ended.
	Ended time.Time
}

package api

// DelegationToken is a token that programs log in with for its owner.
type DelegationToken struct {
	// Identifier names the token in logs. It is no secret.
	Identifier string `json:"identifier"`
	// DelegationToken is the secret: a bearer token, and a password on Thrift.
	DelegationToken string `json:"delegationToken"`
	Owner           string `json:"owner"`
	// Renewer is who may make it good for longer.
	Renewer   string `json:"renewer"`
	IssueDate int64  `json:"issueDate"`
	// ExpiryDate is until when it is good, MaxDate as far as renewals can go.
	ExpiryDate int64 `json:"expiryDate"`
	MaxDate    int64 `json:"maxDate"`
}

// DelegationTokenRequest names a token to renew or to cancel.
type DelegationTokenRequest struct {
	DelegationToken string `json:"delegationToken"`
}

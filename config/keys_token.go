package config

import "time"

// Settings of delegation tokens. Kyuubi has their names, and does not use them.
var (
	// TokenMaxLifetime bounds a token's life.
	TokenMaxLifetime = Duration("kyuubi.delegation.token.max.lifetime", 7*24*time.Hour,
		"How long a delegation token can be good for at most, renewals included.").AtLeast(time.Second)

	// TokenRenewInterval is how long a token is good without a renewal.
	TokenRenewInterval = Duration("kyuubi.delegation.token.renew.interval", 7*24*time.Hour,
		"How long a delegation token is good for from its issue, or from its last renewal.").AtLeast(time.Second)

	// TokenKeyInterval is how long a key signs.
	TokenKeyInterval = Duration("kyuubi.delegation.key.update.interval", 24*time.Hour,
		"How long delegation tokens are signed with the same key. Keys stay as long as tokens need them.").AtLeast(time.Minute)

	// TokenSweepInterval is how often expired tokens are looked for.
	TokenSweepInterval = Duration("kyuubi.delegation.token.gc.interval", time.Hour,
		"How often expired delegation tokens are removed.").AtLeast(time.Second)
)

var tokenArea = Area{
	Title: "Delegation tokens",
	Intro: "A user gives a delegation token to a program that acts for him. Keys and tokens are in `tokens/` of the data directory. Tokens that were issued with one `kyuubi.authentication` are refused with another.",
	Settings: []Setting{
		TokenMaxLifetime, TokenRenewInterval, TokenKeyInterval, TokenSweepInterval,
	},
}

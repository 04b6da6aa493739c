package tlsfile

import (
	"crypto/tls"
	"slices"
	"strings"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// Policy says how clients may speak TLS. The zero value takes TLS 1.2 and 1.3 with
// Go's own choice of ciphers.
type Policy struct {
	// Disallowed are the protocols to refuse, by Java's names: SSLv2, SSLv3, TLSv1,
	// TLSv1.1, TLSv1.2, TLSv1.3. Those before TLSv1.2 are refused in any case.
	Disallowed []string
	// Ciphers are the cipher suites to take, by their standard names; empty means all
	// that are safe. TLS 1.3 has its own, which can't be chosen.
	Ciphers []string
	// NoCiphers are those not to take. One that is not known, or not safe, is not taken
	// anyhow.
	NoCiphers []string
	// DisallowedSetting, CiphersSetting and NoCiphersSetting are the settings' names,
	// for errors.
	DisallowedSetting, CiphersSetting, NoCiphersSetting string
}

// Protocols are the names that [Policy] knows, the oldest first.
func Protocols() []string {
	return []string{"SSLv2Hello", "SSLv2", "SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"}
}

// apply sets what the policy says.
func (p Policy) apply(c *tls.Config) error {
	off := func(name string) bool {
		return slices.ContainsFunc(p.Disallowed, func(d string) bool { return strings.EqualFold(d, name) })
	}
	for _, d := range p.Disallowed {
		if !slices.ContainsFunc(Protocols(), func(name string) bool { return strings.EqualFold(d, name) }) {
			return sqlerr.New(sqlerr.Invalid, "%s: %q is no protocol; there are %s", p.DisallowedSetting, d, strings.Join(Protocols(), ", "))
		}
	}
	c.MinVersion = tls.VersionTLS12
	if off("TLSv1.2") {
		c.MinVersion = tls.VersionTLS13
	}
	if off("TLSv1.3") {
		c.MaxVersion = tls.VersionTLS12
	}
	if c.MaxVersion != 0 && c.MaxVersion < c.MinVersion {
		return sqlerr.New(sqlerr.Invalid, "%s = %s leaves no protocol: allow TLSv1.2 or TLSv1.3", p.DisallowedSetting, strings.Join(p.Disallowed, ","))
	}
	if err := p.applyCiphers(c); err != nil {
		return err
	}
	return p.excludeCiphers(c)
}

// excludeCiphers takes suites away from those of TLS 1.2.
func (p Policy) excludeCiphers(c *tls.Config) error {
	if len(p.NoCiphers) == 0 || c.MinVersion == tls.VersionTLS13 {
		return nil
	}
	var left []uint16
	for _, s := range tls.CipherSuites() {
		chosen := len(c.CipherSuites) == 0 || slices.Contains(c.CipherSuites, s.ID)
		excluded := slices.ContainsFunc(p.NoCiphers, func(name string) bool { return strings.EqualFold(name, s.Name) })
		if chosen && !excluded && slices.Contains(s.SupportedVersions, tls.VersionTLS12) {
			left = append(left, s.ID)
		}
	}
	if len(left) == 0 {
		if c.MaxVersion == tls.VersionTLS12 {
			return sqlerr.New(sqlerr.Invalid, "%s leaves no cipher suite for TLSv1.2, and %s refuses TLSv1.3", p.NoCiphersSetting, p.DisallowedSetting)
		}
		c.MinVersion = tls.VersionTLS13
	}
	c.CipherSuites = left
	return nil
}

func (p Policy) applyCiphers(c *tls.Config) error {
	if len(p.Ciphers) == 0 {
		return nil
	}
	var chosen []uint16
	for _, name := range p.Ciphers {
		i := slices.IndexFunc(tls.CipherSuites(), func(s *tls.CipherSuite) bool { return strings.EqualFold(s.Name, name) })
		if i < 0 {
			return sqlerr.New(sqlerr.Invalid, "%s: %q is no cipher suite that is supported and safe; there are %s",
				p.CiphersSetting, name, strings.Join(suiteNames(), ", "))
		}
		if s := tls.CipherSuites()[i]; slices.Contains(s.SupportedVersions, tls.VersionTLS12) {
			chosen = append(chosen, s.ID)
		}
	}
	if len(chosen) == 0 { // only those of TLS 1.3 were named
		if c.MaxVersion == tls.VersionTLS12 {
			return sqlerr.New(sqlerr.Invalid, "%s names none for TLSv1.2, and %s refuses TLSv1.3", p.CiphersSetting, p.DisallowedSetting)
		}
		c.MinVersion = tls.VersionTLS13
	}
	c.CipherSuites = chosen
	return nil
}

func suiteNames() []string {
	var names []string
	for _, s := range tls.CipherSuites() {
		names = append(names, s.Name)
	}
	return names
}

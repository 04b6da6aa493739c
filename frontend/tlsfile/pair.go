package tlsfile

import (
	"bytes"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"errors"
)

var errNoPair = errors.New("none of the certificates belongs to the key")

// pair joins a key with its certificate and the issuers of that, found among certs
// in whatever order they stand.
func pair(key any, certs [][]byte) (tls.Certificate, error) {
	signer, ok := key.(crypto.Signer)
	if !ok {
		return tls.Certificate{}, errors.New("it is of no kind that signs")
	}
	var parsed []*x509.Certificate
	for _, der := range certs {
		c, err := x509.ParseCertificate(der)
		if err != nil {
			return tls.Certificate{}, err
		}
		parsed = append(parsed, c)
	}
	leaf := leafOf(signer, parsed)
	if leaf == nil {
		return tls.Certificate{}, errNoPair
	}
	out := tls.Certificate{PrivateKey: signer, Leaf: leaf}
	for c := leaf; c != nil && len(out.Certificate) < len(parsed); c = issuerOf(c, parsed) {
		out.Certificate = append(out.Certificate, c.Raw)
	}
	return out, nil
}

func leafOf(key crypto.Signer, certs []*x509.Certificate) *x509.Certificate {
	public, ok := key.Public().(interface {
		Equal(key crypto.PublicKey) bool
	})
	if !ok {
		return nil
	}
	for _, c := range certs {
		if public.Equal(c.PublicKey) {
			return c
		}
	}
	return nil
}

// issuerOf is nil for a certificate that has signed itself.
func issuerOf(c *x509.Certificate, certs []*x509.Certificate) *x509.Certificate {
	if bytes.Equal(c.RawIssuer, c.RawSubject) {
		return nil
	}
	for _, other := range certs {
		if bytes.Equal(c.RawIssuer, other.RawSubject) && c.CheckSignatureFrom(other) == nil {
			return other
		}
	}
	return nil
}

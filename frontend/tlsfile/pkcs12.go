package tlsfile

import (
	"crypto"
	"crypto/tls"
	"errors"
	"strings"

	"software.sslmate.com/src/go-pkcs12"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// pkcs12 reads a PKCS12 file with one key.
func (k keystore) pkcs12() ([]tls.Certificate, error) {
	key, leaf, others, err := pkcs12.DecodeChain(k.data, k.password)
	switch {
	case err == nil:
	case errors.Is(err, pkcs12.ErrIncorrectPassword):
		return nil, k.wrongPassword(err)
	case strings.Contains(err.Error(), "private key missing"): // there is no value for it
		return nil, k.keyless()
	case strings.Contains(err.Error(), "exactly one key bag"):
		return nil, sqlerr.Wrap(err, sqlerr.Invalid,
			"%s: the keystore holds several private keys; keep only the server's (keytool -delete -alias NAME)", k.name)
	default:
		return nil, k.damaged(err)
	}
	chain := [][]byte{leaf.Raw}
	for _, c := range others {
		chain = append(chain, c.Raw)
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, k.damaged(errors.New("its key is of no kind that signs"))
	}
	cert, err := pair(signer, chain)
	if err != nil {
		return nil, k.damaged(err)
	}
	return []tls.Certificate{cert}, nil
}

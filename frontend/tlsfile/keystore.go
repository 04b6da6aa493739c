package tlsfile

import (
	"bytes"
	"encoding/binary"
	"strings"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// keystore is a file that holds a key and its certificates together.
type keystore struct {
	data     []byte
	password string
	// name is the setting and the path, passwordName the password's setting.
	name, passwordName string
}

// The kinds of keystores.
const (
	kindAuto   = "AUTO"
	kindJKS    = "JKS"
	kindPKCS12 = "PKCS12"
	kindPEM    = "PEM"
)

// The first four bytes of Java's own formats.
const (
	magicJKS   = 0xFEEDFEED
	magicJCEKS = 0xCECECECE
)

// derSequence begins a PKCS12 file.
const derSequence = 0x30

// kind tells what the file is. The bytes say so; what was configured only has to
// fit.
func (k keystore) kind(configured, setting string) (string, error) {
	var kind string
	switch {
	case len(k.data) >= 4 && binary.BigEndian.Uint32(k.data) == magicJKS:
		kind = kindJKS
	case len(k.data) >= 4 && binary.BigEndian.Uint32(k.data) == magicJCEKS:
		return "", sqlerr.New(sqlerr.Invalid, "%s: the file is a JCEKS keystore, which is not supported; convert it: "+
			"keytool -importkeystore -srckeystore FILE -srcstoretype JCEKS -destkeystore NEW.p12 -deststoretype PKCS12", k.name)
	case bytes.Contains(k.data, []byte("-----BEGIN ")):
		kind = kindPEM
	case len(k.data) > 0 && k.data[0] == derSequence:
		kind = kindPKCS12
	default:
		return "", sqlerr.New(sqlerr.Invalid, "%s: the file is no keystore: neither JKS nor PKCS12 nor PEM", k.name)
	}
	switch want := strings.ToUpper(configured); want {
	case "", kindAuto, kind:
		return kind, nil
	default:
		if want != kindPEM && kind != kindPEM {
			return kind, nil // to Java, JKS and PKCS12 mean either
		}
		return "", sqlerr.New(sqlerr.Invalid, "%s: the file is %s, not %s; set %s to %s or AUTO", k.name, kind, want, setting, kind)
	}
}

// wrongPassword is the error for a keystore that does not open.
func (k keystore) wrongPassword(err error) error {
	if k.password == "" {
		return sqlerr.Wrap(err, sqlerr.Invalid, "%s: the keystore has a password: set %s", k.name, k.passwordName)
	}
	return sqlerr.Wrap(err, sqlerr.Invalid, "%s: %s does not open the keystore: the password is wrong, or the file is damaged", k.name, k.passwordName)
}

// damaged is the error for a file that can't be understood.
func (k keystore) damaged(err error) error {
	return sqlerr.Wrap(err, sqlerr.Invalid, "%s: the keystore can't be read: %v", k.name, err)
}

// keyless is the error for a keystore with certificates only.
func (k keystore) keyless() error {
	return sqlerr.New(sqlerr.Invalid, "%s: the keystore holds no private key; is it a truststore? The server's own keystore is needed", k.name)
}

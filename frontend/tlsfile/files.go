// Package tlsfile makes a server's TLS settings of certificate files (PEM, PKCS12
// and Java's JKS) and takes new certificates when the files change.
//
// It must not know who listens with them, nor any setting: the names for its
// errors are given to it.
package tlsfile

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io/fs"
	"os"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// Files says where a certificate and its key are: in a keystore, or in PEM files.
// It can be compared.
type Files struct {
	// Keystore is a file of Java's keytool or of openssl pkcs12; it may be PEM too.
	Keystore string
	// Password opens the keystore and its keys.
	Password string
	// Type is the keystore's: PEM, or JKS or PKCS12, which both mean either, as they do
	// to Java. Empty or AUTO finds out.
	Type string
	// Certificate is a PEM file with the certificate, followed by those of its issuers.
	Certificate string
	// Key is a PEM file with the certificate's key; empty when Certificate holds it too.
	Key string
}

// IsZero says that no file is named.
func (f Files) IsZero() bool { return f.Keystore == "" && f.Certificate == "" && f.Key == "" }

// Settings are the names of what Files was read from, for errors that tell what to
// mend.
type Settings struct {
	Keystore, Password, Type, Certificate, Key string
}

// check finds what is wrong before any file is read.
func (f Files) check(s Settings) error {
	switch {
	case f.IsZero():
		return sqlerr.New(sqlerr.Invalid, "TLS needs a certificate: set %s, or %s and %s", s.Keystore, s.Certificate, s.Key)
	case f.Keystore != "" && (f.Certificate != "" || f.Key != ""):
		return sqlerr.New(sqlerr.Invalid, "%s and %s are both set: keep the one that holds the certificate", s.Keystore, s.pemSet(f))
	case f.Keystore == "" && f.Certificate == "":
		return sqlerr.New(sqlerr.Invalid, "%s is set, but no certificate: set %s", s.Key, s.Certificate)
	}
	return nil
}

func (s Settings) pemSet(f Files) string {
	if f.Certificate != "" {
		return s.Certificate
	}
	return s.Key
}

// paths are the files that are read.
func (f Files) paths() []string {
	switch {
	case f.Keystore != "":
		return []string{f.Keystore}
	case f.Key == "":
		return []string{f.Certificate}
	default:
		return []string{f.Certificate, f.Key}
	}
}

// contents are the files' bytes, in the order of paths.
type contents [][]byte

func (c contents) equal(other contents) bool {
	if len(c) != len(other) {
		return false
	}
	for i := range c {
		if !bytes.Equal(c[i], other[i]) {
			return false
		}
	}
	return true
}

// read reads the files. The error names the setting and the mend.
func (f Files) read(s Settings) (contents, error) {
	names := []string{s.Certificate, s.Key}
	if f.Keystore != "" {
		names = []string{s.Keystore}
	}
	var all contents
	for i, path := range f.paths() {
		text, err := os.ReadFile(path)
		if err != nil {
			why := "the file can't be read; check the path and what this user may read"
			switch {
			case errors.Is(err, fs.ErrNotExist):
				why = "there is no such file"
			case errors.Is(err, fs.ErrPermission):
				why = "this user may not read the file"
			}
			return nil, sqlerr.Wrap(err, sqlerr.Invalid, "%s = %q: %s", names[i], path, why)
		}
		all = append(all, text)
	}
	return all, nil
}

// parse makes certificates of what was read. There is one, but a JKS may hold more.
func (f Files) parse(c contents, s Settings) ([]tls.Certificate, error) {
	if f.Keystore == "" {
		p := pemFiles{text: c[0], key: c[len(c)-1], textName: name(s.Certificate, f.Certificate), keyName: name(s.Certificate, f.Certificate)}
		if f.Key != "" {
			p.keyName = name(s.Key, f.Key)
		}
		return p.certificates()
	}
	k := keystore{
		data: c[0], password: f.Password,
		name: name(s.Keystore, f.Keystore), passwordName: s.Password,
	}
	kind, err := k.kind(f.Type, s.Type)
	if err != nil {
		return nil, err
	}
	switch kind {
	case kindJKS:
		return k.jks()
	case kindPKCS12:
		return k.pkcs12()
	default:
		return pemFiles{text: c[0], key: c[0], textName: k.name, keyName: k.name}.certificates()
	}
}

// name is a setting and its value as errors begin with it.
func name(setting, path string) string { return setting + " = \"" + path + "\"" }

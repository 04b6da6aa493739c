package tlsfile

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // the format's
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/binary"
	"errors"
	"fmt"
	"unicode/utf16"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// The entries of a JKS file.
const (
	jksKey         = 1
	jksCertificate = 2
)

// jksKeyProtector is the one algorithm that keys in a JKS are protected with.
var jksKeyProtector = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 42, 2, 17, 1, 1}

var (
	errShort    = errors.New("it ends too early")
	errPassword = errors.New("the digest does not fit the password")
)

// jks reads a JKS file: its digest, then every entry with a key.
func (k keystore) jks() ([]tls.Certificate, error) {
	password := javaPassword(k.password)
	body, ok := bytes.CutSuffix(k.data, jksDigest(k.data, password))
	if !ok {
		return nil, k.wrongPassword(errPassword)
	}
	r := &jksReader{rest: body[4:]} // after the magic
	version, count := r.uint32(), r.uint32()
	if version != 1 && version != 2 {
		return nil, k.damaged(fmt.Errorf("its version is %d", version))
	}
	var all []tls.Certificate
	for range count {
		e := r.entry(version)
		if r.err != nil {
			return nil, k.damaged(r.err)
		}
		if e.key == nil {
			continue
		}
		cert, err := e.open(k, password)
		if err != nil {
			return nil, err
		}
		all = append(all, cert)
	}
	if len(all) == 0 {
		return nil, k.keyless()
	}
	return all, nil
}

// javaPassword is a password as Java digests it: UTF-16, the high byte first.
func javaPassword(password string) []byte {
	var b []byte
	for _, unit := range utf16.Encode([]rune(password)) {
		b = binary.BigEndian.AppendUint16(b, unit)
	}
	return b
}

// jksDigest is what the file must end with.
func jksDigest(data, password []byte) []byte {
	h := sha1.New() //nolint:gosec // the format's
	h.Write(password)
	h.Write([]byte("Mighty Aphrodite")) // so Java spells it
	h.Write(data[:max(0, len(data)-sha1.Size)])
	return h.Sum(nil)
}

// jksEntry is a protected key with its chain; a certificate alone has no key.
type jksEntry struct {
	alias string
	key   []byte
	chain [][]byte
}

// jksReader reads big-endian values until the first error.
type jksReader struct {
	rest []byte
	err  error
}

func (r *jksReader) take(n uint32) []byte {
	if r.err != nil || uint64(n) > uint64(len(r.rest)) {
		r.err = errShort
		return nil
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

func (r *jksReader) uint32() uint32 {
	b := r.take(4)
	if b == nil {
		return 0
	}
	return binary.BigEndian.Uint32(b)
}

// text has a length of two bytes.
func (r *jksReader) text() string {
	b := r.take(2)
	if b == nil {
		return ""
	}
	return string(r.take(uint32(binary.BigEndian.Uint16(b))))
}

func (r *jksReader) bytes() []byte { return r.take(r.uint32()) }

// certificate is DER. Its kind, which version 2 names, is X.509 always.
func (r *jksReader) certificate(version uint32) []byte {
	if version == 2 {
		r.text()
	}
	return r.bytes()
}

func (r *jksReader) entry(version uint32) jksEntry {
	tag := r.uint32()
	e := jksEntry{alias: r.text()}
	r.take(8) // when it was made
	switch {
	case r.err != nil:
	case tag == jksKey:
		e.key = r.bytes()
		for range r.uint32() {
			if r.err != nil {
				break
			}
			e.chain = append(e.chain, r.certificate(version))
		}
	case tag == jksCertificate:
		r.certificate(version)
	default:
		r.err = fmt.Errorf("there are no entries of kind %d", tag)
	}
	return e
}

// open takes the protection off the key.
func (e jksEntry) open(k keystore, password []byte) (tls.Certificate, error) {
	var info struct {
		Algorithm pkix.AlgorithmIdentifier
		Protected []byte
	}
	if rest, err := asn1.Unmarshal(e.key, &info); err != nil || len(rest) > 0 || !info.Algorithm.Algorithm.Equal(jksKeyProtector) {
		return tls.Certificate{}, k.damaged(fmt.Errorf("the key %q is not protected as keys in a JKS are", e.alias))
	}
	plain, err := unprotect(info.Protected, password)
	if errors.Is(err, errPassword) {
		return tls.Certificate{}, sqlerr.Wrap(err, sqlerr.Invalid,
			"%s: the key %q has another password than the keystore; make them the same: keytool -keypasswd -alias %s", k.name, e.alias, e.alias)
	}
	if err != nil {
		return tls.Certificate{}, k.damaged(fmt.Errorf("the key %q: %w", e.alias, err))
	}
	key, err := x509.ParsePKCS8PrivateKey(plain)
	if err != nil {
		return tls.Certificate{}, k.damaged(fmt.Errorf("the key %q: %w", e.alias, err))
	}
	cert, err := pair(key, e.chain)
	if err != nil {
		return tls.Certificate{}, k.damaged(fmt.Errorf("the key %q: %w", e.alias, err))
	}
	return cert, nil
}

// unprotect undoes the protection of keys: the key, exclusive-ored with a chain of
// digests that begins with a salt, stands between that salt and its own digest.
func unprotect(protected, password []byte) ([]byte, error) {
	if len(protected) < 2*sha1.Size {
		return nil, errShort
	}
	digest, end := protected[:sha1.Size], len(protected)-sha1.Size
	plain := bytes.Clone(protected[sha1.Size:end])
	for rest := plain; len(rest) > 0; rest = rest[min(len(rest), sha1.Size):] {
		sum := sha1.Sum(append(bytes.Clone(password), digest...)) //nolint:gosec // the format's
		digest = sum[:]
		subtle.XORBytes(rest, rest, digest)
	}
	sum := sha1.Sum(append(bytes.Clone(password), plain...)) //nolint:gosec // the format's
	if !bytes.Equal(sum[:], protected[end:]) {
		return nil, errPassword
	}
	return plain, nil
}

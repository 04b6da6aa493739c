package hs2

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/nekomata-sql/nekomata/auth"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// Statuses of Thrift's SASL negotiation: one byte before a 4-byte length.
const (
	saslStart    = 1
	saslOK       = 2
	saslBad      = 3
	saslError    = 4
	saslComplete = 5
)

// saslPlain is the one mechanism offered; its case matters.
const saslPlain = "PLAIN"

// plain is the response of the PLAIN mechanism (RFC 4616).
type plain struct{ authzid, user, password string }

// parsePlain reads "authzid NUL user NUL password". Without the first separator
// there is no authzid; old clients send that.
func parsePlain(response []byte) (plain, error) {
	parts := strings.Split(string(response), "\x00")
	var p plain
	switch len(parts) {
	case 2:
		p = plain{user: parts[0], password: parts[1]}
	case 3:
		p = plain{authzid: parts[0], user: parts[1], password: parts[2]}
	default:
		return plain{}, sqlerr.New(sqlerr.Unauthenticated,
			"the PLAIN response must be user and password separated by NUL, not %d parts", len(parts))
	}
	if err := p.check(); err != nil {
		return plain{}, err
	}
	return p, nil
}

// check refuses credentials in which something is missing, and those that would not
// be the same wherever they are shown or compared.
func (p plain) check() error {
	switch {
	case !utf8.ValidString(p.authzid + "\n" + p.user + "\n" + p.password):
		return sqlerr.New(sqlerr.Unauthenticated, "user and password are not valid UTF-8")
	case strings.IndexByte(p.user, 0) >= 0:
		return sqlerr.New(sqlerr.Unauthenticated, "the user name has a NUL byte")
	case p.user == "":
		return sqlerr.New(sqlerr.Unauthenticated, "the user name is empty")
	case p.password == "":
		return sqlerr.New(sqlerr.Unauthenticated, "the password is empty; send any where none is checked")
	}
	return nil
}

// saslMessage is one step of the negotiation on the wire.
func saslMessage(status byte, text string) []byte {
	b := []byte{status}
	b = binary.BigEndian.AppendUint32(b, uint32(len(text)))
	return append(b, text...)
}

// refuseSASL ends a negotiation with a text that the client shows.
func refuseSASL(format string, args ...any) *refusal {
	text := fmt.Sprintf(format, args...)
	return &refusal{reason: text, reply: saslMessage(saslBad, text)}
}

func (c *socket) readSASL() (status byte, body []byte, err error) {
	var head [5]byte
	if _, err := io.ReadFull(c.wire.r, head[:]); err != nil {
		return 0, nil, err
	}
	size := binary.BigEndian.Uint32(head[1:])
	switch {
	case head[0] < saslStart || head[0] > saslComplete:
		return 0, nil, refuseSASL("invalid SASL status %d", head[0])
	case size > loginLimit:
		return 0, nil, refuseSASL("a SASL message of %d bytes exceeds the limit of %d", size, loginLimit)
	}
	body = make([]byte, size)
	_, err = io.ReadFull(c.wire.r, body)
	return head[0], body, err
}

// negotiate runs the SASL login.
func (c *socket) negotiate(ctx context.Context) (identity, error) {
	status, mechanism, err := c.readSASL()
	switch {
	case err != nil:
		return identity{}, err
	case status != saslStart:
		return identity{}, refuseSASL("the SASL negotiation must begin with START (1), not with status %d", status)
	case string(mechanism) != saslPlain:
		return identity{}, refuseSASL("unsupported SASL mechanism %.40q: this port offers %s", mechanism, saslPlain)
	}
	status, response, err := c.readSASL()
	switch {
	case err != nil:
		return identity{}, err
	case status == saslBad || status == saslError:
		return identity{}, &refusal{reason: fmt.Sprintf("the client gave up the SASL negotiation: %.100q", response)}
	case status == saslStart:
		return identity{}, refuseSASL("a second START in one SASL negotiation")
	}
	credentials, err := parsePlain(response)
	if err != nil {
		return identity{}, refuseSASL("%s", sqlerr.From(err).Message)
	}
	id, err := c.authenticate(ctx, credentials)
	if err != nil {
		return identity{}, err
	}
	_, err = c.nc.Write(saslMessage(saslComplete, ""))
	return id, err
}

// authenticate checks the credentials, and whether the caller may act for the
// authzid if that is somebody else.
func (c *socket) authenticate(ctx context.Context, p plain) (identity, error) {
	// What a context knows of those made of it stays with it, in each connection.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.h.opts.LoginTimeout)
	defer cancel()
	principal, err := c.h.opts.Auth.Authenticate(ctx, p.user, p.password)
	if err != nil {
		e := sqlerr.From(err)
		c.logCause(ctx, e, "login")
		return identity{}, refuseSASL("%s", e.Message)
	}
	principal.Address = c.client
	id := identity{principal: principal, acting: principal.User}
	if p.authzid == "" || p.authzid == p.user || p.authzid == principal.User {
		return id, nil
	}
	if !principal.Admin {
		return identity{}, refuseSASL("%s", mayNotActFor(principal.User, p.authzid).Message)
	}
	id.acting = p.authzid
	return id, nil
}

func mayNotActFor(user, other string) *sqlerr.Error {
	return sqlerr.New(sqlerr.Denied, "%s may not act for %s", user, other)
}

// identity is who is at the other end.
type identity struct {
	principal auth.Principal
	// acting is the user whose sessions these will be; the principal's own name
	// unless he acts for somebody.
	acting string
	// chosen says that acting was chosen by what goes before the settings of a session.
	chosen bool
}

// loginDeadline is when a login that begins now must have ended.
func (h *Handler) loginDeadline() time.Time { return time.Now().Add(h.opts.LoginTimeout) }

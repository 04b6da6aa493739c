package hs2_test

import (
	"encoding/binary"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/apache/thrift/lib/go/thrift"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/auth"
	"github.com/nekomata-sql/nekomata/frontend/hs2"
	"github.com/nekomata-sql/nekomata/frontend/hs2/hs2test"
	"github.com/nekomata-sql/nekomata/thrift/hive"
)

// saslStep is one step of a SASL negotiation.
func saslStep(status byte, body string) string {
	return string(binary.BigEndian.AppendUint32([]byte{status}, uint32(len(body)))) + body
}

const goodLogin = "\x01\x00\x00\x00\x05PLAIN\x02\x00\x00\x00\x08\x00alice\x00x"

// frame puts a length before a message.
func frame(body string) string {
	return string(binary.BigEndian.AppendUint32(nil, uint32(len(body)))) + body
}

// call is a strict message of a kind: 1 call, 2 reply, 3 exception, 4 oneway.
func call(kind byte, name, arguments string) string {
	b := binary.BigEndian.AppendUint32(nil, 0x80010000|uint32(kind))
	b = binary.BigEndian.AppendUint32(b, uint32(len(name)))
	b = append(b, name...)
	b = binary.BigEndian.AppendUint32(b, 7)
	return string(b) + arguments
}

// listClaim is a GetTables whose list of table types says that it has 2 billion.
var listClaim = call(1, "GetTables", "\x0c\x00\x01\x0f\x00\x05\x0b\x7f\xff\xff\xff")

// exchange sends bytes and reads all that comes back until the server is done.
func exchange(t *testing.T, c net.Conn, send string) string {
	t.Helper()
	_, err := io.WriteString(c, send)
	require.NoError(t, err)
	got, err := io.ReadAll(c)
	require.NotErrorIs(t, err, os.ErrDeadlineExceeded, "the server did not close the connection")
	return string(got)
}

func TestRefusedBeforeLogin(t *testing.T) {
	t.Parallel()
	s := serve(t, hs2.Options{LoginTimeout: 500 * time.Millisecond})
	for name, tc := range map[string]struct{ send, answer, log string }{
		"nothing":             {"", "", "the login took longer than 500ms"},
		"half a START":        {"\x01\x00\x00", "", "the login took longer than 500ms"},
		"no response":         {saslStep(1, "PLAIN"), "", "the login took longer than 500ms"},
		"huge START":          {"\x01\x7f\xff\xff\xff", "\x03", "2147483647 bytes exceeds the limit of 65536"},
		"200 MB response":     {saslStep(1, "PLAIN") + "\x02\x0c\x80\x00\x00", "\x03", "exceeds the limit of 65536"},
		"negative length":     {"\x01\xff\xff\xff\xff", "\x03", "4294967295 bytes exceeds"},
		"begins with OK":      {saslStep(2, "x"), "\x03", "must begin with START (1), not with status 2"},
		"status 9":            {saslStep(1, "PLAIN") + saslStep(9, ""), "invalid SASL status 9", "invalid SASL status 9"},
		"two STARTs":          {saslStep(1, "PLAIN") + saslStep(1, "PLAIN"), "a second START", "a second START"},
		"client gives up":     {saslStep(1, "PLAIN") + saslStep(3, "meh"), "", "the client gave up"},
		"lower-case plain":    {saslStep(1, "plain"), `unsupported SASL mechanism "plain": this port offers PLAIN`, "unsupported"},
		"GSSAPI":              {saslStep(1, "GSSAPI"), `unsupported SASL mechanism "GSSAPI"`, "unsupported"},
		"no password":         {saslStep(1, "PLAIN") + saslStep(2, "\x00alice\x00"), "the password is empty", "the password is empty"},
		"no user":             {saslStep(1, "PLAIN") + saslStep(5, "\x00\x00x"), "the user name is empty", "the user name is empty"},
		"no separator":        {saslStep(1, "PLAIN") + saslStep(2, "alice"), "separated by NUL", "separated by NUL"},
		"four parts":          {saslStep(1, "PLAIN") + saslStep(2, "a\x00b\x00c\x00d"), "not 4 parts", "not 4 parts"},
		"not UTF-8":           {saslStep(1, "PLAIN") + saslStep(2, "\x00al\xffce\x00x"), "not valid UTF-8", "not valid UTF-8"},
		"HTTP GET":            {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 400 Bad Request\r\n", "an HTTP request"},
		"HTTP POST":           {"POST /cliservice HTTP/1.1\r\n\r\n", "binary Thrift protocol, not HTTP", "an HTTP request"},
		"TLS hello":           {"\x16\x03\x01\x02\x00\x01", "\x15\x03\x01\x00\x02\x02\x28", "a TLS handshake on a port without TLS"},
		"framed, old form":    {"\x00\x00\x00\x10GetInfo", "", "the first byte is 0x00"},
		"garbage":             {"\xde\xad\xbe\xef", "", "the first byte is 0xde"},
		"without SASL":        {call(1, "OpenSession", "\x00"), "this port expects SASL", "a client without SASL"},
		"without SASL, junk":  {"\x80\x01\x00\x01\x7f\xff\xff\xff", "", "a client without SASL"},
		"foreign version":     {"\x80\x02\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00", "", "a client without SASL"},
		"junk behind refusal": {saslStep(1, "CRAM-MD5") + strings.Repeat("x", 20_000), "CRAM-MD5", "unsupported"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := s.raw(t)
			got := exchange(t, c, tc.send)
			if tc.answer == "" {
				require.Empty(t, got)
			}
			require.Contains(t, got, tc.answer)
			require.Eventually(t, func() bool { return strings.Contains(s.log.String(), tc.log) }, 10*time.Second, time.Millisecond)
		})
	}
	t.Run("connect and leave", func(t *testing.T) {
		t.Parallel()
		require.NoError(t, s.raw(t).Close())
	})
	s.requireServing(t)
}

func TestLoginForms(t *testing.T) {
	t.Parallel()
	s := serve(t, hs2.Options{})
	for name, response := range map[string]string{
		"OK":              saslStep(2, "\x00alice\x00x"),
		"COMPLETE":        saslStep(5, "\x00alice\x00x"),
		"one separator":   saslStep(2, "alice\x00x"),
		"authzid as user": saslStep(2, "alice\x00alice\x00x"),
	} {
		c := s.raw(t)
		_, err := io.WriteString(c, saslStep(1, "PLAIN")+response+frame(call(1, "OpenSession", openArguments)))
		require.NoError(t, err)
		got := make([]byte, 5)
		_, err = io.ReadFull(c, got)
		require.NoError(t, err)
		require.Equal(t, saslStep(5, ""), string(got), name)
		_, err = io.ReadFull(c, got)
		require.NoError(t, err, "the first call may come in the same packet")
	}
	for _, who := range []string{"猫", "bücher"} {
		c, err := hs2test.Dial(t.Context(), hs2test.Options{Address: s.addr, User: who, Password: who})
		require.NoError(t, err)
		open(t, c)
		require.NoError(t, c.Close())
		require.Equal(t, who, s.back.callers[len(s.back.callers)-1].User)
	}
}

// openArguments is TOpenSessionReq with client_protocol V10.
const openArguments = "\x0c\x00\x01\x08\x00\x01\x00\x00\x00\x09\x00\x00"

func TestAuthzid(t *testing.T) {
	t.Parallel()
	login := func(s *server, user string) string {
		c := s.raw(t)
		_, err := io.WriteString(c, saslStep(1, "PLAIN")+saslStep(2, "carol\x00"+user+"\x00"+user+user)+frame(call(1, "OpenSession", openArguments)))
		require.NoError(t, err)
		head := make([]byte, 5)
		_, err = io.ReadFull(c, head)
		require.NoError(t, err)
		text := make([]byte, binary.BigEndian.Uint32(head[1:]))
		_, err = io.ReadFull(c, text)
		require.NoError(t, err)
		if head[0] == 5 {
			_, err = io.ReadFull(c, head[:4])
			require.NoError(t, err)
		}
		return string(text)
	}
	s := serve(t, hs2.Options{Auth: strict{}})
	require.Equal(t, "bob may not act for carol", login(s, "bob"))
	require.Empty(t, login(s, "root"))
	require.Equal(t, "root", s.back.callers[0].User)
	require.Eventually(t, func() bool { return s.back.open() == 1 }, 10*time.Second, time.Millisecond)
	for _, info := range s.back.opened() {
		require.Equal(t, "carol", info.User)
		require.Equal(t, "root", info.RealUser)
	}
	require.Empty(t, login(serve(t, hs2.Options{}), "bob"), "without authentication everybody may")
}

// readException reads a frame that holds a TApplicationException.
func readException(t *testing.T, c net.Conn, framed bool) (kind int32, text string) {
	t.Helper()
	if framed {
		_, err := io.ReadFull(c, make([]byte, 4))
		require.NoError(t, err)
	}
	p := thrift.NewTBinaryProtocolConf(thrift.NewStreamTransportR(c), nil)
	_, message, _, err := p.ReadMessageBegin(t.Context())
	require.NoError(t, err)
	require.Equal(t, thrift.EXCEPTION, message)
	x := thrift.NewTApplicationException(0, "")
	require.NoError(t, x.Read(t.Context(), p))
	return x.TypeId(), x.Error()
}

func TestBadMessagesInAFrame(t *testing.T) {
	t.Parallel()
	s := serve(t, hs2.Options{MaxMessageSize: 1 << 20})
	c := s.raw(t)
	_, err := io.WriteString(c, goodLogin)
	require.NoError(t, err)
	_, err = io.ReadFull(c, make([]byte, 5))
	require.NoError(t, err)
	for name, tc := range map[string]struct {
		send string
		kind int32
		text string
	}{
		"unknown method":     {call(1, "GetLog", "\x0c\x00\x01\x00\x00"), thrift.UNKNOWN_METHOD, `unknown method "GetLog"`},
		"reply":              {call(2, "GetInfo", "\x00"), thrift.INVALID_MESSAGE_TYPE_EXCEPTION, "type 2"},
		"exception":          {call(3, "GetInfo", "\x00"), thrift.INVALID_MESSAGE_TYPE_EXCEPTION, "type 3"},
		"oneway":             {call(4, "GetInfo", "\x00"), thrift.INVALID_MESSAGE_TYPE_EXCEPTION, "type 4"},
		"old form":           {"\x00\x00\x00\x07GetInfo\x01\x00\x00\x00\x01\x00", thrift.PROTOCOL_ERROR, "no strict TBinaryProtocol call"},
		"wrong version":      {"\x80\x02\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00", thrift.PROTOCOL_ERROR, "no strict TBinaryProtocol call"},
		"empty frame":        {"", thrift.PROTOCOL_ERROR, "no strict TBinaryProtocol call"},
		"garbage":            {"\xde\xad\xbe\xef meow", thrift.PROTOCOL_ERROR, "no strict TBinaryProtocol call"},
		"no request":         {call(1, "GetInfo", "\x00"), thrift.PROTOCOL_ERROR, "arguments of GetInfo"},
		"cut short":          {call(1, "GetInfo", "\x0c\x00\x01\x0c"), thrift.PROTOCOL_ERROR, "arguments of GetInfo"},
		"a field is missing": {call(1, "GetInfo", "\x0c\x00\x01\x00\x00"), thrift.PROTOCOL_ERROR, "arguments of GetInfo"},
		"no client_protocol": {call(1, "OpenSession", "\x0c\x00\x01\x00\x00"), thrift.PROTOCOL_ERROR, "arguments of OpenSession"},
		"2 billion elements": {listClaim, thrift.PROTOCOL_ERROR, "arguments of GetTables"},
		"deep nesting": {
			call(1, "GetInfo", strings.Repeat("\x0c\x00\x01\x0c\x00\x09", 2000)),
			thrift.PROTOCOL_ERROR, "arguments of GetInfo",
		},
	} {
		_, err := io.WriteString(c, frame(tc.send))
		require.NoError(t, err)
		kind, text := readException(t, c, true)
		require.Equal(t, tc.kind, kind, name)
		require.Contains(t, text, tc.text, name)
		require.NotContains(t, text, "hive.", name)
	}
	// The connection has survived all of that.
	_, err = io.WriteString(c, frame(call(1, "OpenSession", openArguments)))
	require.NoError(t, err)
	_, err = io.ReadFull(c, make([]byte, 50))
	require.NoError(t, err)
	require.Equal(t, 1, s.back.open())

	_, err = io.WriteString(c, "\x00\x10\x00\x01")
	require.NoError(t, err)
	rest, err := io.ReadAll(c)
	require.NoError(t, err)
	require.Contains(t, string(rest), "a frame of 1048577 bytes exceeds the limit of 1048576")
	s.requireServing(t)
}

func TestAClaimedFrameDoesNotAllocate(t *testing.T) { //nolint:paralleltest // it measures memory
	s := serve(t, hs2.Options{})
	c := s.raw(t)
	_, err := io.WriteString(c, goodLogin)
	require.NoError(t, err)
	_, err = io.ReadFull(c, make([]byte, 5))
	require.NoError(t, err)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err = io.WriteString(c, "\x06\x00\x00\x00"+strings.Repeat("x", 100_000)) // of 100 MB
	require.NoError(t, err)
	require.NoError(t, c.Close())
	require.Eventually(t, func() bool { return strings.Contains(s.log.String(), "connection lost") }, 10*time.Second, time.Millisecond)
	runtime.ReadMemStats(&after)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(8<<20))
}

func TestNoSASL(t *testing.T) {
	t.Parallel()
	s := serve(t, hs2.Options{NoSASL: true})
	c, err := hs2test.Dial(t.Context(), hs2test.Options{Address: s.addr})
	require.NoError(t, err)
	defer c.Close()
	stranger := &hive.TGetInfoReq{SessionHandle: &hive.TSessionHandle{SessionId: &hive.THandleIdentifier{GUID: make([]byte, 16), Secret: []byte{}}}}
	requireFailed(t, second(c.GetInfo(t.Context(), stranger)).Status, "HY000", "Invalid SessionHandle")
	require.Equal(t, auth.Principal{User: "anonymous", Admin: true, Address: "127.0.0.1"}, s.back.asked)
	for _, who := range []string{"", "bob"} {
		r, err := c.OpenSession(t.Context(), &hive.TOpenSessionReq{ClientProtocol: v10, Username: &who})
		require.NoError(t, err)
		requireOK(t, r.Status)
	}
	require.Equal(t, "anonymous", s.back.callers[0].User)
	require.True(t, s.back.callers[0].Admin)
	require.Equal(t, "bob", s.back.callers[1].User)
	require.Equal(t, "127.0.0.1", s.back.callers[1].Address)

	_, err = hs2test.Dial(t.Context(), hs2test.Options{Address: s.addr, User: "alice", Password: "x"})
	require.ErrorContains(t, err, "this port takes no SASL")

	bare := s.raw(t)
	for _, tc := range []struct {
		send string
		kind int32
	}{
		{call(1, "GetLog", "\x0c\x00\x01\x00\x00"), thrift.UNKNOWN_METHOD},
		{call(4, "GetInfo", "\x00"), thrift.INVALID_MESSAGE_TYPE_EXCEPTION},
		{listClaim, thrift.PROTOCOL_ERROR}, // and nobody knows where the next call would be
	} {
		_, err = io.WriteString(bare, tc.send)
		require.NoError(t, err)
		kind, _ := readException(t, bare, false)
		require.Equal(t, tc.kind, kind)
	}
	rest, _ := io.ReadAll(bare)
	require.Empty(t, rest)

	checked := serve(t, hs2.Options{NoSASL: true, Auth: strict{}})
	c, err = hs2test.Dial(t.Context(), hs2test.Options{Address: checked.addr})
	require.NoError(t, err)
	defer c.Close()
	requireFailed(t, second(c.GetInfo(t.Context(), stranger)).Status, "HY000", "Invalid SessionHandle")
	require.Equal(t, auth.Principal{User: "anonymous", Address: "127.0.0.1"}, checked.back.asked, "nobody in particular")
	for password, want := range map[string]string{"x": "28000", "bobbob": ""} {
		r, err := c.OpenSession(t.Context(), &hive.TOpenSessionReq{ClientProtocol: v10, Username: new("bob"), Password: &password})
		require.NoError(t, err)
		require.Equal(t, want, r.Status.GetSqlState())
	}

	limited := serve(t, hs2.Options{NoSASL: true, MaxMessageSize: 1000})
	bare = limited.raw(t)
	_, err = io.WriteString(bare, call(1, "ExecuteStatement", "\x0c\x00\x01"+strings.Repeat("\x03\x00\x63x", 1000)))
	require.NoError(t, err)
	kind, _ := readException(t, bare, false)
	require.EqualValues(t, thrift.PROTOCOL_ERROR, kind)
}

// Package hs2test is a small HiveServer2 client for tests and benchmarks: the
// generated client over SASL PLAIN, over a bare connection, or over HTTP.
//
// It must not know the server it talks to: any HiveServer2 will do.
package hs2test

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/nekomata-sql/nekomata/thrift/hive"
)

// Options says whom to call, and as whom.
type Options struct {
	// Address is host:port.
	Address string
	// User and Password log in with SASL PLAIN. Without a user the connection is
	// bare (auth=noSasl).
	User, Password string
	// MaxMessageSize bounds an answer; 0 means 100 MiB.
	MaxMessageSize int
}

// Client is a connection to a HiveServer2. It serves one call at a time.
type Client struct {
	*hive.TCLIServiceClient
	conn      io.Closer
	transport *transport // nil over HTTP
}

// HTTP returns a client that posts its calls to a URL, with the options' user and
// password in each.
func HTTP(url string, opts Options) (*Client, error) {
	t, err := thrift.NewTHttpClient(url)
	if err != nil {
		return nil, err
	}
	c, _ := t.(*thrift.THttpClient)
	if opts.User != "" {
		c.SetHeader("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(opts.User+":"+opts.Password)))
	}
	return client(t, t, opts), nil
}

// client speaks over t.
func client(t thrift.TTransport, conn io.Closer, opts Options) *Client {
	if opts.MaxMessageSize <= 0 {
		opts.MaxMessageSize = 100 << 20
	}
	p := thrift.NewTBinaryProtocolConf(t, &thrift.TConfiguration{MaxMessageSize: int32(opts.MaxMessageSize)})
	return &Client{TCLIServiceClient: hive.NewTCLIServiceClient(thrift.NewTStandardClient(p, p)), conn: conn}
}

// Dial connects and logs in. A refused login is an error with the server's text.
func Dial(ctx context.Context, opts Options) (*Client, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", opts.Address)
	if err != nil {
		return nil, err
	}
	c, err := NewClient(conn, opts)
	if err != nil {
		_ = conn.Close()
	}
	return c, err
}

// NewClient logs in on conn, which the client owns from then on.
func NewClient(conn net.Conn, opts Options) (*Client, error) {
	if opts.MaxMessageSize <= 0 {
		opts.MaxMessageSize = 100 << 20
	}
	t := &transport{conn: conn, r: bufio.NewReader(conn), framed: opts.User != "", limit: opts.MaxMessageSize}
	if t.framed {
		if err := t.login(opts.User, opts.Password); err != nil {
			return nil, err
		}
	}
	c := client(t, conn, opts)
	c.transport = t
	return c, nil
}

// Close drops the connection.
func (c *Client) Close() error { return c.conn.Close() }

// transport frames messages as Thrift's SASL transport does after the login.
type transport struct {
	conn   net.Conn
	r      *bufio.Reader
	framed bool
	limit  int
	left   int // bytes of the frame that is being read
	out    []byte
	waste  []byte // what nobody looks at
}

// Login statuses.
const (
	start    = 1
	ok       = 2
	complete = 5
)

func (t *transport) login(user, password string) error {
	hello := message(start, "PLAIN")
	hello = append(hello, message(ok, "\x00"+user+"\x00"+password)...)
	if _, err := t.conn.Write(hello); err != nil {
		return err
	}
	var head [5]byte
	if _, err := io.ReadFull(t.r, head[:]); err != nil {
		return err
	}
	size := binary.BigEndian.Uint32(head[1:])
	if size > 64<<10 {
		return fmt.Errorf("the server's login answer has %d bytes", size)
	}
	text := make([]byte, size)
	if _, err := io.ReadFull(t.r, text); err != nil {
		return err
	}
	if head[0] != complete {
		return fmt.Errorf("login refused with status %d: %s", head[0], text)
	}
	return nil
}

func message(status byte, text string) []byte {
	return append(binary.BigEndian.AppendUint32([]byte{status}, uint32(len(text))), text...)
}

// Read gives bytes of answers, frame after frame.
func (t *transport) Read(p []byte) (int, error) {
	if !t.framed {
		return t.r.Read(p)
	}
	for t.left == 0 {
		var head [4]byte
		if _, err := io.ReadFull(t.r, head[:]); err != nil {
			return 0, err
		}
		size := binary.BigEndian.Uint32(head[:])
		if uint64(size) > uint64(t.limit) {
			return 0, fmt.Errorf("an answer of %d bytes exceeds the limit of %d", size, t.limit)
		}
		t.left = int(size)
	}
	n, err := t.r.Read(p[:min(len(p), t.left)])
	t.left -= n
	return n, err
}

// Write collects a call.
func (t *transport) Write(p []byte) (int, error) {
	if t.framed && len(t.out) == 0 {
		t.out = append(t.out, 0, 0, 0, 0)
	}
	t.out = append(t.out, p...)
	return len(p), nil
}

// Flush sends the call.
func (t *transport) Flush(context.Context) error {
	if t.framed {
		binary.BigEndian.PutUint32(t.out, uint32(len(t.out)-4))
	}
	_, err := t.conn.Write(t.out)
	t.out = t.out[:0]
	return err
}

// RemainingBytes is not known.
func (t *transport) RemainingBytes() uint64 { return ^uint64(0) }

// Open does nothing: the connection is there.
func (t *transport) Open() error { return nil }

// IsOpen is true: a dead connection shows when it is used.
func (t *transport) IsOpen() bool { return true }

// Close closes the connection.
func (t *transport) Close() error { return t.conn.Close() }
